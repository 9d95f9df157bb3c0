"""COCO's run-length masks: lengths of runs down the columns, and the text that pycocotools makes of them.

Source: pycocotools, common/maskApi.c, for the form of the text: each length is the difference to the one two
before it (from the fourth on), in groups of 5 bits with a sign, lowest first, as characters from `0` on.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

MOST_RUNS = 10_000_000  # of one mask


def runs_of(mask: Bool[np.ndarray, "H W"]) -> list[int]:
    """Lengths of the runs of a mask, column by column; the first one is of what is outside, maybe 0."""
    flat = mask.T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(flat)]])
    lengths: list[int] = np.diff(edges).tolist()
    return [0, *lengths] if len(flat) and flat[0] else lengths


def mask_of(runs: Sequence[int], size_hw: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The mask that has these runs.

    Raises:
        ValueError: they do not make up `size_hw`.
    """
    height, width = size_hw
    if any(length < 0 for length in runs) or sum(runs) != height * width:
        raise ValueError(f"the runs of a mask have {sum(runs):,} pixels; its picture has {height * width:,}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def text_of(runs: Sequence[int]) -> str:
    """Runs as the text that COCO calls `counts`."""
    signs: list[str] = []
    for at, length in enumerate(runs):
        value = length - (runs[at - 2] if at > 2 else 0)
        more = True
        while more:
            low = value & 0x1F
            value >>= 5
            more = value != (-1 if low & 0x10 else 0)
            signs.append(chr((low | (0x20 if more else 0)) + 48))
    return "".join(signs)


def runs_in(text: str) -> list[int]:
    """The runs that a text of COCO stands for.

    Raises:
        ValueError: it is cut short, or has other characters.
    """
    runs: list[int] = []
    value = shift = 0
    for sign in text:
        code = ord(sign) - 48
        if not 0 <= code < 64 or shift > 60 or len(runs) > MOST_RUNS:
            raise ValueError("the text of a mask is damaged")
        value |= (code & 0x1F) << shift
        shift += 5
        if not code & 0x20:
            if code & 0x10:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("the text of a mask is cut short")
    return runs
