"""A head that knows where: the last maps squeezed to a few channels, and dense layers over all their places.

Pooling over all places, as classifiers do it, forgets where a feature was; a box or a point needs it.
Classes still come from the pooled maps: what a thing is should not depend on where it is.

Source: Sermanet et al., "OverFeat: Integrated Recognition, Localization and Detection using Convolutional
Networks", ICLR 2014, section 4 (a box regressed from the places of the last maps of a classifier)
Differs: a 1x1 convolution to a few channels first, and one dense layer, so that few pictures can teach it.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.models.backbone import Backbone, Map, initialise_head
from striate.models.surgery.untouched import in_eval_mode
from striate.shapes import Images

CHANNELS = 32


class SpatialHead(nn.Module):
    """Numbers from the places of a map, and beside them numbers from its mean over all places."""

    def __init__(
        self, shape: tuple[int, int, int], placed: int, pooled: int, channels: int = CHANNELS
    ) -> None:
        super().__init__()
        depth, height, width = shape
        self.squeeze = nn.Conv2d(depth, channels, kernel_size=1)
        self.norm = nn.BatchNorm2d(channels)
        self.dense = nn.Linear(channels * height * width, placed)
        self.linear = nn.Linear(depth, pooled) if pooled else None
        for layer in (self.dense, self.linear):
            if layer is not None:
                initialise_head(layer)

    def forward(self, maps: Map) -> Tensor:
        """(B, placed + pooled)."""
        squeezed = torch.relu(self.norm(self.squeeze(maps)))
        outputs: Tensor = self.dense(squeezed.flatten(1))
        if self.linear is None:
            return outputs
        return torch.cat([outputs, self.linear(maps.mean(dim=(2, 3)))], dim=1)


class WithSpatialHead(nn.Module):
    """A network of the catalogue whose last maps go to a spatial head; what made its own outputs is gone."""

    head: ClassVar[str] = "place.dense"
    cut: ClassVar[str] = "place"

    def __init__(self, trunk: nn.Module, size_chw: tuple[int, int, int], placed: int, pooled: int) -> None:
        super().__init__()
        if not isinstance(trunk, Backbone):
            raise StriateError(f"{type(trunk).__name__} has no maps that say where something is.")
        shape = _without_outputs(trunk, size_chw)
        self.strides = trunk.strides
        self.trunk = trunk
        self.place = SpatialHead(shape, placed, pooled)

    def feature_maps(self, images: Images) -> list[Map]:
        """Those of the trunk."""
        assert isinstance(self.trunk, Backbone)
        return self.trunk.feature_maps(images)

    def forward(self, images: Images) -> Tensor:
        """(B, placed + pooled)."""
        outputs: Tensor = self.place(self.feature_maps(images)[-1])
        return outputs


def _without_outputs(trunk: nn.Module, size_chw: tuple[int, int, int]) -> tuple[int, int, int]:
    """Remove the modules that the maps do not need, and give the shape of the last map of one picture."""
    assert isinstance(trunk, Backbone)
    used: set[str] = set()
    handles = [
        module.register_forward_hook(lambda *_, name=name: used.add(name))
        for name, module in trunk.named_modules()
        if name
    ]
    try:
        with in_eval_mode(trunk), torch.no_grad():
            last = trunk.feature_maps(torch.zeros(1, *size_chw))[-1]
    finally:
        for handle in handles:
            handle.remove()
    for name, child in list(trunk.named_children()):
        inside = any(known == name or known.startswith(f"{name}.") for known in used)
        if not inside and any(True for _ in child.parameters()):
            trunk.set_submodule(name, nn.Identity())
    depth, height, width = last.shape[1:]
    return depth, height, width
