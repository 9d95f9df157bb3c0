"""Which pictures train, which choose, which are only tested on.

Unsplit data becomes 70/15/15, stratum by stratum (class by class, where pictures have one), and a group of
duplicates stays on one side. What the data's author split stays as given; a part that is missing is taken
from training. Inside a stratum the order is that of a hash of seed and name: it does not depend on the order
of the files, and a new file moves few others. What strata and groups are the caller says.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from striate.data.dataset import PART_NAMES, Item, Part
from striate.data.wording import composed, counted
from striate.errors import StriateError

FEWEST_GROUPS = 3  # one for each part


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the data set, ascending; no row is in two parts. `notes` say for people what was decided."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that stay together, and their place in the order of hashes."""

    rows: tuple[int, ...]
    order: bytes


def split(
    items: Sequence[Item],
    groups: Sequence[int],
    strata: Sequence[int],
    *,
    classes: Sequence[str],
    seed: int,
    rows: Sequence[int] | None = None,
    parts: Sequence[Part | None] | None = None,
    external_test: bool = False,
) -> Split:
    """Assign rows to training, validation and test.

    Args:
        items: the data set's.
        groups: for each item a number that those share which stay on one side.
        strata: for each item the number of what is spread over the parts; see `numbered`.
        classes: names of the strata from 0 on, for the notes.
        rows: those that take part (the readable ones); all by default.
        parts: what a split file says, in place of the items' own parts.
        external_test: another data set is the test part: none is made here, a given one is left out.

    Raises:
        StriateError: no picture is left for training.
    """
    chosen = range(len(items)) if rows is None else rows
    train, validation, test = _as_given([item.part for item in items] if parts is None else parts, chosen)
    notes: list[str] = []
    if external_test and test:
        notes.append(f"the test part that was given ({len(test)}) is left out: another data set is the test")
    if validation and (test or external_test):
        test = [] if external_test else test
        return Split(tuple(sorted(train)), tuple(sorted(validation)), tuple(sorted(test)), tuple(notes))
    whole = not validation and not test and not external_test
    train, taken, tested, small = _take(items, groups, strata, train, seed, whole=whole)
    if whole:
        test = tested
        by = " by class" if any(stratum in range(len(classes)) for stratum in strata) else ""
        counts = f"{len(train)} train, {len(taken)} validation, {len(test)} test"
        notes.append(f"split 70/15/15{by}: {counts}")
    elif validation:
        test = validation
        notes.append(
            f"no test part was given: the given validation part ({len(test)}) is the test part, and "
            f"validation ({len(taken)}) was taken from training"
        )
    else:
        notes.append(f"no validation part was given: it takes {counted(len(taken), 'picture')} from training")
        test = [] if external_test else test
    named = [classes[stratum] for stratum in small if stratum in range(len(classes))]
    if named:
        fewer = f"classes with fewer than {FEWEST_GROUPS} different pictures"
        notes.append(f"{fewer}, only in training: {', '.join(named)}")
    return Split(tuple(sorted(train)), tuple(sorted(taken)), tuple(sorted(test)), tuple(notes))


