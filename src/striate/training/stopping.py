"""Ctrl-C ends a training between two steps, with everything saved; a second one ends it at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from striate.training.recorder import Recorder


@contextmanager
def stopping_between_steps(recorder: Recorder) -> Iterator[None]:
    """While the context lasts, the first Ctrl-C sets `recorder.stop`, the next one does what it did before.

    Only the main thread may listen to signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        recorder.stop = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
