"""What is wrong with a data set, before anything is trained on it: the content of `striate check`."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from striate.data.audit.odd_labels import OddLabel, odd_labels
from striate.data.audit.oddities import is_blank, odd_sizes, small_classes
from striate.data.audit.sample_range import unused_range
from striate.data.dataset import PARTS, Dataset, Problem, class_of
from striate.data.decoding.decode import DEFAULT_LIMITS
from striate.data.look_alikes.duplicates import groups, members, near_pairs
from striate.data.scan import Scan, scan
from striate.events import Listener, silent
from striate.files.html_table import html_facts, html_table, text_facts
from striate.shapes import Picture

COMPARED_AT = (128, 128)  # pixels that large photos are decoded for; enough for what an audit looks at

OF_SOME = ("annotations",)  # kinds of problems that not every data set can have

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SmallClass:
    """A class that no split can give to all three parts, and how many different pictures it has."""

    label: str
    pictures: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """A picture of which a run is sure that it shows another class.

    Attributes:
        label: what the data set says.
        predicted: what the run says, with its calibrated `probability`.
        part: where the picture was in the run: "train" (its label was learned), "validation", "test", or None
            if the run has not seen it.
    """

    file: str
    label: str
    predicted: str
    probability: float
    part: str | None


Entry = Problem | SmallClass | Suspect | OddLabel | Names


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
        near_label_conflicts: groups that look the same, are not the same content, and have different labels.
        near_leaks: as those, in different parts.
        blank: pictures of nearly one colour.
        odd_sizes: sizes or proportions far from the others'; a hint, not a fault.
        small_classes: too few different pictures for a split.
        odd_labels: labels that differ only in case, spaces or form, or that mean nothing.
        mislabelled: pictures whose label a run doubts, the surest doubt first; empty without a run.
        annotations: boxes and points that a task cannot learn from, or can only in part.
    """

    unreadable: tuple[Problem, ...]
    damaged: tuple[Problem, ...]
    wrong_extension: tuple[Problem, ...]
    duplicates: tuple[Names, ...]
    near_duplicates: tuple[Names, ...]
    label_conflicts: tuple[Names, ...]
    leaks: tuple[Names, ...]
    near_label_conflicts: tuple[Names, ...]
    near_leaks: tuple[Names, ...]
    blank: tuple[Problem, ...]
    odd_sizes: tuple[Problem, ...]
    small_classes: tuple[SmallClass, ...]
    odd_labels: tuple[OddLabel, ...] = ()
    mislabelled: tuple[Suspect, ...] = ()
    annotations: tuple[Problem, ...] = ()

    def count(self) -> int:
        """How many entries all lists have together; odd sizes are hints and do not count."""
        return sum(len(entries) for kind, entries in self.by_kind().items() if kind != "odd_sizes")

    def by_kind(self) -> Mapping[str, Sequence[Entry]]:
        """The lists by their names."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Audit:
    """What `check` says about a data set.

    Attributes:
        pictures: how many items have a picture, damaged ones included.
        classes: how many of them each class has.
        parts: the same for every part that the data set's author made; empty where it is not split.
        imbalance: the largest class over the smallest that is not empty; None with fewer than two.
        ignored: files that are neither pictures nor annotations, hidden ones included.
        ignored_kinds: how many of them have which extension, where that is known.
        run: the run that looked for wrong labels, None if there was none.
    """

    pictures: int
    classes: Mapping[str, int]
    parts: Mapping[str, Mapping[str, int]]
    imbalance: float | None
    problems: Problems
    layout: str
    ignored: int
    notes: Names
    ignored_kinds: Mapping[str, int] = field(default_factory=dict)
    run: str | None = None

    def __repr__(self) -> str:
        """The counts; `problems` names the files."""
        return text_facts(f"Audit of {self.layout}", self._facts())

    def _repr_html_(self) -> str:
        classes = [(name, count) for name, count in self.classes.items()]
        table = html_table("Pictures of every class", ("class", "pictures"), classes) if classes else ""
        return html_facts(f"Audit of {self.layout}", self._facts()) + table

    def _facts(self) -> dict[str, str | int]:
        """Pictures and classes, and every kind of problem that was found."""
        found = {kind.replace("_", " "): len(entries) for kind, entries in self.problems.by_kind().items()}
        problems: dict[str, str | int] = {kind: count for kind, count in found.items() if count}
        counts: dict[str, str | int] = {"pictures": self.pictures, "classes": len(self.classes)}
        return counts | (problems or {"problems": "none found"})

    def to_json(self) -> dict[str, object]:
        """`to_dict`, by its other name."""
        return self.to_dict()

    def to_dict(self) -> dict[str, object]:
        """The value that `check --json` prints."""
        return {
            "pictures": self.pictures,
            "classes": dict(self.classes),
            "problems": {
                kind: [list(entry) if isinstance(entry, tuple) else asdict(entry) for entry in entries]
                for kind, entries in self.problems.by_kind().items()
                if entries or kind not in OF_SOME
            },
            "parts": {part: dict(counts) for part, counts in self.parts.items()},
            "imbalance": self.imbalance,
            "layout": self.layout,
            "ignored": self.ignored,
            "ignored_kinds": dict(self.ignored_kinds),
            "notes": list(self.notes),
            "run": self.run,
        }

    def with_annotations(self, problems: Sequence[Problem], notes: Sequence[str]) -> "Audit":
        """The audit with what a task finds wrong in the truths, and what it says of them."""
        found = replace(self.problems, annotations=tuple(problems))
        return replace(self, problems=found, notes=(*self.notes, *notes))

    def with_suspects(self, run: str, suspects: Sequence[Suspect]) -> "Audit":
        """The audit with what a run doubts."""
        return replace(self, run=run, problems=replace(self.problems, mislabelled=tuple(suspects)))


@dataclass(frozen=True, slots=True)
class Looked:
    """One pass over a data set: the scan, its nearly blank rows, and who looks like whom.

    Attributes:
        families: for each row the first of its duplicates and near-duplicates.
        near: near-duplicates; of the same content only the first.
    """

    scan: Scan
    blank: frozenset[int]
    near: tuple[tuple[int, int], ...]
    families: tuple[int, ...]


def look(dataset: Dataset, on_event: Listener = silent) -> Looked:
    """Read every picture once and compare all with all."""
    blank: set[int] = set()

    def keep(row: int, picture: Picture) -> None:
        if is_blank(picture):
            blank.add(row)

    scanned = scan(dataset, keep, on_event, for_size_hw=COMPARED_AT)
    exact = scanned.exact_pairs()
    comparable = scanned.comparable.clone()
    comparable[[second for _, second in exact]] = False  # of the same content only the first is compared
    near = near_pairs(scanned.thumbnails, comparable, on_event)
    return Looked(scanned, frozenset(blank), tuple(near), tuple(groups(len(scanned.rows), exact + near)))


def audit(dataset: Dataset, on_event: Listener = silent) -> Audit:
    """Read every picture of a data set and name all that is wrong."""
    return audit_of(dataset, look(dataset, on_event))


def audit_of(dataset: Dataset, looked: Looked) -> Audit:
    """The audit of a data set that was looked at already."""
    usable, items = looked.scan.usable, dataset.items
    classes = dict.fromkeys(dataset.classes, 0)
    parts: dict[str, dict[str, int]] = {}
    for row in usable:
        name, part = class_of(dataset, row), items[row].part
        if name is None:
            continue
        classes[name] += 1
        if part is not None:
            parts.setdefault(part, dict.fromkeys(dataset.classes, 0))[name] += 1
    counts = [count for count in classes.values() if count]
    return Audit(
        pictures=len(usable),
        classes=classes,
        parts={part: parts[part] for part in PARTS if part in parts},
        imbalance=round(max(counts) / min(counts), 2) if len(counts) > 1 else None,
        problems=_problems(dataset, looked),
        layout=dataset.layout,
        ignored=dataset.ignored,
        notes=(*getattr(dataset, "notes", ()), *_range_notes(dataset, looked)),
        ignored_kinds=dict(getattr(dataset, "ignored_suffixes", {})),
    )


def _range_notes(dataset: Dataset, looked: Looked) -> Names:
    lost = unused_range(looked.scan.rows, getattr(dataset, "limits", DEFAULT_LIMITS).white)
    return (f"warning: {lost}",) if lost is not None else ()


def _problems(dataset: Dataset, looked: Looked) -> Problems:
    items, scanned = dataset.items, looked.scan
    rows = scanned.rows

    def listed(reasons: Mapping[int, str | None]) -> tuple[Problem, ...]:
        return tuple(
            Problem(items[row].name, reason) for row, reason in reasons.items() if reason is not None
        )

    def named(found: list[list[int]]) -> tuple[Names, ...]:
        return tuple(tuple(items[row].name for row in group) for group in found)

    def label(row: int) -> int | None:
        return items[row].truth.label

    def part(row: int) -> str | None:
        return items[row].part

    same = members(groups(len(rows), scanned.exact_pairs()))
    alike = members(looked.families)
    small = small_classes([label(row) for row in range(len(rows))], looked.families, scanned.usable)
    split = any(item.part is not None for item in items)
    return Problems(
        unreadable=listed({row: found.problem for row, found in enumerate(rows)}),
        damaged=listed({row: found.damage for row, found in enumerate(rows)}),
        wrong_extension=listed({row: found.misnamed for row, found in enumerate(rows)}),
        duplicates=named(same),
        near_duplicates=named(members(groups(len(rows), looked.near))),
        label_conflicts=named(
            [_in_turn(group, label) for group in same if len({label(row) for row in group}) > 1]
        ),
        leaks=named(
            [_in_turn(group, part) for group in same if len({part(row) for row in group} - {None}) > 1]
        ),
        near_label_conflicts=named(_across(alike, scanned.digests, label)),
        near_leaks=named(_across(alike, scanned.digests, part)),
        odd_labels=odd_labels(dataset),
        blank=listed(dict.fromkeys(sorted(looked.blank), "nearly one colour")),
        odd_sizes=listed(odd_sizes({row: rows[row].size_hw for row in scanned.usable})),
        small_classes=()
        if split
        else tuple(SmallClass(dataset.classes[at], count) for at, count in small.items()),
    )


def _across(
    families: list[list[int]], digests: Sequence[str | None], side_of: Callable[[int], Hashable]
) -> list[list[int]]:
    """Families in which different contents are on different sides; each content once a side."""
    found = []
    for family in families:
        first: dict[tuple[str | None, Hashable], int] = {}
        for row in family:
            first.setdefault((digests[row], side_of(row)), row)
        if any(digest != other and side != opposite for digest, side in first for other, opposite in first):
            found.append(_in_turn(sorted(first.values()), side_of))
    return found


def _in_turn(rows: list[int], side_of: Callable[[int], Hashable]) -> list[int]:
    """The first row of each side, then the second of each...: where only a few are shown, every side is."""
    seen: Counter[Hashable] = Counter()
    turns = {}
    for row in rows:
        turns[row] = seen[side_of(row)]
        seen[side_of(row)] += 1
    return sorted(rows, key=turns.__getitem__)
