"""Compiled networks stay in the cache, one folder each, whole or not at all; it may be deleted at any time.

What lies there is run by the engines' compilers, which do not guard against a file that was made to harm.
So an entry is read only if the folder is this user's and nobody else may write to it, and if its files still
have the digests that were written with it; any other is made again.
"""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from striate.files import eviction
from striate.files.cache_folder import cache_folder
from striate.files.eviction import bytes_in, delete, limit_bytes, make_room
from striate.files.leftovers import temporary

DIGESTS = "digests.json"
LARGEST = 2 * 10**9  # bytes of all converted networks together

Read = TypeVar("Read")


class Stale(Exception):
    """What `read` of `cached` raises for an entry that it cannot use; it is made again."""


def networks_folder() -> Path:
    """Where all entries are; it may not exist yet."""
    return cache_folder() / "networks"


def cached(key: str | None, build: Callable[[Path], None], read: Callable[[Path], Read]) -> Read:
    """What `read` makes of the folder that `build` fills, which is kept for the next time.

    Args:
        key: text that stands for the content; a name for a folder. None keeps nothing.
        build: writes files into an empty folder.
        read: reads them, all of them before it returns.
    """
    folder = networks_folder() / (key or "nothing")
    if key is not None and _is_ours(folder) and _is_whole(folder):
        with contextlib.suppress(OSError):  # a cache that may be read and not written
            os.utime(folder)
        with contextlib.suppress(Stale):
            return read(folder)
    kept = key is not None and _can_be_kept()
    with temporary(folder, folder=True) if kept else _nowhere() as fresh:
        build(fresh)
        found = read(fresh)
        if kept:
            _keep(fresh, folder)
    return found


def clear() -> int:
    """Delete every entry; how many bytes were freed."""
    freed = eviction.clear(networks_folder())
    with contextlib.suppress(OSError):  # something is being written, or it was not there
        networks_folder().rmdir()
    return freed


def _can_be_kept() -> bool:
    """Whether there is a folder of all entries, made if it is missing, in which something may be written."""
    if limit_bytes(networks_folder()) == 0:
        return False
    try:
        networks_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(networks_folder(), os.W_OK)


@contextlib.contextmanager
def _nowhere() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        yield Path(name)


def _keep(fresh: Path, folder: Path) -> None:
    limit = min(LARGEST, limit_bytes(networks_folder()))
    needed = bytes_in(fresh)
    if needed > limit:
        return
    with contextlib.suppress(OSError):  # a full disk, or another process was first
        (fresh / DIGESTS).write_text(json.dumps(_digests(fresh)), encoding="utf-8")
        make_room(networks_folder(), needed, limit)
        delete(folder)  # damaged, stale or somebody else's
        fresh.rename(folder)


def _is_ours(folder: Path) -> bool:
    """Whether nobody but this user can have written what is in it; Windows keeps profiles apart by itself."""
    if not hasattr(os, "getuid"):
        return True
    try:
        found = folder.lstat()
    except OSError:
        return False
    others_write = stat.S_IWGRP | stat.S_IWOTH
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & others_write


def _is_whole(folder: Path) -> bool:
    try:
        if not (folder / DIGESTS).is_file():  # a named pipe would wait for ever
            return False
        recorded = json.loads((folder / DIGESTS).read_text(encoding="utf-8"))
        return bool(recorded == _digests(folder))
    except (OSError, ValueError):
        return False


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name != DIGESTS:
            if not path.is_file():
                raise OSError(f"{path} is no file")
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
