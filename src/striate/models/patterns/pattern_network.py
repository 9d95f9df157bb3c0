"""A pattern as a network that trains like any other."""

from collections import Counter
from itertools import pairwise

from torch import Tensor, nn

from striate.layers.contrast_norm import LocalContrastNorm
from striate.layers.pooling import L2Pool2d
from striate.layers.response_norm import ResponseNorm
from striate.models.backbone import Map, initialise_head
from striate.models.patterns.pattern_shapes import Placed, Plan, padding_note
from striate.shapes import Images, Logits

SIMPLE: dict[str, type[nn.Module]] = {
    "RELU": nn.ReLU,
    "SIGMOID": nn.Sigmoid,
    "TANH": nn.Tanh,
    "SOFTSIGN": nn.Softsign,
    "GELU": nn.GELU,
    "LRN": ResponseNorm,
    "LCN": LocalContrastNorm,
    "FLATTEN": nn.Flatten,
}


class PatternNet(nn.Module):
    """The layers of a pattern, one after the other; they are named by kind and number, `layers.conv1`...

    `feature_maps` gives the last map of every stride, up to what is flattened or averaged.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.pattern = plan.text
        self.anatomy_remarks = tuple(filter(None, [padding_note(plan)]))
        self.layers, numbers = nn.Sequential(), Counter[str]()
        spatial: list[tuple[int, int]] = []  # modules so far and stride, for every map before flattening
        ended = flat = False
        for number, placed in enumerate(plan.layers):
            kind = placed.layer.kind.lower()
            numbers[kind] += 1
            if kind == "fc" and not flat:
                self.layers.add_module("flatten", nn.Flatten())
            self.layers.add_module(f"{kind}{numbers[kind]}", _module(placed))
            if kind == "gap":
                self.layers.add_module("flatten", nn.Flatten())
            flat = placed.flat
            ended = ended or flat or number == plan.head
            if number == plan.head:
                self.head = f"layers.{kind}{numbers[kind]}"
            if not ended:
                spatial.append((len(self.layers), placed.stride))
        last = {stride: end for end, stride in spatial}  # the last map of each stride
        if len(last) > 1:
            last.pop(1, None)
        self.strides = tuple(last) or (1,)
        self.cuts = [0, *last.values()] if last else [0, 0]
        self._initialise()

    def _initialise(self) -> None:
        rectified = any(isinstance(layer, nn.ReLU | nn.GELU) for layer in self.layers)
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                if rectified:
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                else:
                    nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        head = self.get_submodule(self.head)
        if isinstance(head, nn.Conv2d | nn.Linear):
            initialise_head(head)

    def feature_maps(self, images: Images) -> list[Map]:
        """The last map of every stride, from fine to coarse."""
        maps = [images]
        for first, end in pairwise(self.cuts):
            maps.append(self.layers[first:end](maps[-1]))
        return maps[1:]

    def forward(self, images: Images) -> Logits:
        logits: Tensor = self.layers[self.cuts[-1] :](self.feature_maps(images)[-1])
        return logits


def _module(placed: Placed) -> nn.Module:
    layer, channels = placed.layer, placed.input[0]
    made = SIMPLE.get(layer.kind)
    if made is not None:
        return made()
    if layer.kind == "CONV":
        return nn.Conv2d(
            channels,
            placed.output[0],
            layer.kernel,
            layer.stride,
            placed.padding,
            layer.dilation,
            layer.groups,
        )
    if layer.kind == "FC":
        reads = placed.input[0] * placed.input[1] * placed.input[2]
        return nn.Linear(reads, placed.output[0])
    if layer.kind == "BN":
        return nn.BatchNorm1d(channels) if placed.flat else nn.BatchNorm2d(channels)
    if layer.kind == "DROPOUT":
        return nn.Dropout(layer.rate)
    return _pool(placed)


def _pool(placed: Placed) -> nn.Module:
    layer = placed.layer
    if layer.kind == "GAP":
        return nn.AdaptiveAvgPool2d(1)
    if layer.kind == "L2POOL":
        return L2Pool2d(layer.kernel[0], layer.stride)
    if layer.kind in ("POOL", "MAXPOOL"):
        return nn.MaxPool2d(layer.kernel, layer.stride, placed.padding)
    divisor = 1 if layer.kind == "SUMPOOL" else None
    return nn.AvgPool2d(layer.kernel, layer.stride, placed.padding, divisor_override=divisor)
