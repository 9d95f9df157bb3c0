"""Batches whose pictures change their side from batch to batch, so that a network learns several sizes.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 3.1, draws the side S
of every picture; Redmon and Farhadi, "YOLO9000", CVPR 2017, section 2, that of a batch, as is done here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from striate.data.sample import Batch, Known
from striate.data.transforms.truths import moved_truth
from striate.hyperparameters import Number


class MultiScale:
    """The batches of `batches`, each with its side times one of `scales`.

    Which one follows from (seed, epoch, batch) and from nothing else.
    """

    def __init__(self, batches: Any, scales: Sequence[Number], seed: int) -> None:
        self.batches, self.scales, self.seed = batches, tuple(scales), seed

    def __len__(self) -> int:
        return len(self.batches)

    def scale(self, epoch: int, number: int) -> float:
        """The factor of batch `number` of an epoch."""
        drawn = np.random.SeedSequence([self.seed, 6, epoch, number]).generate_state(1)
        return float(self.scales[int(drawn[0]) % len(self.scales)])

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        for place, batch in enumerate(self.batches.epoch(number, first), first):
            sides = [max(1, round(side * self.scale(number, place))) for side in batch.pictures.shape[-2:]]
            if sides == list(batch.pictures.shape[-2:]):
                yield batch
            else:
                pictures = F.interpolate(batch.pictures.float(), sides, mode="bilinear", antialias=True)
                yield replace(batch, pictures=pictures, known=_resized(batch, sides))


def _resized(batch: Batch, sides: Sequence[int]) -> Known:
    """Truths at another size of the input."""
    (height, width), (tall, wide) = batch.pictures.shape[-2:], sides
    matrix = torch.tensor([[wide / width, 0, 0], [0, tall / height, 0]], dtype=torch.float64)
    return batch.known.with_truths(tuple(moved_truth(t, matrix, (tall, wide)) for t in batch.truths))
