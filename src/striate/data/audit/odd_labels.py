"""Labels that are probably not meant as they stand: one word written in two ways, words for no label."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from striate.data.dataset import Dataset, class_of
from striate.data.wording import composed, counted, one_line

_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{1,100})?")
_NOTHING = frozenset(("", "nan", "none", "null", "nil", "nat", "na", "n/a", "#n/a", "<na>", "?", "-", "--"))


@dataclass(frozen=True, slots=True)
class OddLabel:
    """Labels that look like one, or one that means nothing.

    Attributes:
        labels: each is a class of its own.
        pictures: how many each has.
    """

    labels: tuple[str, ...]
    pictures: tuple[int, ...]
    reason: str

    def words(self) -> str:
        """A sentence for people."""
        pairs = zip(self.labels, self.pictures, strict=True)
        named = [f"'{one_line(label)}' ({counted(count, 'picture')})" for label, count in pairs]
        return f"{', '.join(named[:-1])}{' and ' if len(named) > 1 else ''}{named[-1]} {self.reason}"


def odd_labels(dataset: Dataset) -> tuple[OddLabel, ...]:
    """Labels of a data set that differ only in case, spaces or the form of a number, or that mean nothing.

    Letters in both cases are no such labels: who reads handwriting needs both.
    """
    counts = Counter(class_of(dataset, row) for row in range(len(dataset.items)))
    together: dict[str | Decimal, list[str]] = {}
    for label in dataset.classes:
        together.setdefault(_meant(label), []).append(label)
    found = []
    for meant, labels in together.items():
        pictures = tuple(counts[label] for label in labels)
        if len(labels) > 1 and any(len(label) > 1 for label in labels):
            how = f"{_difference(labels)}: each is a class of its own"
            found.append(OddLabel(tuple(labels), pictures, how))
        if meant in _NOTHING:
            verb = "says" if len(labels) == 1 else "say"
            how = f"{verb} that there is no label, and is learned as a class: leave such pictures out"
            found.append(OddLabel(tuple(labels), pictures, how))
    return tuple(found)


def _meant(label: str) -> str | Decimal:
    plain = _without_spaces(composed(label).lower())
    return Decimal(plain) if _NUMBER.fullmatch(plain) else plain


def _without_spaces(text: str) -> str:
    """Without spaces and signs that nobody sees, such as a zero-width space."""
    return "".join(s for s in text if not s.isspace() and unicodedata.category(s) not in ("Cf", "Cc"))


def _difference(labels: list[str]) -> str:
    if len({label.lower() for label in labels}) == 1:
        return "differ only in case"
    if len({_without_spaces(label) for label in labels}) == 1:
        return "differ only in spaces or signs that cannot be seen"
    if isinstance(_meant(labels[0]), Decimal):
        return "are the same number"
    return "differ only in case and spaces"
