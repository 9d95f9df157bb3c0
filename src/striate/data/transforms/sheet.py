"""What an augmentation makes of some pictures, for people to look at."""

import torch
from jaxtyping import UInt8
from torch import Tensor

from striate.data.transforms.augmentation import AUGMENTATIONS, uniform_draws
from striate.errors import UnknownName
from striate.shapes import Pictures


def augmentation_sheet(
    pictures: Pictures, name: str, seed: int = 0, epochs: int = 8
) -> UInt8[Tensor, "P E C H W"]:
    """Each picture as training would see it in `epochs` epochs.

    Args:
        pictures: (P, C, H, W), at the network's size.
        name: as in `--augment`; `none` repeats the pictures.
        seed: as in `--seed`.
        epochs: pictures in each row of the sheet.

    Raises:
        UnknownName: there is no such augmentation.
    """
    if name not in AUGMENTATIONS:
        raise UnknownName("augmentation", name, AUGMENTATIONS, f"There are {', '.join(AUGMENTATIONS)}.")
    augmentation = AUGMENTATIONS[name]
    columns = []
    for epoch in range(epochs):
        seen = pictures.float()
        if augmentation is not None:
            seen = augmentation(pictures, uniform_draws(seed, epoch, len(pictures)))
        columns.append(seen.round().clamp(0, 255).to(torch.uint8))
    return torch.stack(columns, dim=1)
