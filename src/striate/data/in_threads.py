"""Work on many pieces in a few threads, results in the order of the pieces."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

P = TypeVar("P")
R = TypeVar("R")

_AHEAD = 4  # pieces a thread that may wait for their turn: results must not pile up


def in_threads(
    work: Callable[[P, threading.Event], R], pieces: Iterable[P], workers: int | None = None
) -> Iterator[R]:
    """`work` on every piece. Threads share the memory; each computes alone, without torch's own threads.

    Args:
        work: receives a piece, and an event that is set when the caller stopped (Ctrl-C): it should then
            return soon.
        pieces: of which only a few are taken ahead of the results.
        workers: how many threads; None is one a core.
    """
    workers = workers or os.cpu_count() or 1
    stopped, threads = threading.Event(), torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
    waiting: deque[Future[R]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece, stopped))
            if len(waiting) >= _AHEAD * workers:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # a thread's own setting becomes that of threads started later


def _result(future: Future[R]) -> R:
    """Wait in short steps: on Windows a wait without an end does not hear Ctrl-C."""
    while True:
        try:
            return future.result(timeout=0.2)
        except TimeoutError:
            if future.done():  # the work's own, not the wait's
                raise
