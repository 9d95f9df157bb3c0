"""Augmentation in several threads: no picture knows of another, so the pixels do not depend on them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.draws import Draws
from striate.shapes import Pictures

SHARE = 8  # pictures that a thread takes at a time
WORTH = 2**14  # pixels of a picture; with smaller ones threads wait for Python's lock more than they compute


def threads_for(pictures: UInt8[Tensor, "N C H W"]) -> int:
    """How many threads are worth it for pictures of this size: as many as torch uses, or one."""
    return torch.get_num_threads() if pictures.shape[2] * pictures.shape[3] >= WORTH else 1


@contextmanager
def pool_of(threads: int) -> Iterator[ThreadPoolExecutor | None]:
    """That many threads, in each of which torch computes alone; None where there would be one.

    They end with the context, after the share that they are at.
    """
    if threads < 2:
        yield None
        return
    ours, all_here = torch.get_num_threads(), threading.Barrier(threads + 1)

    def alone() -> None:
        torch.get_num_threads()  # a thread's first question gives it torch's number; it must come first
        torch.set_num_threads(1)
        all_here.wait()

    pool = ThreadPoolExecutor(threads)
    try:
        for _ in range(threads):
            pool.submit(alone)
        all_here.wait()
        torch.set_num_threads(ours)  # a thread's own number becomes that of threads started later
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def augment(
    augmentation: Augmentation,
    pictures: UInt8[Tensor, "N C H W"],
    draws: Draws,
    rows: Int64[Tensor, " B"],
    pool: ThreadPoolExecutor | None,
) -> Pictures:
    """`augmentation` of the pictures at `rows`, in the pool's threads if there is one."""
    if pool is None:
        return augmentation(pictures, draws, rows)
    shares = [slice(at, at + SHARE) for at in range(0, max(1, len(rows)), SHARE)]
    waiting = [pool.submit(augmentation, pictures, draws[share], rows[share]) for share in shares]
    return torch.cat([share.result() for share in waiting])
