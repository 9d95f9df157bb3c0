"""An exact resume needs the same machine and data; where it cannot be exact, it refuses and says why."""

from typing import Any

from striate.errors import StriateError
from striate.machine.hardware import describe
from striate.runs.record import RunRecord

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


def refuse_other_environment(
    record: RunRecord, now: dict[str, Any], fingerprint: str, test_fingerprint: str | None
) -> None:
    """Compare a run's records with what a resumed training would use.

    Args:
        record: the run.
        now: what is derived now, as in config.toml's [resolved].
        fingerprint: of the data as it is now.
        test_fingerprint: of the data of `--test`.

    Raises:
        StriateError: names everything that differs.
    """
    then = record.table("config.toml").get("resolved", {})
    differences = [
        f"{key} was {then.get(key)!r} and is {value!r}"
        for key, value in _plain(now).items()
        if key not in PATHS and then.get(key) != value
    ]
    if record.dataset.fingerprint != fingerprint:
        differences.append("the pictures have changed")
    differences += ["the pictures of --test have changed"] if _test_changed(record, test_fingerprint) else []
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


def _test_changed(record: RunRecord, fingerprint: str | None) -> bool:
    recorded = record.dataset.test_data
    return recorded is not None and recorded.fingerprint != fingerprint


def _plain(value: Any) -> Any:
    """As TOML gives it back: no None, no tuples."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _cpu(environment: dict[str, Any]) -> str:
    cpu = environment.get("cpu") or {}
    return f"{cpu.get('name')} ({' '.join(map(str, cpu.get('features') or []))})"
