"""The report of landmarks: how far points lie beside the truth, and how many are near enough."""

from typing import Any

from striate.reports import words
from striate.reports.contents import Contents
from striate.reports.sections.section import Section

NEAR = "pck_"
METRICS = ("mean_distance", "presence", "visible", "pck_0.01", "pck_0.02", "pck_0.05", "pck_0.1")


def _values(contents: Contents) -> dict[str, Any]:
    found, metrics = contents["evaluation.json"], contents.metrics
    measured = {name: words.measured(metrics, name) for name in METRICS}
    near = [
        {"share": float(name.removeprefix(NEAR)), **measured[name]}
        for name in METRICS
        if name.startswith(NEAR) and measured[name]["value"] is not None
    ]
    per_point = found.get("per_point")
    return {
        "landmarks": {
            **{name: measured[name] for name in ("mean_distance", "presence", "visible")},
            "near": near,
            "with_points": int(found.get("with_points") or 0),
            "per_point": list(enumerate(per_point, 1)) if isinstance(per_point, list) else [],
        }
    }


LANDMARKS = Section("landmarks.html.j2", _values, METRICS, "Find the points of new pictures")
