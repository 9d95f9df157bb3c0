"""Only one process writes a run. The system releases the lock of a process that dies."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from striate.errors import StriateError
from striate.files.file_lock import LockBusy, lock_file, unlock
from striate.runs.folder import RunFolder

LOCK = ".lock"  # a file of its own: Windows lets nobody read what is locked


@contextmanager
def only_writer(folder: RunFolder) -> Iterator[None]:
    """Hold the run while the context lasts.

    Raises:
        StriateError: another process holds it, or its disk has no locks.
    """
    path = folder / LOCK
    try:
        lock = lock_file(path)
    except LockBusy as error:
        raise StriateError(
            f"{folder.path} is being trained by another process; wait for its end, or stop it first."
        ) from error
    except OSError as error:
        raise StriateError(
            f"{folder.path} cannot be locked against a second writer ({error.strerror or error}); "
            "have the run on another disk."
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows does not delete what is open
            path.unlink()
        unlock(lock)
