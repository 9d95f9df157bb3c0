"""What `striate check` prints for people: counts first, then each kind of problem with what to do."""

from collections.abc import Iterator, Mapping, Sequence

from striate.data.audit import Audit
from striate.data.dataset import Problem

SHOWN = 4  # names of a group
LISTED = 20  # entries of a kind; --json has all
ADVICE: Mapping[str, str] = {
    "unreadable": "no picture can be had; training skips them",
    "damaged": "used all the same; --strict refuses them",
    "wrong_extension": "the content counts, so nothing is lost",
    "duplicates": "the same content; a split that Striate makes keeps them on one side",
    "near_duplicates": "look the same; a split that Striate makes keeps them on one side",
    "label_conflicts": "the same content under different labels; decide for one",
    "leaks": "the same content in two parts; figures on the test part will be too good",
}


def audit_lines(audit: Audit) -> Iterator[str]:
    """The audit line by line."""
    yield f"{audit.layout}: {audit.pictures:,} readable pictures, {len(audit.classes)} classes" + (
        f", {audit.ignored:,} other files" if audit.ignored else ""
    )
    yield from _classes(audit.classes)
    yield from audit.notes
    for kind, entries in audit.problems.by_kind().items():
        if entries:
            yield from _problem(kind, entries)
    if not audit.problems.count():
        yield "no problems found"


def _classes(classes: Mapping[str, int]) -> Iterator[str]:
    if not classes:
        return
    width, most = max(len(name) for name in classes), max(1, *classes.values())
    for name, count in classes.items():
        yield f"  {name:<{width}}  {count:>7,}  {'#' * round(30 * count / most)}"
    least = min(classes.values())
    if least and most / least >= 3:
        yield f"  the largest class has {most / least:.0f} times the pictures of the smallest"


def _problem(kind: str, entries: Sequence[Problem | tuple[str, ...]]) -> Iterator[str]:
    yield ""
    yield f"{kind.replace('_', ' ')}: {len(entries):,} ({ADVICE[kind]})"
    for entry in entries[:LISTED]:
        yield f"  {entry.file}: {entry.reason}" if isinstance(entry, Problem) else f"  {_group(entry)}"
    if len(entries) > LISTED:
        yield f"  and {len(entries) - LISTED:,} more; --json has all"


def _group(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return " = ".join(names[:SHOWN]) + more
