"""Main memory, within the container's limit. What the system does not tell is None, never a guess."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from striate.machine.system_files import ROOT, cgroups, number, read


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of main memory, within the container's limit; None where the system does not tell."""

    total: int | None
    available: int | None


def memory(root: Path = ROOT) -> Memory:
    """Main memory in total and still available, within the container's limit."""
    total, available = _systems_memory()
    for folder in cgroups(root, "memory"):
        limit, used = _memory_limit(folder)
        if limit is not None and (total is None or limit < total):
            total = limit
            left = max(limit - used, 0)
            available = left if available is None else min(available, left)
    return Memory(total, available)


def _memory_limit(folder: Path) -> tuple[int | None, int]:
    limit = number(read(folder / "memory.max"))
    if limit is not None:
        used, cached = "memory.current", "inactive_file"
    else:
        limit = number(read(folder / "memory.limit_in_bytes"))
        used, cached = "memory.usage_in_bytes", "total_inactive_file"
    statistics = re.search(rf"^{cached} (\d+)$", read(folder / "memory.stat") or "", re.MULTILINE)
    # Files that the kernel keeps in memory count as used and are given back on demand.
    return limit, (number(read(folder / used)) or 0) - (int(statistics[1]) if statistics else 0)


def _systems_memory() -> tuple[int | None, int | None]:
    """Total and available bytes by the system, on Windows and macOS too; psutil knows of no containers."""
    import psutil

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # some containers leave out what we do not read
            found = psutil.virtual_memory()
    except (OSError, RuntimeError, ValueError, KeyError):  # /proc is not there, or not as it should be
        return None, None
    return found.total, found.available
