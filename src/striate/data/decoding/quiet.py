"""Pillow warns of damaged files without naming them; Striate names them itself, so Pillow stays quiet."""

import logging
import threading
import warnings
from types import TracebackType


class Quiet:
    """Ignores Pillow's warnings while any thread is inside.

    `warnings.catch_warnings` alone is not safe in threads: here the first thread in saves the filters, and
    the last one out restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\b")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._saved is not None:
                self._saved.__exit__(kind, error, trace)


pillow_quiet = Quiet()
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its warnings reach stderr
