"""The list that `check --clean-list` writes: what is left of a data set without what `check` found.

Left out are pictures that cannot be read, second copies of the same content, every copy of a content under
two labels (which label is right nobody knows here), and training pictures that look like one of the test or
validation part. Near-duplicates stay; where the data set is not split, the list splits it, and they are on
one side.
"""

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from striate.data.audit import Looked
from striate.data.dataset import PARTS, Dataset, Part, class_of
from striate.data.datasets.picture_files import PictureFiles
from striate.data.duplicates import groups, members
from striate.data.splits import split
from striate.errors import StriateError

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
        made = split(items, looked.families, classes=dataset.classes, seed=seed, rows=rows)
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
    """The CSV: `image,label,split`, images relative to `folder`, in which the list will stand.

    Raises:
        StriateError: the data set's pictures are no files of their own, or a name is no UTF-8.
    """
    if not isinstance(dataset, PictureFiles):
        raise StriateError(
            f"{dataset.path} holds its pictures inside other files, so that no list can name them. "
            "Leave out --clean-list, or use a data set of picture files."
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "label", "split"])
    # Relative to the folder's true place: a list behind a link is read where it lies.
    place, path = os.path.realpath(folder), dataset.path.resolve()
    root = path if path.is_dir() else path.parent
    for row, part in parts.items():
        image = Path(os.path.relpath(root / dataset.items[row].name, place)).as_posix()
        writer.writerow([image, class_of(dataset, row), part])
    return text.getvalue()
