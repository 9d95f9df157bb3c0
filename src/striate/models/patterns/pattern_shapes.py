"""What a pattern comes to: the size, parameters and multiply-adds of every layer, without torch."""

from dataclasses import dataclass, replace
from math import prod

from striate.errors import StriateError
from striate.models.entry import Entry
from striate.models.patterns.pattern import ACTIVATIONS, NORMS, POOLS, Layer, Pattern, error, parse
from striate.ops.geometry import effective_kernel, output_size

HIDDEN_UNITS, CLASSES = 256, 10  # of an FC without a number: inside, and as the last layer


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer in its place; sizes are (C, H, W), after flattening (units, 1, 1).

    `flat` says whether rows and columns are gone, `stride` how many input pixels lie between two cells.
    """

    layer: Layer
    input: tuple[int, int, int]
    output: tuple[int, int, int]
    flat: bool
    stride: int
    padding: tuple[int, int]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All layers of a pattern in their places; `head` is the one that makes the classes."""

    text: str
    input: tuple[int, int, int]
    layers: tuple[Placed, ...]
    head: int

    @property
    def classes(self) -> int:
        """How many classes the head tells apart."""
        return self.layers[self.head].output[0]


def plan_pattern(
    text: str,
    num_classes: int | None = None,
    in_channels: int | None = None,
    image_size: tuple[int, int] | None = None,
) -> Plan:
    """Place every layer; the other arguments take the place of what the text says.

    Raises:
        StriateError: the text is no pattern, or a layer does not fit what comes before it.
    """
    pattern = parse(text)
    head = _head(pattern)
    layers = list(pattern.layers)
    if layers[-1].kind == "SOFTMAX":
        layers.pop()  # networks give logits; the loss has the softmax
    layers[head] = replace(layers[head], count=num_classes or layers[head].count or CLASSES)
    channels, height, width = pattern.input
    size = (in_channels or channels, *(image_size or (height, width)))
    placed: list[Placed] = []
    for layer in layers:
        before = placed[-1] if placed else None
        placed.append(_place(pattern, layer, before, size))
    return Plan(text, size, tuple(placed), head)


def padding_note(plan: Plan) -> str | None:
    """Which convolutions keep the size although the text says nothing of a padding; None for none."""
    convolutions = [one for one in plan.layers if one.layer.kind == "CONV"]
    names = [
        f"conv{number}" for number, one in enumerate(convolutions, 1) if one.layer.unsaid and any(one.padding)
    ]
    if not names:
        return None
    named = " and ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"
    keep = "keeps" if len(names) == 1 else "keep"
    return f"no padding is written, so {named} {keep} the size; p0 or VALID pads nothing"


def pattern_entry(text: str) -> Entry:
    """The catalogue's row of a pattern."""
    plan = plan_pattern(text)
    return Entry(
        builder="pattern",
        task="classify",
        year=0,
        parameters=sum(placed.parameters for placed in plan.layers),
        multiply_adds=sum(placed.multiply_adds for placed in plan.layers),
        input=plan.input,
        classes=plan.classes,
        any_size=False,  # the size is part of the text
        smallest=1,  # what does not fit is said by the layer that does not
        published="a pattern, not a paper",
        paper="written by hand",
    )


def _head(pattern: Pattern) -> int:
    """Which layer makes the classes: the last FC, or a last 1x1 CONV before GAP."""
    layers = list(pattern.layers)
    end = len(layers) - 1 - (layers[-1].kind == "SOFTMAX")
    last = layers[max(end, 0)]
    if last.kind == "FC":
        return end
    if last.kind == "GAP" and end > 0:
        made = layers[end - 1]
        if made.kind == "CONV" and made.kernel == (1, 1) and (made.stride, made.groups) == (1, 1):
            return end - 1
    raise error(
        pattern.text,
        last.start,
        last.end,
        "the last layer must make the classes: end with '-> FC10', or with '-> CONV1-10 -> GAP'",
    )


def _place(pattern: Pattern, layer: Layer, before: Placed | None, size: tuple[int, int, int]) -> Placed:
    shape, flat, stride = (before.output, before.flat, before.stride) if before else (size, False, 1)
    if layer.kind == "CONV" or layer.kind in POOLS:
        return _place_window(pattern, layer, shape, flat, stride)
    if layer.kind in ("GAP", "LRN", "LCN") and flat:
        raise _refuse(pattern, layer, "there are no rows and columns left: it must stand before FC")
    if layer.kind == "SOFTMAX":
        raise _refuse(pattern, layer, "SOFTMAX may only be the last layer, and may be left out")
    if layer.kind == "FC":
        reads, units = prod(shape), layer.count or HIDDEN_UNITS
        return Placed(
            layer,
            shape,
            (units, 1, 1),
            True,
            stride,
            (0, 0),
            (reads + 1) * units,
            multiply_adds=reads * units,
        )
    output = shape
    if layer.kind in ("GAP", "FLATTEN"):
        output, flat = ((shape[0] if layer.kind == "GAP" else prod(shape)), 1, 1), True
    parameters = 2 * shape[0] if layer.kind == "BN" else 0
    assert layer.kind in (*ACTIVATIONS, *NORMS, "GAP", "FLATTEN", "DROPOUT")
    return Placed(layer, shape, output, flat, stride, (0, 0), parameters, multiply_adds=0)


def _place_window(
    pattern: Pattern, layer: Layer, shape: tuple[int, int, int], flat: bool, stride: int
) -> Placed:
    if flat:
        raise _refuse(pattern, layer, "there are no rows and columns left: it must stand before FC")
    channels = shape[0]
    spans = [effective_kernel(side, layer.dilation) for side in layer.kernel]
    padding = (0, 0) if layer.padding is None else (layer.padding, layer.padding)
    if layer.kind == "CONV" and layer.padding is None:
        if any(span % 2 == 0 for span in spans):
            raise _refuse(
                pattern, layer, "an even kernel cannot keep the size; add a padding, such as p0 or VALID"
            )
        padding = (spans[0] // 2, spans[1] // 2)
    if layer.kind in POOLS and 2 * padding[0] > min(layer.kernel):
        raise _refuse(pattern, layer, f"a pool of {layer.kernel[0]} can be padded by half of it at most")
    if layer.kind == "L2POOL" and (padding[0] or layer.kernel[0] != layer.kernel[1]):
        raise _refuse(pattern, layer, "L2POOL has square windows without padding")
    try:
        sides = [
            output_size(side, kernel, layer.stride, added, layer.dilation)
            for side, kernel, added in zip(shape[1:], layer.kernel, padding, strict=True)
        ]
    except StriateError as problem:
        raise _refuse(
            pattern, layer, f"after {shape[1]}x{shape[2]}x{channels}, {str(problem).rstrip('.')}"
        ) from problem
    count = channels if layer.count is None else layer.count
    if channels % layer.groups or count % layer.groups:
        raise _refuse(pattern, layer, f"{channels} channels and {count} filters are no {layer.groups} groups")
    weights = prod(layer.kernel) * (channels // layer.groups) * count if layer.kind == "CONV" else 0
    return Placed(
        layer,
        shape,
        (count, sides[0], sides[1]),
        False,
        stride * layer.stride,
        padding,
        parameters=weights + count if layer.kind == "CONV" else 0,
        multiply_adds=weights * sides[0] * sides[1],
    )


def _refuse(pattern: Pattern, layer: Layer, problem: str) -> StriateError:
    return error(pattern.text, layer.start, layer.end, problem)
