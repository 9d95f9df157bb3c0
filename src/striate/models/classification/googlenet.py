"""GoogLeNet: filters of several sizes side by side, 1x1 convolutions before the dear ones.

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, table 1
Differs: `googlenet_2014` starts as BVLC's Caffe network (Xavier, biases 0.2), because the paper gives no
start; its auxiliary pooling adapts to 4x4 when the picture is not of 224x224 pixels. `googlenet` is
torchvision's, whose differences its class lists.
"""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from striate.layers.branches import Branches
from striate.layers.conv_norm import ConvNormReLU
from striate.models.auxiliary import WithAuxiliary
from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

# Table 1: input channels; 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection.
MODULES = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}
AUXILIARY_WEIGHT = 0.3  # section 5


class ConvReLU(nn.Module):
    """A convolution with bias and ReLU; a stride of 1 keeps the size."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride, padding=kernel // 2)
        self.relu = nn.ReLU()

    def forward(self, maps: Map) -> Map:
        activated: Tensor = self.relu(self.conv(maps))
        return activated


class AuxiliaryHead(nn.Module):
    """Average pooling, 1x1 convolution, two dense layers on an inner map (section 5)."""

    def __init__(self, unit: type[ConvReLU | ConvNormReLU], before: int, num_classes: int) -> None:
        super().__init__()
        self.conv = unit(before, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, pooled: Map) -> Logits:  # (B, C, 4, 4)
        logits: Tensor = self.fc2(self.dropout(self.relu(self.fc1(self.conv(pooled).flatten(1)))))
        return logits


class GoogLeNet2014(nn.Module):
    """The paper's: no batch normalisation, local response normalisation around the second convolutions."""

    head: ClassVar[str] = "fc"
    auxiliary_heads: ClassVar[tuple[str, ...]] = ("aux1.fc2", "aux2.fc2")
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    unit: ClassVar[type[ConvReLU | ConvNormReLU]] = ConvReLU
    widest_kernel: ClassVar[int] = 5
    last_pool: ClassVar[int] = 3
    drop: ClassVar[float] = 0.4

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv1 = self.unit(in_channels, 64, 7, stride=2)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm1 = self._norm()
        self.conv2 = self.unit(64, 64, 1)
        self.conv3 = self.unit(64, 192, 3)
        self.norm2 = self._norm()
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        for name, row in MODULES.items():
            self.add_module(name, _module(self.unit, self.widest_kernel, row))
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.maxpool4 = nn.MaxPool2d(self.last_pool, stride=2, ceil_mode=True)
        self.aux1 = AuxiliaryHead(self.unit, 512, num_classes)
        self.aux2 = AuxiliaryHead(self.unit, 528, num_classes)
        self.dropout = nn.Dropout(self.drop)
        self.fc = nn.Linear(1024, num_classes)
        self._initialise()
        for last in (self.aux1.fc2, self.aux2.fc2, self.fc):
            initialise_head(last)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 192, 480, 832, 1024 channels: conv3 and modules 3b, 4e, 5b."""
        return self._run(images)[0]

    def forward(self, images: Images) -> Logits | WithAuxiliary:
        maps, inner = self._run(images)
        logits: Tensor = self.fc(self.dropout(maps[-1].mean(dim=(2, 3))))
        if not self.training:
            return logits
        heads = zip((self.aux1, self.aux2), inner, strict=True)
        auxiliary = tuple(head(self._pool_for_auxiliary(found)) for head, found in heads)
        return WithAuxiliary(logits, auxiliary, AUXILIARY_WEIGHT)

    def _run(self, images: Images) -> tuple[list[Map], list[Map]]:
        """The feature maps, and the outputs of 4a and 4d, which the auxiliary heads read."""
        at4 = self.conv3(self.conv2(self.norm1(self.maxpool1(self.conv1(images)))))
        at8 = self._through(("3a", "3b"), self.maxpool2(self.norm2(at4)))
        at16 = self._through(("4a",), self.maxpool3(at8))
        inner = [at16, self._through(("4b", "4c", "4d"), at16)]
        at16 = self._through(("4e",), inner[-1])
        at32 = self._through(("5a", "5b"), self.maxpool4(at16))
        return [at4, at8, at16, at32], inner

    def _through(self, numbers: tuple[str, ...], maps: Map) -> Map:
        for number in numbers:
            maps = self.get_submodule(f"inception{number}")(maps)
        return maps

    def _norm(self) -> nn.Module:
        return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)

    def _pool_for_auxiliary(self, maps: Map) -> Map:
        """5x5 windows with stride 3, which make 4x4 of 14x14; any other size is brought to 4x4."""
        if min(maps.shape[2:]) >= 5:
            maps = F.avg_pool2d(maps, 5, stride=3)
        return F.adaptive_avg_pool2d(maps, 4)

    def _initialise(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.constant_(layer.bias, 0.2)


class GoogLeNet(GoogLeNet2014):
    """torchvision's, number for number.

    It has batch normalisation in place of local response normalisation and biases; 3x3 filters where the
    paper has 5x5 (a slip that became permanent); 2x2 windows in the last max pooling; less dropout; auxiliary
    pooling that adapts to 4x4. Its weights read pictures as (x - 0.5) / 0.5; torchvision converts inside the
    network (`transform_input`), here the weights' preprocessing says so (see weights.py).
    """

    unit = ConvNormReLU
    widest_kernel = 3
    last_pool = 2
    drop = 0.2

    def _norm(self) -> nn.Module:
        return nn.Identity()

    def _pool_for_auxiliary(self, maps: Map) -> Map:
        return F.adaptive_avg_pool2d(maps, 4)

    def _initialise(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.01)


def _module(unit: type[ConvReLU | ConvNormReLU], widest_kernel: int, row: tuple[int, ...]) -> Branches:
    """Figure 2 (b): dimension reductions before 3x3 and 5x5, a projection after the pooling."""
    before, ones, reduce3, threes, reduce5, fives, projected = row
    return Branches(
        {
            "branch1": unit(before, ones, 1),
            "branch2": nn.Sequential(unit(before, reduce3, 1), unit(reduce3, threes, 3)),
            "branch3": nn.Sequential(unit(before, reduce5, 1), unit(reduce5, fives, widest_kernel)),
            "branch4": nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), unit(before, projected, 1)),
        }
    )


def googlenet_2014(num_classes: int = 1000, in_channels: int = 3) -> GoogLeNet2014:
    """GoogLeNet as published: 6,998,552 parameters, and 6,379,728 of the two auxiliary heads."""
    return GoogLeNet2014(num_classes, in_channels)


def googlenet(num_classes: int = 1000, in_channels: int = 3) -> GoogLeNet:
    """GoogLeNet as torchvision has it, number for number."""
    return GoogLeNet(num_classes, in_channels)
