"""What landmarks are worth: distances in pixels of the user's pictures, and shares of points near enough."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import torch
from torch import Tensor

from striate.data.sample import Truth
from striate.metrics.accuracy import wilson_interval
from striate.metrics.intervals import bootstrap_interval
from striate.metrics.point_distance import distances, within
from striate.tasks.answers import Figures
from striate.tasks.landmarks.decode import THERE, Marked
from striate.tasks.landmarks.targets import marks_of

SHARES = (0.01, 0.02, 0.05, 0.1)  # of the longer side of the picture


def distances_of(answer: Marked, truth: Truth) -> Tensor | None:
    """Pixels from each point of known place to its truth, (P,), NaN for the others; None without any."""
    marks = marks_of(truth)
    if marks is None:
        return None
    found = distances(torch.tensor(answer.points, dtype=torch.float64), marks.points.double().cpu())
    return found.masked_fill(~marks.known.cpu(), torch.nan)


def mean_distance(answer: Marked, truth: Truth) -> float | None:
    """Pixels, over the points of known place; None where the picture has none."""
    found = distances_of(answer, truth)
    return None if found is None else float(found.nanmean())


def landmark_figures(answers: Sequence[Marked], truths: Sequence[Truth]) -> Figures:
    """Distances of pictures with the thing, whatever the flag says; shares of points; shares of right flags.

    `pck_0.05` is the share of points at most 0.05 of their picture's longer side beside the truth. Its
    interval and that of the mean distance come from resampling pictures: points of one picture go together.
    """
    pairs = list(zip(answers, truths, strict=True))
    rows = [(answer, distances_of(answer, truth)) for answer, truth in pairs]
    known = [(answer, found) for answer, found in rows if found is not None]
    means = torch.tensor([float(found.nanmean()) for _, found in known], dtype=torch.float64)
    metrics: dict[str, Any] = _mean("mean_distance", means)
    for share in SHARES:
        near = [_near(found, torch.tensor(float(max(answer.size_hw))), share) for answer, found in known]
        metrics |= _mean(f"pck_{share:g}", torch.tensor(near, dtype=torch.float64))
    flags = sum(answer.present == (found is not None) for answer, found in rows)
    seen, of = _visibility(pairs)
    metrics |= {**_share("presence", flags, len(rows)), **_share("visible", seen, of)}
    details = {
        "pictures": len(rows),
        "with_points": len(known),
        "points": sum(int((~found.isnan()).sum()) for _, found in known),
        "per_point": _per_point([found for _, found in known]),
    }
    kept = {"distances": [round(value, 3) for value in means.tolist()]}
    return Figures(metrics, {}, details, kept)


def _near(found: Tensor, size: Tensor, share: float) -> float:
    """Share of a picture's known points that are near enough."""
    known = ~found.isnan()
    return float(within(found[known], size, share).double().mean())


def _mean(name: str, values: Tensor) -> dict[str, Any]:
    if not len(values):
        return {name: None, f"{name}_interval": None}
    return {name: float(values.mean()), f"{name}_interval": list(bootstrap_interval(values))}


def _share(name: str, right: int, n: int) -> dict[str, Any]:
    if n == 0:
        return {name: None, f"{name}_interval": None}
    return {name: right / n, f"{name}_interval": list(wilson_interval(right, n))}


def _visibility(pairs: Sequence[tuple[Marked, Truth]]) -> tuple[int, int]:
    """Of how many points it is rightly said whether they can be seen, and of how many."""
    right = of = 0
    for answer, truth in pairs:
        marks = marks_of(truth)
        if marks is not None:
            said = torch.tensor(answer.visibility) >= THERE
            right, of = right + int((said == marks.visible.cpu()).sum()), of + len(said)
    return right, of


def _per_point(found: Sequence[Tensor]) -> list[float | None]:
    """The mean distance of each point over the pictures that know it."""
    if not found:
        return []
    means = torch.stack(list(found)).nanmean(dim=0).tolist()
    return [None if isnan(value) else round(value, 3) for value in means]
