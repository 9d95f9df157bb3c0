"""Xception: Inception taken to its end, every channel filtered alone, then mixed with 1x1.

Source: Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017, arXiv:1610.02357,
figure 5
Differs: pools pad both sides alike (Keras puts the odd row last), as the published PyTorch weights do. The
start is Glorot and Bengio 2010, Keras's default (the paper gives none). Names of weights are timm's.
"""

from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits


class SeparableConv2d(nn.Module):
    """3x3 on every channel alone, then 1x1 over all channels; nothing between them (section 4.7)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
        self.pointwise = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, maps: Map) -> Map:
        mixed: Tensor = self.pointwise(self.conv1(maps))
        return mixed


class Block(nn.Module):
    """Separable convolutions around a shortcut; a halving block pools, and its shortcut is a strided 1x1."""

    def __init__(
        self, before: int, widths: tuple[int, ...], *, halving: bool, starts_with_relu: bool
    ) -> None:
        super().__init__()
        after = widths[-1]
        self.skip: nn.Module = nn.Identity()
        self.skipbn: nn.Module = nn.Identity()
        if halving:
            self.skip = nn.Conv2d(before, after, 1, stride=2, bias=False)
            self.skipbn = nn.BatchNorm2d(after)
        self.rep = nn.Sequential()
        for number, width in enumerate(widths):
            if starts_with_relu or number:
                self.rep.append(nn.ReLU())
            self.rep.append(SeparableConv2d(before, width))
            self.rep.append(nn.BatchNorm2d(width))
            before = width
        if halving:
            self.rep.append(nn.MaxPool2d(3, stride=2, padding=1))

    def forward(self, maps: Map) -> Map:
        after: Tensor = self.rep(maps) + self.skipbn(self.skip(maps))
        return after


class Xception(nn.Module):
    """Entry flow, eight middle blocks of 728 channels, exit flow, global average pooling, one dense layer."""

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.act2 = nn.ReLU()
        self.block1 = Block(64, (128, 128), halving=True, starts_with_relu=False)
        self.block2 = Block(128, (256, 256), halving=True, starts_with_relu=True)
        self.block3 = Block(256, (728, 728), halving=True, starts_with_relu=True)
        for number in range(4, 12):
            middle = Block(728, (728, 728, 728), halving=False, starts_with_relu=True)
            self.add_module(f"block{number}", middle)
        self.block12 = Block(728, (728, 1024), halving=True, starts_with_relu=True)
        self.conv3 = SeparableConv2d(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.act3 = nn.ReLU()
        self.conv4 = SeparableConv2d(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.act4 = nn.ReLU()
        self.dropout = nn.Dropout(0.5)  # section 4.2, on ImageNet
        self.fc = nn.Linear(2048, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight)
        initialise_head(self.fc)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 128, 256, 728, 2048 channels; only the last is rectified."""
        found = self.act1(self.bn1(self.conv1(images)))
        found = self.act2(self.bn2(self.conv2(found)))
        at4 = self.block1(found)
        at8 = self.block2(at4)
        at16 = self.block3(at8)
        for number in range(4, 12):
            at16 = self.get_submodule(f"block{number}")(at16)
        found = self.act3(self.bn3(self.conv3(self.block12(at16))))
        return [at4, at8, at16, self.act4(self.bn4(self.conv4(found)))]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 2048, H/32, W/32)
        logits: Tensor = self.fc(self.dropout(last.mean(dim=(2, 3))))
        return logits


def xception(num_classes: int = 1000, in_channels: int = 3) -> Xception:
    """Xception, 22,855,952 parameters."""
    return Xception(num_classes, in_channels)
