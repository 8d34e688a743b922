"""A profile that is full: the newest row pushes out the oldest. Our own (Blue Book, Profile generic)."""

from __future__ import annotations

from bench.judgement.access_rights import readable
from bench.judgement.dlms_requirements import blue_book_requirement
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.axdr import integer
from bench.protocols.values import as_integer
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Stage, case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, list_objects

PROFILE = 7
BUFFER, SORT_METHOD, ENTRIES_IN_USE, ENTRIES = 2, 5, 7, 8
CAPTURE = 2
#: A profile with more room than this is not filled by hand.
MOST_CAPTURES = 40
BEYOND = 2
#: Rows of one second cannot be told apart by their time.
PAUSE_S = 2.0


@case(
    "dlms/profile_wrap",
    blue_book_requirement("Profile generic: a full buffer", Topic.PROFILE),
    alters=[Alters.REGISTERS],
    stage=Stage.KEYS,
    irreversible=True,
)
def test_profile_wrap(bench: CaseBench) -> None:
    """A small profile is filled by its own capture method beyond its room, then read: entries and order still hold."""
    bench.energise()
    for association in bench.position.usable_associations:
        if "action" not in association.conformance:
            continue
        with associated(bench, association) as client:
            reader = Reader(client)
            for obis in _profiles(client):
                missing = _missing(client, obis)
                if missing is None:
                    continue
                before = reader.read(PROFILE, obis, BUFFER)["value"]
                if not _capture(bench, client, obis, missing + BEYOND):
                    continue
                names = {
                    "entries_in_use": ENTRIES_IN_USE,
                    "entries": ENTRIES,
                    "sort_method": SORT_METHOD,
                    "after": BUFFER,
                }
                data = {name: reader.read(PROFILE, obis, index)["value"] for name, index in names.items()}
                told = {"obis": obis, "captured": missing + BEYOND, "before": before, **data}
                bench.judge("dlms.profile-wrap/1", bench.observe("profile-wrap", told))
                return
    leave(
        bench, Outcome.INAPPLICABLE, f"no profile of at most {MOST_CAPTURES} entries can be captured by hand"
    )


def _profiles(client: DlmsClient) -> list[str]:
    return sorted(
        {
            row["obis"]
            for row in list_objects(client)
            if row["class_id"] == PROFILE and row["attribute"] == BUFFER and readable(row)
        }
    )


def _missing(client: DlmsClient, obis: str) -> int | None:
    """Return how many rows a profile has room for still; None where there is too much room to fill by hand."""
    try:
        room = as_integer(client.get(PROFILE, obis, ENTRIES))
        in_use = as_integer(client.get(PROFILE, obis, ENTRIES_IN_USE))
    except Refused:
        return None
    return max(0, room - in_use) if 0 < room <= MOST_CAPTURES else None


def _capture(bench: CaseBench, client: DlmsClient, obis: str, number: int) -> bool:
    """Capture so many rows; return whether this client may."""
    try:
        for _ in range(number):
            client.invoke(PROFILE, obis, CAPTURE, integer(0))
            bench.clock.sleep(PAUSE_S)
    except Refused:
        return False
    return True
