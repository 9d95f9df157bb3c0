"""The head of a localiser: it looks at one place, and says there what it is and how large.

Every cell of the map gives all numbers, the middle of the box relative to itself; a softmax over the cells
says which of them count. So an object is told in the same way wherever it is, which few pictures can teach.
Classes are read off the coarse map at the same place, not off the mean of the picture.

Source: Sermanet et al., "OverFeat: Integrated Recognition, Localization and Detection using Convolutional
Networks", ICLR 2014, section 4 (class and box from every place of a classifier's last maps)
Differs: the places are weighted by a softmax, not merged box by box, as there is one object.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from striate.layers.looking import JoinedMaps, mean_places
from striate.losses.localisation import FIRST_CLASS
from striate.models.backbone import Backbone, Map, initialise_head
from striate.shapes import Images, Logits

CHANNELS = 128
USUAL_SIDE = 0.3  # of a box, as a share of the picture's: where training begins


class ClassScores(nn.Module):
    """The classes' logits alone: what heat maps explain."""

    head: ClassVar[str] = "network.place.classes"

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.strides = network, network.strides

    def feature_maps(self, images: Images) -> list[Map]:
        """Those of the network."""
        assert isinstance(self.network, Backbone)
        return self.network.feature_maps(images)

    def forward(self, images: Images) -> Logits:
        """(B, K)."""
        logits: Logits = self.network(images)[:, FIRST_CLASS:]
        return logits


class Looked(NamedTuple):
    """What the head says while it learns, (B, 5 + K), and how it weights the cells, (B, h, w)."""

    outputs: Tensor
    weights: Tensor


class LocateHead(nn.Module):
    """From maps, coarsest first, to (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_K); p_c and classes are logits."""

    def __init__(self, depths: Sequence[int], classes: int) -> None:
        super().__init__()
        self.maps, self.kinds = JoinedMaps(depths, CHANNELS), JoinedMaps(depths, CHANNELS)
        self.scores = nn.Conv2d(CHANNELS, 1, kernel_size=1)
        self.outputs = nn.Conv2d(CHANNELS, FIRST_CLASS, kernel_size=1)
        self.classes = nn.Conv2d(CHANNELS, classes, kernel_size=1)
        for layer in (self.scores, self.outputs, self.classes):
            initialise_head(layer)
        assert self.outputs.bias is not None
        nn.init.constant_(self.outputs.bias[3:], USUAL_SIDE)

    def forward(self, maps: Sequence[Map]) -> Tensor | Looked:
        """(B, 5 + K); in training mode with the weights of the places."""
        hidden, kinds = self.maps(maps), self.kinds(maps)
        height, width = hidden.shape[2:]
        weights = self.scores(hidden).flatten(2).softmax(dim=2)  # (B, 1, L)
        said = (self.outputs(hidden).flatten(2) * weights).sum(dim=2)  # (B, 5)
        seen = (self.classes(kinds).flatten(2) * weights).sum(dim=2)
        middle = mean_places(weights, height, width)[:, 0]
        outputs = torch.cat([said[:, :1], said[:, 1:3] + middle, said[:, 3:], seen], dim=1)
        return Looked(outputs, weights.unflatten(2, (height, width))[:, 0]) if self.training else outputs
