"""An exact resume needs the same machine and data; where it cannot be exact, it refuses and says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from striate.data.wording import listed
from striate.errors import StriateError
from striate.machine.description import describe
from striate.runs.record import RunRecord
from striate.runs.records import Dataset

DECIDE = (
    "striate",
    "python",
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "lightning-fabric",
)  # versions that decide bits

# These may have moved, and the reason names them; fingerprints and digests are compared instead.
PATHS = ("data", "split", "test", "weights", "reason")


# What is derived from the pictures, among other things: where they have changed it follows.
FROM_PICTURES = (
    *("steps", "stages", "decided", "model", "recipe", "parameters", "batch_size", "image_size", "channels"),
    *("augmentation", "augmentation_ranges", "balance"),
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What identifies the pictures of a training: the fingerprint of all, the digest of each by its name."""

    fingerprint: str
    digests: Mapping[str, str | None]


def refuse_other_environment(
    record: RunRecord, now: dict[str, Any], pictures: Pictures, measured: Pictures | None
) -> None:
    """Compare a run's records with what a resumed training would use.

    Args:
        record: the run.
        now: what is derived now, as in config.toml's [resolved].
        pictures: the data as it is now.
        measured: the data of `--test` as it is now.

    Raises:
        StriateError: names everything that differs.
    """
    then = record.table("config.toml").get("resolved", {})
    recorded = record.dataset
    differences = []
    if recorded.fingerprint != pictures.fingerprint:
        differences.append(f"the pictures have changed: {_changes(_digests(recorded), pictures.digests)}")
    tested = recorded.test_data
    if tested is not None and measured is not None and tested.fingerprint != measured.fingerprint:
        known = dict(zip(tested.names, tested.digests, strict=False))
        differences.append(f"the pictures of --test have changed: {_changes(known, measured.digests)}")
    left_out = PATHS + FROM_PICTURES if differences else PATHS  # the pictures say it all
    differences += [
        f"{key} was {then.get(key)!r} and is {value!r}"
        for key, value in _plain(now).items()
        if key not in left_out and then.get(key) != value
    ]
    machine, here = record.table("environment.json"), describe()
    differences += [
        f"{key} was {machine.get(key)} and is {here.get(key)}"
        for key in DECIDE
        if machine.get(key) != here.get(key)
    ]
    if machine.get("cpu") != here.get("cpu"):
        differences.append(f"the CPU was {_cpu(machine)} and is {_cpu(here)}")
    if differences:
        raise StriateError(
            f"{record.folder.path} cannot be continued exactly: {'; '.join(differences)}. "
            "Restore that, or train a new run."
        )


def _digests(recorded: Dataset) -> dict[str, str | None]:
    """The digest of every picture in the parts of a run; an old run may not have them."""
    return {
        name: digest
        for part, names in recorded.split.items()
        for name, digest in zip(names, recorded.digests.get(part) or [None] * len(names), strict=True)
    }


def _changes(then: Mapping[str, str | None], now: Mapping[str, str | None]) -> str:
    """How many pictures are gone, new or other ones, and which."""
    kinds = {
        "gone": [name for name in then if name not in now],
        "new": [name for name in now if name not in then],
        "not the same": [name for name in then if name in now and then[name] not in (None, now[name])],
    }
    said = [
        f"{len(names):,} {'is' if len(names) == 1 else 'are'} {kind} ({listed(names, most=3)})"
        for kind, names in kinds.items()
        if names
    ]
    return f"of {len(then):,}, {', '.join(said)}" if said else "their labels or parts are others"


def _plain(value: Any) -> Any:
    """As TOML gives it back: no None, no tuples."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _cpu(environment: dict[str, Any]) -> str:
    cpu = environment.get("cpu") or {}
    return f"{cpu.get('name')} ({' '.join(map(str, cpu.get('features') or []))})"
