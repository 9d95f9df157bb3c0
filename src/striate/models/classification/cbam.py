"""CBAM: every block weighs its channels, then its places.

Source: Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018, arXiv:1807.06521, section 3
Differs: the norm of the spatial weights starts at 1; the authors' code starts it at 0, so that the
convolution before it learns from the second step on. Names of weights are those of timm's CbamModule.
"""

import torch
from torch import Tensor, nn

from striate.models.backbone import Map
from striate.models.classification.resnet import Bottleneck, ResNet

REDUCTION = 16  # the paper's r
SIDE = 7  # of the convolution that weighs places, the paper's best


class ChannelAttention(nn.Module):
    """Averages and maxima of all channels through the same two dense layers, summed (equation 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // REDUCTION, 1)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // REDUCTION, channels, 1)

    def forward(self, maps: Map) -> Map:
        average, largest = maps.mean(dim=(2, 3), keepdim=True), maps.amax(dim=(2, 3), keepdim=True)
        weights: Tensor = self.fc2(self.relu(self.fc1(average))) + self.fc2(self.relu(self.fc1(largest)))
        return maps * weights.sigmoid()  # (B, C, 1, 1) for all places


class SpatialAttention(nn.Module):
    """Averages and maxima over channels, one 7x7 convolution with batch normalisation (equation 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential()
        self.conv.add_module("conv", nn.Conv2d(2, 1, SIDE, padding=SIDE // 2, bias=False))
        self.conv.add_module("bn", nn.BatchNorm2d(1))

    def forward(self, maps: Map) -> Map:
        both = torch.cat([maps.mean(dim=1, keepdim=True), maps.amax(dim=1, keepdim=True)], dim=1)
        weights: Tensor = self.conv(both).sigmoid()  # (B, 1, H, W) for all channels
        return maps * weights


class Attention(nn.Module):
    """First what to look at, then where: the better order (table 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels)
        self.spatial = SpatialAttention()

    def forward(self, maps: Map) -> Map:
        weighed: Tensor = self.spatial(self.channel(maps))
        return weighed


class AttentionBottleneck(Bottleneck):
    """A bottleneck whose correction is weighed before it is added (figure 3)."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, stride)
        self.se = Attention(width * self.expansion)  # timm's name for any attention here

    def correction(self, maps: Map) -> Map:
        """What is added to the shortcut, channels and places weighed."""
        weighed: Tensor = self.se(super().correction(maps))
        return weighed


def cbam_resnet50(num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50 with CBAM in every block."""
    return ResNet(AttentionBottleneck, (3, 4, 6, 3), num_classes, in_channels)
