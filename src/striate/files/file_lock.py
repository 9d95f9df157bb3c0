"""Locks between processes that the system lets go of when a process ends, however it ends."""

import contextlib
import os
import sys
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

if sys.platform != "win32":
    import fcntl


class LockBusy(OSError):
    """Another process holds the lock."""


def lock_file(path: Path, *, wait_seconds: float = 0.0) -> BaseFileLock:
    """Hold `path` alone, made if it is missing, until `unlock`.

    Args:
        path: a file whose content does not matter; on Windows nobody else can read it meanwhile.
        wait_seconds: how long to wait for another holder, in short steps that Ctrl-C interrupts.

    Raises:
        LockBusy: somebody still holds it.
        OSError: the file cannot be made, or this disk has no locks.
    """
    lock = FileLock(
        path, timeout=wait_seconds, mode=0o600, poll_interval=0.05, thread_local=False, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout as error:
        raise LockBusy(str(error)) from error
    return lock


def unlock(lock: BaseFileLock) -> None:
    """Let go of what `lock_file` returned."""
    lock.release()


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
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a named pipe would wait for ever
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
