"""The list that `check --clean-list` writes: what is left of a data set without what `check` found.

Left out are pictures that cannot be read, second copies of the same content, every copy of a content under
two labels (which label is right nobody knows here), and training pictures that look like one of the test or
validation part. Near-duplicates stay; where the data set is not split, the list splits it, and they are on
one side.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from striate.data.audit.audit import Looked
from striate.data.dataset import PARTS, Dataset, Part
from striate.data.look_alikes.duplicates import groups, members
from striate.data.splits import numbered, split
from striate.data.writers.lists import list_text

RANK: dict[Part | None, int] = {"test": 0, "validation": 1, "train": 2, None: 2}  # what gives way comes last


@dataclass(frozen=True, slots=True)
class CleanList:
    """Rows that stay with the part of each, and how many were left out for which reason."""

    parts: dict[int, Part]
    left_out: dict[str, int]


def clean_rows(dataset: Dataset, looked: Looked, *, strict: bool = False, seed: int = 0) -> CleanList:
    """Which rows stay, and in which part.

    Args:
        strict: damaged pictures are left out too.
        seed: of the split, where the data set has none.
    """
    scanned, items = looked.scan, dataset.items
    why = _not_usable(dataset, looked, strict=strict)
    for group in members(groups(len(items), scanned.exact_pairs())):
        left = sorted((row for row in group if row not in why), key=lambda row: (RANK[items[row].part], row))
        conflict = len({items[row].truth.label for row in left}) > 1
        for row in left if conflict else left[1:]:
            why[row] = "under two labels" if conflict else "second copy"
    given = {item.part for item in items} - {None}
    for group in members(looked.families) if given else []:
        left = [row for row in group if row not in why]
        first = min((RANK[items[row].part] for row in left), default=0)
        for row in left:
            if RANK[items[row].part] > first:
                why[row] = "looks like a picture of a part that measures"
    rows = [row for row in range(len(items)) if row not in why]
    if given:
        parts: dict[int, Part] = {row: items[row].part or "train" for row in rows}
    else:
        strata = numbered([item.truth.label for item in items])
        made = split(items, looked.families, strata, classes=dataset.classes, seed=seed, rows=rows)
        parts = {row: part for part in PARTS for row in getattr(made, part)}
    return CleanList(dict(sorted(parts.items())), dict(Counter(why[row] for row in sorted(why))))


def _not_usable(dataset: Dataset, looked: Looked, *, strict: bool) -> dict[int, str]:
    why: dict[int, str] = {}
    for row, found in enumerate(looked.scan.rows):
        if found.problem is not None:
            why[row] = "unreadable"
        elif strict and found.damage is not None:
            why[row] = "damaged"
        elif dataset.items[row].truth.label is None:
            why[row] = "without a label"
    return why


def clean_list_text(dataset: Dataset, parts: dict[int, Part], folder: Path) -> str:
    """The CSV: `image,label,split`, to stand in `folder`; see `list_text`."""
    return list_text(dataset, parts, folder)
