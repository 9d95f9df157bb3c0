"""Where the picture cache is, how large it may be, and what goes when it is full."""

import contextlib
import os
import shutil
from pathlib import Path

from striate.data.caching.cached_pictures import INDEX, remove_raw_files
from striate.errors import StriateError
from striate.files.cache_folder import cache_folder
from striate.files.file_lock import lock_file, unlock

LIMIT = "STRIATE_CACHE_BYTES"
USUAL_BYTES = 10 * 10**9
LOCK = "lock"  # the file in an entry's folder that its writer holds


def pictures_folder() -> Path:
    """Where all entries are; it may not exist yet."""
    return cache_folder() / "pictures"


def limit_bytes() -> int:
    """How large all entries may be together.

    Raises:
        StriateError: `STRIATE_CACHE_BYTES` is no whole number.
    """
    if given := os.environ.get(LIMIT):
        if not given.isdecimal():
            raise StriateError(f"{LIMIT}={given} is no number of bytes; 0 is no cache, 10000000000 is 10 GB.")
        return int(given)
    folder = pictures_folder()
    place = next((p for p in (folder, *folder.parents) if p.exists()), folder)
    try:
        return min(USUAL_BYTES, (shutil.disk_usage(place).free + _bytes_in(folder)) // 10)
    except OSError:
        return 0


def clear() -> int:
    """Delete every entry that nobody uses; how many bytes were freed."""
    before = _bytes_in(pictures_folder())
    for folder in _entries():
        _remove(folder)
    return before - _bytes_in(pictures_folder())


def make_room(mine: Path, needed: int, limit: int) -> None:
    """Remove the least recently used entries of others until `needed` more bytes are within the limit."""
    others = sorted((_last_used(folder), folder) for folder in _entries() if folder != mine)
    for _, folder in others:
        if _bytes_in(pictures_folder()) + needed <= limit:
            return
        _remove(folder)


def _entries() -> list[Path]:
    try:
        return [path for path in pictures_folder().iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


def _last_used(folder: Path) -> float:
    try:
        return (folder / INDEX).stat().st_mtime
    except OSError:
        return 0.0


def _remove(folder: Path) -> None:
    """Delete an entry unless somebody writes or reads it."""
    with contextlib.suppress(OSError):
        lock = lock_file(folder / LOCK)
        try:
            if remove_raw_files(folder):
                (folder / INDEX).unlink(missing_ok=True)
                (folder / LOCK).unlink()
        finally:
            unlock(lock)
        folder.rmdir()


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total
