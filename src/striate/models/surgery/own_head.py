"""A network of the catalogue under a task's own head, which reads its last maps instead of pooled features.

Pooling over all places, as classifiers do it, forgets where a feature was; a box or a point needs it.
"""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.models.backbone import Backbone, Map
from striate.models.surgery.untouched import in_eval_mode
from striate.shapes import Images

MakeHead = Callable[
    [int, int | None], nn.Module
]  # channels of the coarse and of the fine map, if there is one


class OwnHead(nn.Module):
    """A trunk and a head of its last two sizes of maps; what made the trunk's own outputs is gone.

    Attributes:
        head: dotted name of the layer that makes the outputs.
        cut: dotted name of everything behind the trunk.
    """

    head: ClassVar[str] = "place.outputs"
    cut: ClassVar[str] = "place"

    def __init__(self, trunk: nn.Module, size_chw: tuple[int, int, int], make: MakeHead) -> None:
        super().__init__()
        if not isinstance(trunk, Backbone):
            raise StriateError(f"{type(trunk).__name__} has no maps that say where something is.")
        coarse, fine = two_maps(_without_outputs(trunk, size_chw))
        self.strides = trunk.strides
        self.trunk = trunk
        self.place = make(coarse.shape[1], None if fine is None else fine.shape[1])

    def feature_maps(self, images: Images) -> list[Map]:
        """Those of the trunk."""
        assert isinstance(self.trunk, Backbone)
        return self.trunk.feature_maps(images)

    def forward(self, images: Images) -> Tensor:
        """What the head makes of the maps, a row a picture."""
        outputs: Tensor = self.place(*two_maps(self.feature_maps(images)))
        return outputs


def two_maps(maps: list[Map]) -> tuple[Map, Map | None]:
    """The last map, and the last one before it that is finer; None where all have one size."""
    coarse = maps[-1]
    finer = [one for one in maps[:-1] if one.shape[2] > coarse.shape[2] and one.shape[3] > coarse.shape[3]]
    return coarse, finer[-1] if finer else None


def _without_outputs(trunk: nn.Module, size_chw: tuple[int, int, int]) -> list[Map]:
    """Remove the modules that the maps do not need, and give the maps of a black picture."""
    assert isinstance(trunk, Backbone)
    used: set[str] = set()
    handles = [
        module.register_forward_hook(lambda *_, name=name: used.add(name))
        for name, module in trunk.named_modules()
        if name
    ]
    try:
        with in_eval_mode(trunk), torch.no_grad():
            maps = trunk.feature_maps(torch.zeros(1, *size_chw))
    finally:
        for handle in handles:
            handle.remove()
    for name, child in list(trunk.named_children()):
        inside = any(known == name or known.startswith(f"{name}.") for known in used)
        if not inside and any(True for _ in child.parameters()):
            trunk.set_submodule(name, nn.Identity())
    return maps
