"""Locks between processes that the system lets go of when a process ends, however it ends."""

import contextlib
import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class LockBusy(OSError):
    """Another process holds the lock."""


def lock_file(path: Path, *, wait_seconds: float = 0.0) -> int:
    """Hold `path` alone, made if it is missing, until `unlock`.

    Args:
        path: a file whose content does not matter.
        wait_seconds: how long to wait for another holder, in short steps that Ctrl-C interrupts.

    Raises:
        LockBusy: somebody still holds it.
        OSError: the file cannot be made, or this disk has no locks.
    """
    until = time.monotonic() + wait_seconds
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _lock(handle)
            if _is_at(handle, path):
                return handle
            unlock(handle)  # the folder was cleared meanwhile: lock the file that is there now
        except LockBusy:
            os.close(handle)
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)
        except BaseException:
            os.close(handle)
            raise


def unlock(handle: int) -> None:
    """Let go of what `lock_file` returned."""
    os.close(handle)


def mark_in_use(handle: int) -> None:
    """Say that an open file is being read, as long as it, or a mapping of it, lives.

    Windows refuses to delete a mapped file anyway.
    """
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # a disk without locks
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_in_use(path: Path) -> bool:
    """Whether a process has marked the file as being read."""
    if sys.platform == "win32":
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _lock(handle: int) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise LockBusy(str(error)) from error


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False
