"""The report of a localiser: class and box both right, how well boxes lie, class by class."""

from typing import Any

from striate.reports import words
from striate.reports.contents import Contents
from striate.reports.sections.section import Section

METRICS = ("accuracy", "iou50", "mean_iou", "false_alarms")


def _values(contents: Contents) -> dict[str, Any]:
    found, metrics = contents["evaluation.json"], contents.metrics
    histogram = found.get("iou_histogram")
    counts = [int(one) for one in histogram] if isinstance(histogram, list) and histogram else []
    per_class = found.get("per_class") or {}
    return {
        "locate": {
            **{name: words.measured(metrics, name) for name in METRICS},
            "objects": int(found.get("objects") or 0),
            "missed": int(found.get("missed") or 0),
            "bars": _bars(counts),
            "classes": [
                {"label": label, **values}
                for label, values in per_class.items()
                if isinstance(values, dict) and values.get("pictures")
            ],
        }
    }


def _bars(counts: list[int]) -> list[dict[str, Any]]:
    """Pictures by the IoU of their box, each with its share of the largest bar."""
    largest, bins = max(counts, default=0), len(counts)
    return [
        {"low": at / bins, "high": (at + 1) / bins, "pictures": count, "share": count / max(1, largest)}
        for at, count in enumerate(counts)
    ]


LOCATE = Section("locate.html.j2", _values, METRICS, "Locate in new pictures")
