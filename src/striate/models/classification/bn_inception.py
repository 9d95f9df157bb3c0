"""BN-Inception: GoogLeNet with batch normalisation, two 3x3 convolutions for every 5x5.

Source: Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift", ICML 2015, arXiv:1502.03167, section 4.2 and figure 5
Differs: figure 5 contradicts itself in 4c and 4d: pools projected to 128 channels would give 608, its column
of outputs says 576. Here they are projected to 96, which gives 576, as in Google's code; the Caffe network
follows the projections (with biases and an ordinary 7x7 stem 11,295,240 parameters). Neither has the 13.6
million parameters of section 4.2, which speaks of up to 128 filters where the figure has 256, nor the 25 %
above GoogLeNet of the appendix (8.7 million). Weights start as He et al. 2015; the paper gives no start.
"""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.layers.branches import Branches
from striate.layers.conv_norm import ConvNormReLU, chain
from striate.models.backbone import Map, initialise_head
from striate.shapes import Images, Logits

# Figure 5: 1x1; 3x3 reduce, 3x3; double 3x3 reduce, double 3x3; pooling and its projection.
# The rows without 1x1 have stride 2 and pass the pooled maps through.
MODULES = (
    (64, 64, 64, 64, 96, "avg", 32),  # 3a
    (64, 64, 96, 64, 96, "avg", 64),
    (0, 128, 160, 64, 96, "max", 0),
    (224, 64, 96, 96, 128, "avg", 128),  # 4a
    (192, 96, 128, 96, 128, "avg", 128),
    (160, 128, 160, 128, 160, "avg", 96),  # the figure: 128
    (96, 128, 192, 160, 192, "avg", 96),  # the figure: 128
    (0, 128, 192, 192, 256, "max", 0),
    (352, 192, 320, 160, 224, "avg", 128),  # 5a
    (352, 192, 320, 192, 224, "max", 128),
)
DEPTH_MULTIPLIER = 8


class BNInception(nn.Module):
    """A separable 7x7 stem, a 3x3 convolution, ten modules, global average pooling, one dense layer."""

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        several = in_channels * DEPTH_MULTIPLIER
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, several, 7, stride=2, padding=3, groups=in_channels, bias=False),
            ConvNormReLU(several, 64, 1),
            nn.MaxPool2d(3, stride=2, padding=1),
            chain(64, (64, 1), (192, 3)),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        before = 192
        for row in MODULES:
            self.features.append(_module(before, *row))
            ones, _, threes, _, doubles, _, projected = row
            before = ones + threes + doubles + (projected or before)
        self.fc = nn.Linear(before, num_classes)
        for layer in self.features.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        initialise_head(self.fc)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 192, 320, 576, 1024 channels: the last before each halving."""
        maps = [images]
        for first, end in pairwise((0, 4, 7, 12, 15)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 1024, H/32, W/32)
        logits: Tensor = self.fc(last.mean(dim=(2, 3)))
        return logits


def _module(
    before: int,
    ones: int,
    reduce3: int,
    threes: int,
    reduce_double: int,
    doubles: int,
    pooling: str,
    projected: int,
) -> Branches:
    if not ones:
        return Branches(
            {
                "branch2": nn.Sequential(
                    ConvNormReLU(before, reduce3, 1), ConvNormReLU(reduce3, threes, 3, stride=2)
                ),
                "branch3": nn.Sequential(
                    chain(before, (reduce_double, 1), (doubles, 3)),
                    ConvNormReLU(doubles, doubles, 3, stride=2),
                ),
                "branch4": nn.MaxPool2d(3, stride=2, padding=1),
            }
        )
    pool = nn.AvgPool2d if pooling == "avg" else nn.MaxPool2d
    return Branches(
        {
            "branch1": ConvNormReLU(before, ones, 1),
            "branch2": chain(before, (reduce3, 1), (threes, 3)),
            "branch3": chain(before, (reduce_double, 1), (doubles, 3), (doubles, 3)),
            "branch4": nn.Sequential(pool(3, stride=1, padding=1), ConvNormReLU(before, projected, 1)),
        }
    )


def bn_inception(num_classes: int = 1000, in_channels: int = 3) -> BNInception:
    """BN-Inception after the paper's table of filters, 11,188,288 parameters."""
    return BNInception(num_classes, in_channels)
