"""What `striate check` prints for people: counts, the problems in one line each, then each with its files."""

from collections.abc import Iterator, Sequence

from striate.data.audit.audit import Audit, Entry, SmallClass, Suspect
from striate.data.audit.odd_labels import OddLabel
from striate.data.dataset import Problem
from striate.data.wording import one_line, probability
from striate.reports.check_words import SECTIONS, Section

SHOWN = 4  # names of a group
LISTED = 8  # entries of a kind; --json has all
CLASSES = 24  # bars of classes


def audit_lines(audit: Audit) -> Iterator[str]:
    """The audit line by line."""
    classes = f", {_many(len(audit.classes), 'class', 'classes')}" if audit.classes else ""
    yield f"{audit.layout}: {_many(audit.pictures, 'readable picture')}{classes}"
    yield from _classes(audit)
    yield from audit.notes
    if audit.ignored:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in audit.ignored_kinds.items())
        yield f"{_many(audit.ignored, 'other file')} left out" + (f": {kinds}" if kinds else "")
    lists = audit.problems.by_kind()
    found = [(section, lists[section.kind]) for section in SECTIONS if lists[section.kind]]
    if not found:
        yield "no problems found"
        return
    yield ""
    yield "found, worst first:"
    width = max(len(f"{len(entries):,}") for _, entries in found)
    for section, entries in found:
        yield f"  {len(entries):>{width},}  {section.one if len(entries) == 1 else section.many}"
    for section, entries in found:
        yield from _problem(section, entries)


def _classes(audit: Audit) -> Iterator[str]:
    if not audit.classes:
        return
    shown = [(one_line(name), count) for name, count in list(audit.classes.items())[:CLASSES]]
    width, most = max(len(name) for name, _ in shown), max(1, *audit.classes.values())
    for name, count in shown:
        yield f"  {name:<{width}}  {count:>7,}  {'#' * round(30 * count / most)}"
    if len(audit.classes) > CLASSES:
        yield f"  and {_many(len(audit.classes) - CLASSES, 'more class', 'more classes')}"
    if audit.imbalance is not None and audit.imbalance >= 3:
        yield f"  the largest class has {audit.imbalance:.0f} times the pictures of the smallest"


def _problem(section: Section, entries: Sequence[Entry]) -> Iterator[str]:
    yield ""
    yield f"{_many(len(entries), section.one, section.many)} ({section.brief})"
    sign = "~" if section.kind.startswith("near") else "="
    for entry in entries[:LISTED]:
        yield f"  {_line(entry, sign)}"
    if len(entries) > LISTED:
        yield f"  and {len(entries) - LISTED:,} more; --json has all, --out FILE.html shows them"


def _line(entry: Entry, sign: str) -> str:
    match entry:
        case Problem(file, reason):
            return f"{file}: {reason}"
        case SmallClass(label, pictures):
            return f"{label}: {_many(pictures, 'different picture')}"
        case OddLabel():
            return entry.words()
        case Suspect(file, label, predicted, sure, part):
            seen = "not seen by the run" if part is None else f"in its {part} part"
            return f"{file}: labelled {label}, looks like {predicted} ({probability(sure)}, {seen})"
        case _:
            more = f" and {len(entry) - SHOWN} more" if len(entry) > SHOWN else ""
            return f" {sign} ".join(entry[:SHOWN]) + more


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
