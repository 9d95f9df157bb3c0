"""What every reader of labelled rows shares: which labels become classes, and what people are told of it."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from striate.data.dataset import PART_NAMES, PARTS, Item, Part
from striate.data.paths.files import natural
from striate.data.sample import Truth
from striate.data.wording import composed, counted, listed
from striate.errors import StriateError

LARGEST_SET = 5_000_000  # rows of a table
LONGEST_LABEL = 500  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """A picture's name, its label and its part, before the labels are numbered."""

    name: str
    label: str
    part: Part | None = None


@dataclass(slots=True)
class Left:
    """What was left out, for the notes."""

    unlabelled: int = 0
    absolute: int = 0
    repeated: int = 0
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """All of it as sentences."""
        lines = list(self.notes)
        if self.absolute:
            lines.append(f"absolute paths in the table: {self.absolute:,}, read also outside its folder")
        if self.unlabelled:
            lines.append(f"rows without an image or a label: {self.unlabelled:,}, left out")
        if self.repeated:
            lines.append(f"rows that repeat another one: {self.repeated:,}, left out")
        return lines


def numbered(rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[Item, ...]]:
    """The classes, sorted as people sort, and the items. A label is a class if some picture has it.

    Here labels are made: two Unicode forms of one name are one class.
    """
    names = {label: composed(label) for label in {row.label for row in rows}}
    classes = tuple(sorted(set(names.values()), key=natural))
    known = {label: Truth(label=at) for at, label in enumerate(classes)}
    truths = {label: known[name] for label, name in names.items()}
    return classes, tuple(Item(row.name, truths[row.label], row.part) for row in rows)


def class_notes(classes: Sequence[str], items: Sequence[Item], declared: Iterable[str] = ()) -> list[str]:
    """Sentences about declared classes without pictures, and classes without training pictures."""
    notes = []
    empty = sorted({composed(name) for name in declared} - set(classes), key=natural)
    if empty:
        notes.append(f"classes without pictures, left out: {listed(empty, most=20)}")
    trained = {item.truth.label for item in items if item.part in (None, "train")}
    if trained:
        unseen = Counter(item.truth.label for item in items)
        missing = [name for at, name in enumerate(classes) if at not in trained]
        pictures = sum(unseen[at] for at in range(len(classes)) if at not in trained)
        if missing:
            notes.append(
                f"classes without training pictures: {listed(missing, most=20)}; no network can learn them, "
                f"and their {counted(pictures, 'picture')} elsewhere will count as mistakes"
            )
    return notes


def split_words(parts: Iterable[Part | None]) -> str:
    """What a layout says about the parts: "unsplit" or "split into train + test"."""
    found = set(parts)
    given = [part for part in PARTS if part in found]
    return f"split into {' + '.join(given)}" if given else "unsplit"


def part_named(word: str) -> Part | None:
    """The part that a word stands for; None for nothing.

    Raises:
        ValueError: the word is unknown.
    """
    word = word.strip().lower()
    if not word:
        return None
    if word not in PART_NAMES:
        raise ValueError(f"split '{word[:40]}' is unknown; use train, validation or test")
    return PART_NAMES[word]


def label_text(value: Any) -> str | None:
    """A label as text without odd spaces: words, or a whole number; None if there is none.

    Raises:
        ValueError: it is neither, or too long.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int):
        raise ValueError(  # noqa: TRY004 - the file is wrong, not the call
            f"a label is a {type(value).__name__}; expected words or whole numbers"
        )
    text = " ".join(str(value).split())
    if len(text) > LONGEST_LABEL:
        raise ValueError(f"a label has {len(text):,} characters; at most {LONGEST_LABEL} are read")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("a label is not UTF-8 text; save the file as UTF-8")
    return text or None


def too_many(origin: object) -> StriateError:
    """The error of a table that is longer than is read."""
    return StriateError(
        f"{origin} has more than {LARGEST_SET:,} rows, the most that are read. Divide it into several tables."
    )
