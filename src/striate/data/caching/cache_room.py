"""Where the picture cache is, and how an entry of it goes: not while somebody writes or reads it."""

import contextlib
from pathlib import Path

from striate.data.caching.cached_pictures import INDEX, remove_raw_files
from striate.files import eviction
from striate.files.cache_folder import cache_folder
from striate.files.file_lock import lock_file, unlock

LOCK = "lock"  # the file in an entry's folder that its writer holds


def pictures_folder() -> Path:
    """Where all entries are; it may not exist yet."""
    return cache_folder() / "pictures"


def clear() -> int:
    """Delete every entry that nobody uses; how many bytes were freed."""
    return eviction.clear(pictures_folder(), _remove)


def make_room(mine: Path, needed: int, limit: int) -> None:
    """Remove the least recently used entries of others until `needed` more bytes are within the limit."""
    eviction.make_room(pictures_folder(), needed, limit, keep=mine, used=INDEX, remove=_remove)


def _remove(folder: Path) -> None:
    """Delete an entry unless somebody writes or reads it."""
    if not folder.is_dir():
        return
    with contextlib.suppress(OSError):
        lock = lock_file(folder / LOCK)
        try:
            if remove_raw_files(folder):
                (folder / INDEX).unlink(missing_ok=True)
                (folder / LOCK).unlink()
        finally:
            unlock(lock)
        folder.rmdir()
