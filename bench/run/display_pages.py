"""What a display tells: all of it at once, or one page after the other."""

from __future__ import annotations

from bench.run.case_bench import CaseBench

#: So long every page of a display that changes by itself has been seen, and so often it is looked at.
PAGES_S, LOOK_S = 20.0, 1.0
#: So long a display may take to show what was asked for.
ASKED_S = 3.0


def pages(bench: CaseBench) -> list[str]:
    """Watch the display of the position; return what it showed, in the order in which it came, each page once."""
    actuators, number = bench.position.hands(bench.rack)
    seen = [actuators.display(number)]
    until_s = bench.clock.now() + PAGES_S
    while bench.clock.now() < until_s:
        bench.clock.sleep(LOOK_S)
        page = actuators.display(number)
        if page not in seen:
            seen.append(page)
    return seen


def asked_for(bench: CaseBench, code: str) -> str:
    """Key a short code in; return what the display shows, which may take a moment and need not repeat the code."""
    actuators, number = bench.position.hands(bench.rack)
    actuators.keypad(number, f"{code}E")
    page, until_s = actuators.display(number), bench.clock.now() + ASKED_S
    while code not in page and bench.clock.now() < until_s:
        bench.clock.sleep(LOOK_S)
        page = actuators.display(number)
    return page
