"""RepLKNet: depthwise kernels of up to 31x31, trained with a 5x5 beside them that is merged afterwards.

Source: Ding et al., "Scaling Up Your Kernels to 31x31", CVPR 2022, arXiv:2203.06717, figure 4 and table 5
Differs: nothing (the paper's 79M parameters and 15.3G multiply-adds are those after `merge_kernels`); weights
start at PyTorch's defaults, as in the authors' code. Names of weights are the
authors', save that the last layer is `fc` (theirs is `head`; such files are translated).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from striate.layers.stochastic_depth import StochasticDepth, rising
from striate.models.backbone import Map
from striate.shapes import Images, Logits

SMALL = 5  # side of the kernel beside the large one
EXPANSION = 4  # of the 1x1 convolutions after it


class ConvNorm(nn.Sequential):
    """A convolution that keeps sides (divided by `stride`) and its batch normalisation; ReLU if asked."""

    conv: nn.Conv2d
    bn: nn.BatchNorm2d

    def __init__(
        self,
        before: int,
        after: int,
        side: int,
        stride: int = 1,
        *,
        depthwise: bool = False,
        relu: bool = False,
    ) -> None:
        super().__init__()
        groups = before if depthwise else 1
        self.conv = nn.Conv2d(before, after, side, stride, padding=side // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(after)
        if relu:
            self.nonlinear = nn.ReLU()


class LargeKernel(nn.Module):
    """A large depthwise convolution plus a small one, each normalised; one convolution after `merge`."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.lkb_origin = ConvNorm(channels, channels, side, depthwise=True)
        self.small_conv = ConvNorm(channels, channels, SMALL, depthwise=True)
        self.lkb_reparam: nn.Conv2d | None = None

    def forward(self, maps: Map) -> Map:
        if self.lkb_reparam is not None:
            merged: Tensor = self.lkb_reparam(maps)
            return merged
        both: Tensor = self.lkb_origin(maps) + self.small_conv(maps)
        return both

    @torch.no_grad()
    def merge(self) -> None:
        """Add the small kernel to the middle of the large one; in eval mode nothing else changes."""
        if self.lkb_reparam is not None:
            return
        self.eval()  # statistics of training, not of a batch, go into the kernels
        large = fuse_conv_bn_eval(self.lkb_origin.conv, self.lkb_origin.bn)
        small = fuse_conv_bn_eval(self.small_conv.conv, self.small_conv.bn)
        margin = (large.kernel_size[0] - SMALL) // 2
        large.weight += F.pad(small.weight, (margin,) * 4)
        assert large.bias is not None
        assert small.bias is not None
        large.bias += small.bias
        self.lkb_reparam = large
        del self.lkb_origin, self.small_conv


class LargeKernelBlock(nn.Module):
    """Norm, 1x1, large depthwise kernel, 1x1, around a shortcut (figure 4, RepLK block)."""

    def __init__(self, channels: int, side: int, drop: float) -> None:
        super().__init__()
        self.prelkb_bn = nn.BatchNorm2d(channels)
        self.pw1 = ConvNorm(channels, channels, 1, relu=True)
        self.large_kernel = LargeKernel(channels, side)
        self.lk_nonlinear = nn.ReLU()
        self.pw2 = ConvNorm(channels, channels, 1)
        self.drop_path = StochasticDepth(drop)

    def forward(self, maps: Map) -> Map:
        seen = self.lk_nonlinear(self.large_kernel(self.pw1(self.prelkb_bn(maps))))
        correction: Tensor = self.drop_path(self.pw2(seen))
        return maps + correction


class FeedForwardBlock(nn.Module):
    """Norm, 1x1 to four times the channels, GELU, 1x1 back, around a shortcut (figure 4, ConvFFN)."""

    def __init__(self, channels: int, drop: float) -> None:
        super().__init__()
        self.preffn_bn = nn.BatchNorm2d(channels)
        self.pw1 = ConvNorm(channels, EXPANSION * channels, 1)
        self.nonlinear = nn.GELU()
        self.pw2 = ConvNorm(EXPANSION * channels, channels, 1)
        self.drop_path = StochasticDepth(drop)

    def forward(self, maps: Map) -> Map:
        correction: Tensor = self.drop_path(self.pw2(self.nonlinear(self.pw1(self.preffn_bn(maps)))))
        return maps + correction


class Stage(nn.Module):
    """Pairs of a large kernel block and a feed forward block."""

    def __init__(self, channels: int, side: int, drops: list[float]) -> None:
        super().__init__()
        self.blocks = nn.Sequential()
        for drop in drops:
            self.blocks.append(LargeKernelBlock(channels, side, drop))
            self.blocks.append(FeedForwardBlock(channels, drop))

    def forward(self, maps: Map) -> Map:
        after: Tensor = self.blocks(maps)
        return after


class RepLKNet(nn.Module):
    """A stem to a quarter of the sides, four stages with transitions between, norm, pooling, one dense layer.

    Stage i has `depths[i]` pairs of blocks of `width * 2**i` channels and kernels of `sides[i]`.
    """

    head: ClassVar[str] = "fc"
    strides: ClassVar[tuple[int, ...]] = (4, 8, 16, 32)

    def __init__(
        self,
        sides: tuple[int, int, int, int],
        depths: tuple[int, int, int, int],
        width: int,
        drop: float,
        num_classes: int,
        in_channels: int,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvNorm(in_channels, width, 3, stride=2, relu=True),
            ConvNorm(width, width, 3, depthwise=True, relu=True),
            ConvNorm(width, width, 1, relu=True),
            ConvNorm(width, width, 3, stride=2, depthwise=True, relu=True),
        )
        self.stages, self.transitions = nn.ModuleList(), nn.ModuleList()
        drops = rising(drop, sum(depths))
        for number, (side, depth) in enumerate(zip(sides, depths, strict=True)):
            channels = width * 2**number
            if number:
                self.transitions.append(_transition(channels // 2, channels))
            first = sum(depths[:number])
            self.stages.append(Stage(channels, side, drops[first : first + depth]))
        self.norm = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, num_classes)

    def feature_maps(self, images: Images) -> list[Map]:
        """Maps at strides 4, 8, 16, 32 with 1, 2, 4, 8 times `width` channels, the last normalised."""
        maps = [self.stages[0](self.stem(images))]
        for transition, stage in zip(self.transitions, self.stages[1:], strict=True):
            maps.append(stage(transition(maps[-1])))
        return [*maps[:-1], self.norm(maps[-1])]

    def forward(self, images: Images) -> Logits:
        last = self.feature_maps(images)[-1]  # (B, 8 * width, H/32, W/32)
        logits: Tensor = self.fc(last.mean(dim=(2, 3)))
        return logits

    def merge_kernels(self) -> None:
        """Make every pair of a large and a small kernel one, in place, after training; logits stay."""
        for layer in self.modules():
            if isinstance(layer, LargeKernel):
                layer.merge()


def _transition(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        ConvNorm(before, after, 1, relu=True), ConvNorm(after, after, 3, stride=2, depthwise=True, relu=True)
    )


def replknet31_base(num_classes: int = 1000, in_channels: int = 3) -> RepLKNet:
    """RepLKNet-31B: kernels of 31, 29, 27 and 13."""
    return RepLKNet((31, 29, 27, 13), (2, 2, 18, 2), 128, 0.3, num_classes, in_channels)
