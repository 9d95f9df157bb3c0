"""Random numbers that belong to (seed, use, epoch, picture) and to nothing else.

A hash turns the four into uniform numbers: there is no table to keep and no state to replay. So neither batch
size nor order nor the number of processes changes what happens to a picture, and a resumed training sees what
the unbroken one would have.

Source: the hash is SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
"""

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt64
from torch import Tensor

from striate.errors import StriateError

STREAMS = ("order", "augmentation", "weights", "head", "split", "dropout")  # new ones at the end

# Of a picture in an epoch; a new change takes free ones, so that the others stay as they are.
NUMBERS = 64
GEOMETRY = slice(0, 11)
CROP = slice(16, 38)
COLOUR = slice(40, 44)
ERASING = slice(44, 50)
MIXING = slice(52, 56)

_REPETITION = 2**42  # counters between a picture's first showing in an epoch and its second

Draws = Float[Tensor, "B 64"]


def stream_seed(seed: int, stream: str, number: int = 0) -> int:
    """A seed for one use of randomness, independent of the other uses and of other numbers.

    Raises:
        StriateError: the seed is negative.
    """
    if seed < 0:
        raise StriateError(f"--seed {seed} is negative; give 0 or more.")
    state = np.random.SeedSequence([seed, STREAMS.index(stream), number]).generate_state(1, np.uint64)
    return int(state[0]) % 2**63


def uniform_draws(
    seed: int, epoch: int, rows: Int64[Tensor, " B"], repeated: Int64[Tensor, " B"] | None = None
) -> Draws:
    """Numbers in [0, 1) for the augmentation of the pictures at `rows` of a data set, (B, 64).

    Args:
        seed: of the training.
        epoch: of the training.
        rows: below 2**36.
        repeated: how many times the epoch has shown each before; none if not given.
    """
    key = stream_seed(seed, "augmentation", epoch)
    counters = rows.numpy().astype(np.uint64)[:, None] * np.uint64(NUMBERS) + np.arange(
        NUMBERS, dtype=np.uint64
    )
    if repeated is not None:
        counters += repeated.numpy().astype(np.uint64)[:, None] * np.uint64(_REPETITION)
    bits = split_mix(key, counters)
    return torch.from_numpy((bits >> np.uint64(40)).astype(np.float32) / np.float32(2**24))


def split_mix(key: int, counters: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The `counters`-th outputs, counted from 0, of the SplitMix64 generator that `key` seeds."""
    z = np.uint64(key) + (counters + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
