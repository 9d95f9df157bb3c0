"""How far probabilities can be trusted: the section on calibration and abstention of a run's report."""

from typing import Any

from markupsafe import Markup

from striate.drawing.svg.calibration_charts import coverage_chart, reliability_diagram
from striate.reports import words
from striate.reports.contents import Contents

Number = float | int
Point = tuple[Number, Number, tuple[Number, Number]]
FEW = 500  # pictures below which a calibration error says more about chance than about the network


def trust(contents: Contents) -> dict[str, Any]:
    """What the section shows; `known` is False for runs that recorded nothing of it."""
    figures = contents["evaluation.json"].get("calibration")
    if not isinstance(figures, dict) or not _points(figures.get("bins")):
        return {"known": False}
    ece, high = contents.metrics.get("ece"), figures.get("by_chance_high")
    pictures = int(figures.get("pictures") or 0)
    calibration = contents["calibration.json"]
    interval = calibration.get("temperature_interval") or [None, None]
    curve = sorted(_points(figures.get("coverage"), "coverage"))
    return {
        "known": True,
        "diagram": Markup(
            reliability_diagram(
                _points(figures.get("bins")),
                [(x, y) for x, y, _ in _points(figures.get("bins_uncalibrated"))],
            )
        ),
        "curve": Markup(coverage_chart(curve)) if len(curve) > 1 else "",
        "bins": [one for one in figures["bins"] if isinstance(one, dict)],
        "pictures": pictures,
        "few": pictures < FEW,
        "ece": ece,
        "by_chance": figures.get("by_chance"),
        "by_chance_high": high,
        "within_chance": words.known(ece) and words.known(high) and ece <= high,
        "confidence": figures.get("confidence"),
        "accuracy": contents.metrics.get("accuracy"),
        "calibrated_on": calibration.get("pictures"),
        "temperature": calibration.get("temperature"),
        "temperature_at_bound": calibration.get("temperature_at_bound") is True,
        "temperature_low": interval[0],
        "temperature_high": interval[1],
        "unsure": _unsure(contents),
    }


def _points(entries: Any, x: str = "confidence") -> list[Point]:
    """(x, accuracy, interval) of the entries that have all of them."""
    found = []
    for one in entries if isinstance(entries, list) else []:
        if not isinstance(one, dict):
            continue
        low, high = (one.get("interval") or [None, None])[:2]
        values = [v for v in (one.get(x), one.get("accuracy"), low, high) if words.known(v)]
        if len(values) == 4:
            found.append((values[0], values[1], (values[2], values[3])))
    return found


def _unsure(contents: Contents) -> list[dict[str, Any]]:
    """For each wanted accuracy the threshold from validation, and what it gave where it was measured."""
    answers, rows = contents.answers, []
    for wish in contents["calibration.json"].get("unsure") or []:
        threshold = wish.get("threshold")
        kept = [one for one in answers if words.known(threshold) and one.probability >= threshold]
        rows.append(
            {
                "wanted": wish.get("accuracy"),
                "threshold": threshold,
                "kept": len(kept),
                "right": sum(one.right for one in kept),
                "all": len(answers),
            }
        )
    return rows
