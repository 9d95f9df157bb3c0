"""Which cut-outs and backgrounds the scenes of each part are made of: none serves two parts.

What belongs together (the same file twice, look-alikes) stays in one part. The order is that of a hash of
seed and name, so a new file moves few others.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from striate.data.dataset import PARTS, Part
from striate.errors import StriateError

Shares = Mapping[Part, float]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Rows of each part, ascending, and the labels that are only in the first because they have too few."""

    rows: Mapping[Part, tuple[int, ...]]
    small: tuple[int, ...] = ()


def shares_of(text: str) -> Shares:
    """The shares of training, validation and test in a text such as 70/15/15.

    Raises:
        StriateError: it is not three numbers, or all of them are 0.
    """
    try:
        numbers = [float(word) for word in text.split("/")]
    except ValueError:
        numbers = []
    fine = len(numbers) == len(PARTS) and all(0 <= number < 1e6 for number in numbers)
    if not fine or sum(numbers) <= 0:
        raise StriateError(
            "--parts is the shares of training, validation and test, such as 70/15/15, or 0/0/100 for a test "
            f"set alone, not '{text}'."
        )
    return {part: number / sum(numbers) for part, number in zip(PARTS, numbers, strict=True)}


def wanted(shares: Shares) -> list[Part]:
    """The parts that get something, training first."""
    return [part for part in PARTS if shares[part] > 0]


def divided(count: int, shares: Shares) -> dict[Part, int]:
    """`count` by shares; what rounding leaves goes to the largest remainders, training first."""
    exact = {part: count * shares[part] for part in PARTS}
    found = {part: int(exact[part]) for part in PARTS}
    order = sorted(wanted(shares), key=lambda part: found[part] - exact[part])
    for part in order[: count - sum(found.values())]:
        found[part] += 1
    return found


def assign(
    names: Sequence[str], labels: Sequence[int], groups: Sequence[int], shares: Shares, seed: int
) -> Assigned:
    """Divide rows, class by class, whole groups at a time; every wanted part gets a group of each class.

    Args:
        names: of the rows.
        labels: a group with several is of the most frequent one.
        groups: for each row a number that those which belong together share.
        shares: of the parts.
        seed: another one gives another division.
    """
    together: dict[int, list[int]] = {}
    for row, group in enumerate(groups):
        together.setdefault(group, []).append(row)
    by_label: dict[int, list[list[int]]] = {}
    for rows in together.values():
        counts = Counter(labels[row] for row in rows)
        by_label.setdefault(min(counts, key=lambda label: (-counts[label], label)), []).append(rows)
    parts, found, small = wanted(shares), {part: [] for part in PARTS}, []  # type: ignore[var-annotated]
    for label, members in sorted(by_label.items()):
        members.sort(key=lambda rows: min(_order(names[row], seed) for row in rows))
        if len(members) < len(parts):
            small.append(label)
            found[parts[0]] += [row for rows in members for row in rows]
            continue
        begin = 0
        for part, count in zip(parts, _each(len(members), parts, shares), strict=True):
            found[part] += [row for rows in members[begin : begin + count] for row in rows]
            begin += count
    return Assigned({part: tuple(sorted(found[part])) for part in PARTS}, tuple(small))


def given(parts: Sequence[Part | None], groups: Sequence[int], shares: Shares) -> tuple[Assigned, int]:
    """The parts that the author of the cut-outs made, and how many rows they cost.

    A group in several parts stays in the last of them, test before validation before training: the others'
    rows are left out, and counted.
    """
    last: dict[int, int] = {}
    for part, group in zip(parts, groups, strict=True):
        last[group] = max(last.get(group, 0), PARTS.index(part or "train"))
    rows: dict[Part, list[int]] = {part: [] for part in PARTS}
    left = 0
    for row, (part, group) in enumerate(zip(parts, groups, strict=True)):
        own = part or "train"
        if PARTS[last[group]] != own:
            left += 1
        elif shares[own] > 0:
            rows[own].append(row)
    return Assigned({part: tuple(rows[part]) for part in PARTS}), left


def _each(count: int, parts: Sequence[Part], shares: Shares) -> list[int]:
    """How many of `count` groups each part gets: at least one, nearest to the shares."""
    rest = divided(count - len(parts), shares)
    return [1 + rest[part] for part in parts]


def _order(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\n{name}".encode(errors="surrogateescape"), digest_size=8).digest()
