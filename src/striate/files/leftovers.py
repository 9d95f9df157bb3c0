"""Temporary files and folders beside what they will become: `.NAME.xxxxxxxx.part`.

A kill leaves one behind. The next write to the same place removes it. That its writer is dead is known by a
lock, which the system releases however a process ends. Where there are no locks (Windows, some network
disks), what is older than a day is taken for dead.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which does not rename a file that is open either
    fcntl = None  # type: ignore[assignment]

DEAD_SECONDS = 86_400.0  # without locks
_NAME = re.compile(r"\.(.+)\.[a-z0-9_]{8}\.part", re.DOTALL)  # as `tempfile` makes them of a name
_look_again: dict[str, float] = {}  # when a folder may be listed again: a large one costs time


@contextlib.contextmanager
def temporary(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """A new empty file or folder beside `path`, to be renamed; what still has its name at the end is deleted.

    Raises:
        OSError: it cannot be made.
    """
    _remove_of(path)
    place, lock = _made(path, folder=folder)
    try:
        yield place
    finally:
        _delete(place)  # renamed by now, unless something went wrong
        if lock is not None:
            os.close(lock)


def remove_leftovers(folder: Path) -> None:
    """Delete what dead writers left in a folder and the folders in it."""
    for path in list(folder.rglob(".*.part")):
        if _NAME.fullmatch(path.name):
            _delete_if_dead(path)


def _remove_of(path: Path) -> None:
    """Delete what dead writers of `path` left; listing a folder takes at most a hundredth of the time."""
    began, parent = time.monotonic(), str(path.parent)
    if began < _look_again.get(parent, 0.0):
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):  # noqa: PTH208 - names are enough, and there may be many
            found = _NAME.fullmatch(name) if name.endswith(".part") else None
            if found is not None and found[1] == path.name:
                _delete_if_dead(path.parent / name)
    ended = time.monotonic()
    _look_again[parent] = ended + 100 * (ended - began) if ended - began > 0.001 else 0.0


def _made(path: Path, *, folder: bool) -> tuple[Path, int | None]:
    """A new file or folder, and the lock that says its writer lives, where there are locks."""
    while True:
        if folder:
            place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        else:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            os.close(handle)
            place = Path(name)
        try:
            lock = _locked(place)
        except OSError:  # no locks here; or another process took it for a leftover just now
            lock = None
        if (lock is None or _is_at(lock, place)) and place.exists():
            return place, lock
        if lock is not None:
            os.close(lock)


def _delete_if_dead(place: Path) -> None:
    if place.is_symlink() or not (place.is_file() or place.is_dir()):
        return
    try:
        lock = _locked(place)
    except BlockingIOError:  # its writer lives
        return
    except OSError:
        lock = None
    try:
        if lock is not None or time.time() - place.stat().st_mtime > DEAD_SECONDS:
            _delete(place)
    except OSError:  # gone meanwhile
        return
    finally:
        if lock is not None:
            os.close(lock)


def _locked(place: Path) -> int | None:
    """Hold a file or folder alone until the handle is closed; None where there are no locks.

    Raises:
        BlockingIOError: another process holds it.
        OSError: it cannot be opened, or this disk has no locks.
    """
    if fcntl is None:
        return None
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _is_at(handle: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), place.stat())
    except OSError:
        return False


def _delete(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
        return
    with contextlib.suppress(OSError):  # what stays does no harm
        place.unlink(missing_ok=True)
