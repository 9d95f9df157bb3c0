"""Only one process writes a run. The system releases the lock of a process that dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from striate.errors import StriateError
from striate.runs.folder import RunFolder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def only_writer(folder: RunFolder) -> Iterator[None]:
    """Hold the run while the context lasts; the file `format`, which never changes, carries the lock.

    Raises:
        StriateError: another process holds it.
    """
    with (folder / "format").open("rb") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StriateError(
                    f"{folder.path} is being trained by another process; wait for its end, or stop it first."
                ) from error
        yield
