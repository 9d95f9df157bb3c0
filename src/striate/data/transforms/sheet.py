"""What an augmentation makes of some pictures, for people to look at."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from striate.data.transforms.draws import MIXING, uniform_draws
from striate.data.transforms.presets import make_augmentation
from striate.shapes import Pictures


def augmentation_sheet(
    pictures: Pictures, name: str | Mapping[str, Any], seed: int = 0, epochs: int = 8
) -> UInt8[Tensor, "P E C H W"]:
    """Each picture as training would see it in `epochs` epochs.

    Args:
        pictures: (P, C, H, W), at the network's size; with mixing, a picture's partner is the next one.
        name: a preset or a table, as in `--augment`; `none` repeats the pictures.
        seed: as in `--seed`.
        epochs: pictures in each row of the sheet.
    """
    augmentation = make_augmentation(name)
    columns = []
    for epoch in range(epochs):
        seen = pictures
        if augmentation is not None:
            draws = uniform_draws(seed, epoch, torch.arange(len(pictures)))
            seen = augmentation(pictures, draws)
            if augmentation.mixing is not None:
                seen, _ = augmentation.mixing(seen, seen.roll(-1, dims=0), draws[:, MIXING])
        columns.append(seen)
    return torch.stack(columns, dim=1)
