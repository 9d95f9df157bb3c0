"""What is not wrong but worth a look: nearly blank pictures, odd sizes, classes too small for a split."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from torch.nn import functional as F

from striate.shapes import Picture

BLANK_PIXELS = 8.0  # grey levels of standard deviation: noise of a camera, of compression
BLANK_CELLS = 3.0  # the same after 16 x 16 means, which leave noise out and keep any motif
SIDE_RATIO = 4.0  # a side this many times the median's, or the median this many times it
ASPECT_RATIO = 2.5  # proportions this many times the median's
COMMON = 0.05  # what more than this share of the pictures has is no oddity

_SAMPLED = 128  # pixels of the shorter side that are looked at
_CELLS = 16


def is_blank(picture: Picture) -> bool:
    """Whether a picture is nearly one colour: every channel varies no more than noise does."""
    step = max(1, min(picture.shape[1:]) // _SAMPLED)
    sampled = picture[:, ::step, ::step].float()
    if sampled.flatten(1).std(dim=1, correction=0).max().item() >= BLANK_PIXELS:
        return False
    cells = F.adaptive_avg_pool2d(sampled, _CELLS)
    return cells.flatten(1).std(dim=1, correction=0).max().item() < BLANK_CELLS


def odd_sizes(sizes_hw: Mapping[int, tuple[int, int]]) -> dict[int, str]:
    """Which pictures have a size or proportions far from the others', and how.

    Args:
        sizes_hw: height and width by row.
    """
    if len(sizes_hw) < 3:
        return {}
    side = statistics.median((h * w) ** 0.5 for h, w in sizes_hw.values())
    aspect = statistics.median(w / h for h, w in sizes_hw.values())
    (height, width), _ = Counter(sizes_hw.values()).most_common(1)[0]
    usual = f"the commonest size is {width} x {height}"
    found: dict[str, dict[int, str]] = {"small": {}, "large": {}, "shape": {}}
    for row, (height, width) in sizes_hw.items():
        shown, own = f"{width} x {height} pixels", (height * width) ** 0.5
        ratio = width / height / aspect
        if max(ratio, 1 / ratio) >= ASPECT_RATIO:
            found["shape"][row] = f"{shown}: far {'wider' if ratio > 1 else 'taller'} than most; {usual}"
        elif own * SIDE_RATIO <= side:
            found["small"][row] = f"{shown}: far smaller than most; {usual}"
        elif own >= side * SIDE_RATIO:
            found["large"][row] = f"{shown}: far larger than most; {usual}"
    most = max(1, int(COMMON * len(sizes_hw)))
    kept = [rows for rows in found.values() if len(rows) <= most]
    return dict(sorted((row, reason) for rows in kept for row, reason in rows.items()))


def small_classes(labels: Sequence[int | None], groups: Sequence[int], rows: Sequence[int]) -> dict[int, int]:
    """Classes with fewer different pictures than a split has parts, and how many each has.

    Args:
        labels: of every row.
        groups: for each row a number that its duplicates share.
        rows: those that have a picture.
    """
    different: dict[int, set[int]] = {}
    for row in rows:
        label = labels[row]
        if label is not None:
            different.setdefault(label, set()).add(groups[row])
    return {label: len(found) for label, found in sorted(different.items()) if len(found) < 3}
