"""A network of the catalogue under a task's own head, which reads its last maps instead of pooled features.

Pooling over all places, as classifiers do it, forgets where a feature was; a box or a point needs it.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.models.backbone import Backbone, Map
from striate.models.surgery.untouched import in_eval_mode
from striate.shapes import Images

MakeHead = Callable[[Sequence[int]], nn.Module]  # from the depths of its maps, from coarse to fine
TRUNK = "trunk."  # what names of the catalogue's tensors begin with under an own head
SIZES = 3  # of maps that a head reads: strides 32, 16 and 8 in most networks


class OwnHead(nn.Module):
    """A trunk and a head of its last sizes of maps; what made the trunk's own outputs is gone.

    Attributes:
        head: dotted name of the layer that makes the outputs.
        cut: dotted name of everything behind the trunk.
    """

    def __init__(
        self,
        trunk: nn.Module,
        size_chw: tuple[int, int, int],
        make: MakeHead,
        *,
        sizes: int = SIZES,
        cut: str = "place",
        last: str = "outputs",
    ) -> None:
        """Take the trunk over and make the head.

        Args:
            trunk: of the catalogue; loses what only its own outputs need.
            size_chw: of the input.
            make: the head, from the depths of the maps that it reads, coarsest first.
            sizes: how many sizes of maps it reads: 4 reach stride 4 in most networks, which masks need.
            cut: what the head is called among the tensors.
            last: the name in the head of the layer that makes the outputs.
        """
        super().__init__()
        if not isinstance(trunk, Backbone):
            raise StriateError(f"{type(trunk).__name__} has no maps that say where something is.")
        self.sizes, self.cut, self.head = sizes, cut, f"{cut}.{last}"
        maps = last_sizes(_without_outputs(trunk, size_chw), sizes)
        self.strides = trunk.strides
        self.trunk = trunk
        self.add_module(cut, make([one.shape[1] for one in maps]))

    def feature_maps(self, images: Images) -> list[Map]:
        """Those of the trunk."""
        assert isinstance(self.trunk, Backbone)
        return self.trunk.feature_maps(images)

    def forward(self, images: Images) -> Tensor | tuple[Tensor, ...]:
        """What the head makes of the maps, a row a picture; in training mode with all that its step reads."""
        maps = last_sizes(self.feature_maps(images), self.sizes)
        outputs: Tensor | tuple[Tensor, ...] = self.get_submodule(self.cut)(maps)
        return outputs


def catalogues(tensors: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Tensors for the catalogue's `network`; of one under an own head only the trunk's are taken."""
    if not any(name.startswith(TRUNK) for name in tensors):
        return dict(tensors)
    trunk = {name.removeprefix(TRUNK): one for name, one in tensors.items() if name.startswith(TRUNK)}
    return {name: trunk.get(name, one.clone()) for name, one in network.state_dict().items()}


def last_sizes(maps: Sequence[Map], sizes: int = SIZES) -> list[Map]:
    """The last map of each of the coarsest sizes, so many at most, from coarse to fine."""
    found: list[Map] = []
    for one in reversed(maps):
        if not found or (one.shape[2] > found[-1].shape[2] and one.shape[3] > found[-1].shape[3]):
            found.append(one)
    return found[:sizes]


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
