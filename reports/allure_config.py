"""How Allure shows our results: categories by what has to be done, a tree by document and clause, our numbers."""

from __future__ import annotations

from typing import Any

from reports import allure_words as words
from reports.run_metrics import METRICS
from reports.run_view import RunView
from reports.sections.heading import meter_title


def allure_config(view: RunView, *, output: str, single_file: bool) -> dict[str, Any]:
    """Return the contents of ``allurerc.json``.

    The default configuration ignores the ``categories.json`` of the results, so the rules stand here again, as
    JavaScript understands them.
    """
    return {
        "name": f"{meter_title(view)}, run {view.run_id}",
        "output": output,
        "appendHistory": False,
        "categories": [
            {"name": name, "matchedStatuses": [status], "messageRegex": f"^{name}: ", "expand": False}
            for name, status in words.STATUS_OF_CATEGORY.items()
        ],
        "performance": {
            "groups": {"meterbench": {"title": "Meter and bench"}},
            "metrics": {
                metric.key: {
                    "title": metric.title,
                    "unit": metric.unit,
                    "better": metric.better,
                    "group": "meterbench",
                }
                for metric in METRICS
            },
        },
        "plugins": {
            "awesome": {
                "options": {
                    "singleFile": single_file,
                    "reportLanguage": "en",
                    "theme": "light",
                    "groupBy": ["epic", "feature"],
                }
            }
        },
    }
