"""What Linux tells in files: /proc, /sys and the limits of a container. Elsewhere they are missing."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def cgroups(root: Path, controller: str) -> Iterator[Path]:
    """Folders whose limits hold for this process, innermost first: version 2, then version 1."""
    base = root / "sys/fs/cgroup"
    for line in (read(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = base / controller if controllers else base
        inner = top / path.lstrip("/")
        # Inside a container the path may be the host's; what is mounted at the top is then ours.
        yield from (
            folder for folder in (inner, *inner.parents) if folder.is_relative_to(top) and folder.is_dir()
        )


def number(text: str | None) -> int | None:
    """The whole number that a file says; None where it says another thing, such as `max`, or is missing."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() else None


def read(path: Path) -> str | None:
    """A file's text; None where it is missing or may not be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
