"""Network in Network: every convolution is followed by 1x1 convolutions; the last maps are the classes.

Source: Lin, Chen and Yan, "Network In Network", ICLR 2014, arXiv:1312.4400, figure 2; widths of the CIFAR-10
network are those of the authors' released definition
Differs: nothing known. A rectifier follows the last 1x1 convolution too (equation 2), so logits are never
negative.
"""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from striate.models.backbone import Map
from striate.shapes import Images, Logits


class NetworkInNetwork(nn.Module):
    """Three blocks of one spatial and two 1x1 convolutions; global average pooling for dense layers.

    The last feature map is what the convolution that makes the classes reads.
    """

    head: ClassVar[str] = "features.20"
    strides: ClassVar[tuple[int, ...]] = (2, 4, 4)

    def __init__(self, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_mlpconv(in_channels, (192, 160, 96), kernel=5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.Dropout(0.5),
            *_mlpconv(96, (192, 192, 192), kernel=5),
            nn.AvgPool2d(3, stride=2, ceil_mode=True),
            nn.Dropout(0.5),
            *_mlpconv(192, (192, 192), kernel=3),
        )
        self.features.append(nn.Conv2d(192, num_classes, kernel_size=1))
        self.features.append(nn.ReLU())
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.05)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def feature_maps(self, images: Images) -> list[Map]:
        """After the two pools (96 and 192 channels), and the 192 maps before the classes; strides 2, 4, 4."""
        maps = [images]
        for first, end in pairwise((0, 7, 15, 20)):
            maps.append(self.features[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]
        logits: Tensor = self.features[20:](last).mean(dim=(2, 3))
        return logits


def _mlpconv(before: int, widths: tuple[int, ...], kernel: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for number, after in enumerate(widths):
        side = kernel if number == 0 else 1
        layers += [nn.Conv2d(before, after, side, padding=side // 2), nn.ReLU()]
        before = after
    return layers


def network_in_network(num_classes: int = 10, in_channels: int = 3) -> NetworkInNetwork:
    """The CIFAR-10 network, 966,986 parameters."""
    return NetworkInNetwork(num_classes, in_channels)