def _as_given(given: Sequence[Part | None], rows: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """The rows in each part as they were given; those in none are to train.

    Raises:
        StriateError: no picture is left for training.
    """
    by_part: dict[Part, list[int]] = {"train": [], "validation": [], "test": []}
    for row in rows:
        by_part[given[row] or "train"].append(row)
    if not by_part["train"]:
        raise StriateError(
            f"there are no training pictures, only {len(by_part['validation'])} for validation and "
            f"{len(by_part['test'])} for test. Put pictures into a train folder, or give an unsplit folder."
        )
    return by_part["train"], by_part["validation"], by_part["test"]


def numbered(values: Sequence[Hashable]) -> list[int]:
    """A number for each value, the same for equal ones: whole numbers are their own, None is -1.

    Other values are numbered in the order of their texts, so that the order of the items does not matter.
    """
    others = {repr(value): value for value in values if value is not None and not isinstance(value, int)}
    places = {text: number for number, text in enumerate(sorted(others))}
    return [
        value if isinstance(value, int) else -1 if value is None else places[repr(value)] for value in values
    ]


def _take(
    items: Sequence[Item],
    groups: Sequence[int],
    strata: Sequence[int],
    rows: Sequence[int],
    seed: int,
    *,
    whole: bool,
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Training, validation and (if `whole`) test rows out of `rows`, and the strata that are too small."""
    train: list[int] = []
    validation: list[int] = []
    test: list[int] = []
    small: list[int] = []
    for stratum, together in sorted(_by_stratum(items, groups, strata, rows, seed).items()):
        if len(together) < FEWEST_GROUPS:
            small.append(stratum)
            train += [row for group in together for row in group.rows]
            continue
        count = sum(len(group.rows) for group in together)
        to_validate, to_test = _targets(count, stratum) if whole else (max(1, (15 * count + 50) // 100), 0)
        left = sorted(together, key=lambda group: group.order)
        if to_test:
            picked, left = _pick(left, to_test, keep=2)
            test += picked
        picked, left = _pick(left, to_validate, keep=1)
        validation += picked
        train += [row for group in left for row in group.rows]
    return train, validation, test, small


def _targets(count: int, stratum: int) -> tuple[int, int]:
    """Pictures of a stratum for validation and test: 30 % together, the odd one by turns."""
    held = max(2, count - (7 * count + 5) // 10)
    smaller, larger = held // 2, held - held // 2
    return (smaller, larger) if stratum % 2 else (larger, smaller)


def _pick(groups: list[_Group], target: int, keep: int) -> tuple[list[int], list[_Group]]:
    """The rows of the first groups that fit into `target`, at least one; at least `keep` groups are left."""
    picked: list[int] = []
    left: list[_Group] = []
    taken = 0
    for group in groups:
        if len(picked) + len(group.rows) <= target and len(groups) - taken > keep:
            picked += group.rows
            taken += 1
        else:
            left.append(group)
    if not picked:
        smallest = min(left, key=lambda group: (len(group.rows), group.order))
        left.remove(smallest)
        picked += smallest.rows
    return picked, left


def _by_stratum(
    items: Sequence[Item], groups: Sequence[int], strata: Sequence[int], rows: Sequence[int], seed: int
) -> dict[int, list[_Group]]:
    """The groups of each stratum; one with several counts for the most frequent."""
    together: dict[int, list[int]] = {}
    for row in rows:
        together.setdefault(groups[row], []).append(row)
    result: dict[int, list[_Group]] = {}
    for group in together.values():
        own = [strata[row] for row in group]
        counts = Counter(own) if len(own) > 1 else {own[0]: 1}  # a Counter for one is slow
        stratum = min(counts, key=lambda value: (-counts[value], value))
        order = min(_hash(items[row].name, seed) for row in group)
        result.setdefault(stratum, []).append(_Group(tuple(group), order))
    return result


def _hash(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\n{name}".encode(errors="surrogateescape"), digest_size=8).digest()


def read_split_file(path: Path, names: Sequence[str]) -> tuple[Part, ...]:
    """The part of every name, from a CSV with the columns `image` and `split`.

    Raises:
        StriateError: the file cannot be read or is wrong, with its line; or a picture is missing from it.
    """
    known = {composed(name): name for name in names} | {name: name for name in names}
    parts: dict[str, Part] = {}
    for line, written, word in _split_rows(path):
        part = PART_NAMES.get(word.strip().lower())
        if part is None:
            raise StriateError(
                f"{path}, line {line}: split '{word}' is unknown; use train, validation or test."
            )
        image = _as_known(written, known)
        if image not in known:
            near = get_close_matches(image, names[:10_000], n=1)
            guess = f" Did you mean '{near[0]}'?" if near else " Paths are relative to the data set."
            raise StriateError(f"{path}, line {line}: the data set has no image '{image}'.{guess}")
        if parts.setdefault(image, part) != part:
            raise StriateError(
                f"{path}, line {line}: '{image}' is in the {parts[image]} part too. Keep one line."
            )
    missing = [name for name in names if name not in parts]
    if missing:
        raise StriateError(
            f"{path} has no line for {len(missing)} of {len(names)} images, '{missing[0]}' among them. "
            "Add them, or take them out of the data set."
        )
    return tuple(parts[name] for name in names)


def _as_known(image: str, known: Mapping[str, str]) -> str:
    """A name as the data set has it: without spaces around it or in the other Unicode form, if it must."""
    return next(
        (known[form] for form in (image, image.strip(), composed(image.strip())) if form in known), image
    )


def _split_rows(path: Path) -> list[tuple[int, str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            if not {"image", "split"} <= set(columns):
                found = ", ".join(columns) or "nothing"
                raise StriateError(f"{path}, line 1: expected the columns image and split, found {found}.")
            rows = []
            for row in reader:
                image, word = row["image"], row["split"]
                if image is None or word is None:
                    raise StriateError(f"{path}, line {reader.line_num}: expected an image and a split.")
                rows.append((reader.line_num, image, word))
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StriateError(f"{path} cannot be read as CSV: {reason}.") from error
