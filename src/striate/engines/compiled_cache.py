"""Compiled networks stay in the cache, one folder each, whole or not at all; it may be deleted at any time.

What lies there is run by the engines' compilers, which do not guard against a file that was made to harm.
So an entry is read only if the folder is this user's and nobody else may write to it, and if its files still
have the digests that were written with it; any other is made again.
"""

import contextlib
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from striate.files.cache_folder import cache_folder

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
    place = _place() if key is not None else None
    with tempfile.TemporaryDirectory(prefix="new-", dir=place, ignore_cleanup_errors=True) as name:
        fresh = Path(name)
        build(fresh)
        found = read(fresh)
        if place is not None:
            _keep(fresh, folder)
    return found


def clear() -> int:
    """Delete every entry; how many bytes were freed."""
    before = _bytes_in(networks_folder())
    shutil.rmtree(networks_folder(), ignore_errors=True)
    return before - _bytes_in(networks_folder())


def _place() -> Path | None:
    """The folder of all entries, made if it is missing; None where it cannot be made or nothing is kept."""
    from striate.data.caching.cache_room import limit_bytes  # with all that reads pictures, so only to write

    if limit_bytes() == 0:
        return None
    try:
        networks_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return networks_folder()


def _keep(fresh: Path, folder: Path) -> None:
    from striate.data.caching.cache_room import limit_bytes

    limit = min(LARGEST, limit_bytes())
    needed = _bytes_in(fresh)
    if needed > limit:
        return
    with contextlib.suppress(OSError):  # a full disk, or another process was first
        (fresh / DIGESTS).write_text(json.dumps(_digests(fresh)), encoding="utf-8")
        _make_room(limit - needed)
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)  # damaged, stale or somebody else's
        whole = fresh.with_name(f"{fresh.name}-whole")
        fresh.rename(whole)
        try:
            whole.rename(folder)
        finally:
            shutil.rmtree(whole, ignore_errors=True)


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


def _make_room(limit: int) -> None:
    """Delete the least recently used entries until all others are within `limit` bytes."""
    entries = [path for path in networks_folder().iterdir() if not path.name.startswith("new-")]
    for entry in sorted(entries, key=lambda path: path.stat().st_mtime):
        if sum(map(_bytes_in, entries)) <= limit:
            return
        shutil.rmtree(entry, ignore_errors=True)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total
