"""The arithmetic of one layer, written out as on a blackboard: pairs of what and how."""

from math import prod

from striate.anatomy.anatomy import Anatomy, Layer
from striate.anatomy.formula import misfit_text, size_text
from striate.anatomy.trace import Arithmetic
from striate.errors import UnknownName

Line = tuple[str, str]


def find_layer(anatomy: Anatomy, name: str) -> Layer:
    """The layer of that name.

    Raises:
        UnknownName: there is none; the nearest ones are offered.
    """
    if name not in anatomy.by_name:
        listing = f"`striate inspect {anatomy.model}` lists the layers."
        raise UnknownName("layer", name, anatomy.by_name, listing)
    return anatomy.by_name[name]


def explain(anatomy: Anatomy, layer: Layer) -> list[Line]:
    """Every figure of the layer with the formula that gives it."""
    return [
        *_size(layer),
        *_parameters(layer),
        *_multiply_adds(layer),
        ("floating-point operations", _operations(layer)),
        ("memory", _memory(layer)),
        *_field(anatomy, layer),
        *_without_sharing(layer),
    ]


def shape_text(shape: tuple[int, ...]) -> str:
    """`96x55x55`."""
    return "x".join(str(size) for size in shape)


def describe(layer: Layer) -> str:
    """How the layer is built, in a few words: `Conv2d, 96 filters 11x11, stride 4`."""
    arithmetic = layer.arithmetic
    if arithmetic is None:
        return layer.kind
    if arithmetic.name == "dense":
        return f"{layer.kind}, {arithmetic.after[-1]:,} outputs"
    if not arithmetic.windows:
        return layer.kind
    strides, paddings, dilations = (
        _sides([int(getattr(window, name)) for window in arithmetic.windows])
        for name in ("stride", "padding", "dilation")
    )
    sides = shape_text(tuple(window.kernel for window in arithmetic.windows))
    filters = f"{arithmetic.after[0]} filters " if arithmetic.name == "convolution" else ""
    text = f"{layer.kind}, {filters}{sides}"
    for word, value, usual in (
        ("stride", strides, "1"),
        ("padding", paddings, "0"),
        ("dilation", dilations, "1"),
    ):
        text += f", {word} {value}" if value != usual else ""
    if arithmetic.groups > 1:
        text += f", {arithmetic.groups} groups"
    return text if arithmetic.bias or arithmetic.name != "convolution" else f"{text}, no bias"


