"""What is wrong with a data set, before anything is trained on it: the content of `striate check`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from striate.data.dataset import Dataset, Problem
from striate.data.duplicates import groups, members, near_pairs
from striate.data.scan import Scan, scan
from striate.events import Listener, silent


@dataclass(frozen=True, slots=True)
class Problems:
    """Files by what is wrong with them; a file may be in several lists.

    Attributes:
        unreadable: no picture can be had.
        damaged: a picture can be had, but not all of it or not surely.
        wrong_extension: the content is a picture of another format than the name says.
        duplicates: groups of the same content.
        near_duplicates: groups that look the same; of the same content only the first is named.
        label_conflicts: groups of the same content under different labels.
        leaks: groups of the same content in different parts that the data set's author made.
    """

    unreadable: tuple[Problem, ...]
    damaged: tuple[Problem, ...]
    wrong_extension: tuple[Problem, ...]
    duplicates: tuple[tuple[str, ...], ...]
    near_duplicates: tuple[tuple[str, ...], ...]
    label_conflicts: tuple[tuple[str, ...], ...]
    leaks: tuple[tuple[str, ...], ...]

    def count(self) -> int:
        """How many entries all lists have together."""
        return sum(len(entries) for entries in self.by_kind().values())

    def by_kind(self) -> Mapping[str, Sequence[Problem | tuple[str, ...]]]:
        """The lists by their names."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Audit:
    """What `check` says about a data set.

    Attributes:
        pictures: how many items have a picture, damaged ones included.
        classes: how many of them each class has.
        ignored: files that are neither pictures nor annotations, hidden ones included.
    """

    pictures: int
    classes: Mapping[str, int]
    problems: Problems
    layout: str
    ignored: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """The value that `check --json` prints."""
        return {
            "pictures": self.pictures,
            "classes": dict(self.classes),
            "problems": {
                kind: [asdict(entry) if isinstance(entry, Problem) else list(entry) for entry in entries]
                for kind, entries in self.problems.by_kind().items()
            },
            "layout": self.layout,
            "ignored": self.ignored,
            "notes": list(self.notes),
        }


def audit(dataset: Dataset, on_event: Listener = silent) -> Audit:
    """Read every picture of a data set and name all that is wrong."""
    return audit_scan(dataset, scan(dataset, on_event=on_event))


def audit_scan(dataset: Dataset, scanned: Scan) -> Audit:
    """The audit of a data set that was scanned already."""
    items, rows = dataset.items, scanned.rows

    def listed(reasons: list[str | None]) -> tuple[Problem, ...]:
        pairs = zip(items, reasons, strict=True)
        return tuple(Problem(item.name, reason) for item, reason in pairs if reason is not None)

    def named(found: list[list[int]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(items[row].name for row in group) for group in found)

    exact = scanned.exact_pairs()
    same = members(groups(len(rows), exact))
    comparable = scanned.comparable.clone()
    comparable[[second for _, second in exact]] = False  # of the same content only the first is named
    near = near_pairs(scanned.thumbnails, comparable)
    classes = dict.fromkeys(dataset.classes, 0)
    for row in scanned.usable:
        label = items[row].truth.label
        if label is not None:
            classes[dataset.classes[label]] += 1
    return Audit(
        pictures=len(scanned.usable),
        classes=classes,
        problems=Problems(
            unreadable=listed([row.problem for row in rows]),
            damaged=listed([row.damage for row in rows]),
            wrong_extension=listed([row.misnamed for row in rows]),
            duplicates=named(same),
            near_duplicates=named(members(groups(len(rows), near))),
            label_conflicts=named([g for g in same if len({items[row].truth.label for row in g}) > 1]),
            leaks=named([g for g in same if len({items[row].part for row in g} - {None}) > 1]),
        ),
        layout=dataset.layout,
        ignored=dataset.ignored,
        notes=tuple(getattr(dataset, "notes", ())),
    )
