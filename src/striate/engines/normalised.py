"""A network together with its normalisation: 8-bit pictures in, so that an engine computes both at once."""

from typing import Any

import torch
from torch import nn

from striate.models.number_types import number_type
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import Pictures


class NormalisedModule(nn.Module):
    """`network` of the normalised pictures."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.preprocessing = preprocessing
        self.train(network.training)

    def forward(self, pictures: Pictures) -> Any:
        # The quick form works in place, of which the other engines know nothing.
        if torch.jit.is_tracing():  # type: ignore[attr-defined,no-untyped-call]
            scale, shift = self.preprocessing.coefficients()
            images = pictures.to(torch.float32) * scale[:, None, None] + shift[:, None, None]
        else:
            images = self.preprocessing.normalise(pictures).contiguous(memory_format=torch.channels_last)
        return self.network(images.to(number_type(self.network)))