def _sides(values: list[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else shape_text(tuple(values))


def _size(layer: Layer) -> list[Line]:
    arithmetic = layer.arithmetic
    if arithmetic is None or not arithmetic.windows or arithmetic.transposed:
        return []
    sizes = arithmetic.before[-len(arithmetic.windows) :]
    after = arithmetic.after[-len(arithmetic.windows) :]
    texts = [size_text(*one) for one in zip(sizes, arithmetic.windows, after, strict=True)]
    words = ("length",) if len(texts) == 1 else ("depth", "height", "width")[-len(texts) :]
    if len(set(texts)) == 1:
        lines = [(" and ".join(words), texts[0])]
    else:
        lines = list(zip(words, texts, strict=True))
    for text in dict.fromkeys(misfit_text(*one) for one in zip(sizes, arithmetic.windows, strict=True)):
        if text:
            lines.append(("does not fit", text))
    return lines


def _kernel(arithmetic: Arithmetic) -> str:
    """`11*11*3`: the values that one output sums."""
    sides = "*".join(str(window.kernel) for window in arithmetic.windows)
    return f"{sides}*{arithmetic.before[0] // arithmetic.groups}"


def _weights(arithmetic: Arithmetic) -> int:
    kernel = prod(window.kernel for window in arithmetic.windows)
    return kernel * (arithmetic.before[0] // arithmetic.groups)


def _parameters(layer: Layer) -> list[Line]:
    arithmetic, count = layer.arithmetic, layer.parameters
    text = f"{count:,}"
    if arithmetic is not None and arithmetic.name == "convolution" and not arithmetic.transposed:
        filters, bias = arithmetic.after[0], 1 if arithmetic.bias else 0
        if filters * (_weights(arithmetic) + bias) == count:
            inner = f"({_kernel(arithmetic)} + 1)" if bias else f"{_kernel(arithmetic)}"
            text = f"{filters} * {inner} = {count:,}"
            text += f" ({count - filters:,} weights and {filters:,} biases)" if bias else " weights, no bias"
    elif arithmetic is not None and arithmetic.name == "dense":
        terms, outputs, bias = arithmetic.terms, arithmetic.after[-1], 1 if arithmetic.bias else 0
        if (terms + bias) * outputs == count:
            text = f"({terms} + 1) * {outputs} = {count:,}" if bias else f"{terms} * {outputs} = {count:,}"
    elif "Norm" in layer.kind and layer.output and count == 2 * layer.output[0]:
        text = f"2*{layer.output[0]} = {count:,} (a scale and a shift a channel)"
    if count and layer.trainable_parameters != count:
        text += f"; {layer.trainable_parameters:,} of them are trained"
    return [("parameters", text)]


def _multiply_adds(layer: Layer) -> list[Line]:
    arithmetic, count = layer.arithmetic, layer.multiply_adds
    if not count or arithmetic is None:
        return [("multiply-adds", f"{count:,}")]
    places = "*".join(str(size) for size in layer.output[1:])
    if arithmetic.name == "convolution" and layer.values * _weights(arithmetic) == count:
        outputs = f"{places}*{layer.output[0]}"
        return [("multiply-adds", f"{outputs} * {_kernel(arithmetic)} = {count:,}")]
    if arithmetic.name == "dense" and layer.values * arithmetic.terms == count:
        return [("multiply-adds", f"{'*'.join(map(str, layer.output))} * {arithmetic.terms} = {count:,}")]
    return [("multiply-adds", f"{count:,}")]


def _operations(layer: Layer) -> str:
    count, products = layer.operations, layer.multiply_adds
    if not products:
        return f"{count:,}"
    bias = layer.arithmetic is not None and layer.arithmetic.bias
    if bias and count == 2 * products:
        return f"2*{products:,} = {count:,} (a sum of n products is 2n - 1, its bias one more)"
    if not bias and count == 2 * products - layer.values:
        return f"2*{products:,} - {layer.values:,} = {count:,} (a sum of n products is 2n - 1)"
    return f"{count:,}"


def _memory(layer: Layer) -> str:
    size = "*".join(str(one) for one in layer.output)
    shown = f"{size} = {layer.values:,} values"
    if layer.bytes:
        shown += f", {layer.bytes // layer.values}*{layer.values:,} = {layer.bytes:,} bytes"
    else:
        shown += ", no new memory: it can work in place"
    if layer.training_bytes is not None:
        shown += f"; training keeps {layer.training_bytes:,} bytes"
    return shown


def _field(anatomy: Anatomy, layer: Layer) -> list[Line]:
    if layer.receptive_field is None or layer.stride is None or layer.centre is None:
        return [("receptive field", "not known: it passes an operation without a rule for it")]
    field = shape_text(layer.receptive_field)
    if layer.whole_picture:
        return [("receptive field", f"the whole picture, {field} pixels")]
    before = [anatomy.by_name[name] for name in layer.inputs if name in anatomy.by_name]
    texts = _recursion(layer, before)
    centre = ", ".join(f"{value:g}" for value in layer.centre)
    step = shape_text(layer.stride)
    return [
        ("receptive field", "; ".join(texts) if texts else f"{field} pixels, the largest of its inputs"),
        ("stride", f"{step} pixels from one value to the next; the first is centred on pixel ({centre})"),
    ]


def _recursion(layer: Layer, before: list[Layer]) -> list[str]:
    """`27 + (5 - 1)*8 = 59` for every axis that differs."""
    arithmetic = layer.arithmetic
    field, one = layer.receptive_field or (), len(layer.inputs) == 1
    if arithmetic is None or not arithmetic.windows or not one or len(arithmetic.windows) != len(field):
        return []
    fields, strides = [1] * len(field), [1] * len(field)
    if before:
        fields, strides = list(before[0].receptive_field or ()), list(before[0].stride or ())
    texts = []
    for window, old, step, new in zip(arithmetic.windows, fields, strides, field, strict=True):
        if old + (window.reach - 1) * step != new:
            return []
        texts.append(f"{old} + ({window.reach} - 1)*{step} = {new}")
    return list(dict.fromkeys(texts))


def _without_sharing(layer: Layer) -> list[Line]:
    """What the same output would cost without the two savings of a convolution."""
    arithmetic = layer.arithmetic
    if arithmetic is None or arithmetic.name != "convolution" or arithmetic.transposed:
        return []
    places, filters = arithmetic.after[1:], arithmetic.after[0]
    bias = 1 if arithmetic.bias else 0
    more = " + 1" if bias else ""
    unshared = prod(places) * filters * (_weights(arithmetic) + bias)
    full = (prod(arithmetic.before) + bias) * prod(places) * filters
    at = "*".join(map(str, places))
    seen = "*".join(map(str, (*arithmetic.before[1:], arithmetic.before[0])))
    return [
        ("without sharing", f"{at} * {filters} * ({_kernel(arithmetic)}{more}) = {unshared:,} parameters"),
        ("fully connected", f"({seen}{more}) * ({at}*{filters}) = {full:,} parameters"),
    ]
