"""How large a cache may be, and what goes when it is full: the least recently used entries.

A cache is a folder whose files or folders are its entries. Names with a dot are being written.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from striate.errors import StriateError
from striate.files.leftovers import remove_leftovers

LIMIT = "STRIATE_CACHE_BYTES"
USUAL_BYTES = 10 * 10**9


def limit_bytes(folder: Path) -> int:
    """How large all entries of a cache may be together; 0 is no cache.

    Args:
        folder: of the cache; it may not exist yet.

    Raises:
        StriateError: `STRIATE_CACHE_BYTES` is no whole number.
    """
    if given := os.environ.get(LIMIT):
        if not given.isdecimal():
            raise StriateError(f"{LIMIT}={given} is no number of bytes; 0 is no cache, 10000000000 is 10 GB.")
        return int(given)
    place = next((p for p in (folder, *folder.parents) if p.exists()), folder)
    try:
        return min(USUAL_BYTES, (shutil.disk_usage(place).free + bytes_in(folder)) // 10)
    except OSError:
        return 0


def make_room(
    folder: Path,
    needed: int,
    limit: int,
    *,
    keep: Path | None = None,
    used: str = "",
    remove: Callable[[Path], None] | None = None,
) -> None:
    """Remove the least recently used entries until `needed` more bytes are within the limit.

    Args:
        folder: of the cache.
        needed: bytes of what will be written.
        limit: bytes of all entries together.
        keep: an entry that stays.
        used: the file in an entry whose time says when it was last used; empty for the entry itself.
        remove: deletes an entry, or leaves one that is in use; without it entries are deleted as they are.
    """
    remove_leftovers(folder)
    sizes = {path: bytes_in(path) for path in _entries(folder)}
    total = sum(sizes.values())
    others = sorted((_time(path / used), path) for path in sizes if path != keep)
    for _, path in others:
        if total + needed <= limit:
            return
        (remove or delete)(path)
        total += bytes_in(path) - sizes[path]


def clear(folder: Path, remove: Callable[[Path], None] | None = None) -> int:
    """Delete every entry that `remove` does not leave; how many bytes were freed."""
    before = bytes_in(folder)
    remove_leftovers(folder)
    for path in _entries(folder):
        (remove or delete)(path)
    return before - bytes_in(folder)


def delete(path: Path) -> None:
    """Delete an entry, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink()


def bytes_in(path: Path) -> int:
    """Of a file, or of all files in a folder; what cannot be read counts nothing, links are not followed."""
    if path.is_symlink():
        return 0
    total = 0
    for one in path.rglob("*") if path.is_dir() else [path]:
        with contextlib.suppress(OSError):
            total += one.lstat().st_size if one.is_file() else 0
    return total


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink()]
    except OSError:
        return []


def _time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
