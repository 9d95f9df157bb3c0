"""The arithmetic of layers, written out as on a blackboard: in symbols and in numbers."""

from collections.abc import Mapping
from math import prod
from textwrap import wrap
from typing import NamedTuple

from striate.anatomy.formula import misfit_text, size_text
from striate.anatomy.layer import Layer
from striate.anatomy.symbols import cells, inputs, kernel, meanings, places, size_formula
from striate.anatomy.table import Table
from striate.anatomy.trace import Arithmetic
from striate.errors import UnknownName

ALL = "all"  # every layer, where a layer's name is asked for


class Line(NamedTuple):
    """One figure of a layer.

    Attributes:
        what: the figure's name.
        how: its arithmetic in numbers, or what is to be said of it.
        formula: the same arithmetic in symbols; empty where there is none.
    """

    what: str
    how: str
    formula: str = ""

    @property
    def written(self) -> str:
        """Symbols and numbers in one line."""
        return f"{self.formula} = {self.how}" if self.formula else self.how


class Explained(NamedTuple):
    """The arithmetic of one layer: its name, how it is built, what it reads and makes, and its figures."""

    name: str
    built: str
    reads: str
    lines: list[Line]


class Arithmetics(NamedTuple):
    """The arithmetic of layers of one network, and what their symbols mean."""

    model: str
    layers: list[Explained]

    @property
    def symbols(self) -> dict[str, str]:
        """What every symbol in these formulas means, in a fixed order."""
        return meanings(line.formula for layer in self.layers for line in layer.lines)

    def table(self) -> Table:
        """One row a figure; it is shown as Markdown, LaTeX, CSV or HTML."""
        rows = [
            (layer.name, line.what, line.formula, line.how) for layer in self.layers for line in layer.lines
        ]
        note = "; ".join(f"{sign}: {meaning}" for sign, meaning in self.symbols.items())
        return Table(
            f"{self.model}: the arithmetic", ("layer", "figure", "formula", "numbers"), rows, note=note
        )

    def __repr__(self) -> str:
        return "\n\n".join("\n".join(lines) for lines in blocks_of_text(self))

    def _repr_html_(self) -> str:
        """The table of figures, for a notebook."""
        return self.table().html()


def blocks_of_text(arithmetics: Arithmetics, columns: int = 100) -> list[list[str]]:
    """Lines for a terminal, a block a layer, and last a block with what the symbols mean."""
    blocks = []
    for layer in arithmetics.layers:
        wide = max(len(line.what) for line in layer.lines) + 2
        block = [f"{layer.name}: {layer.built}", layer.reads, ""]
        for line in layer.lines:
            if line.formula and wide + len(line.written) > columns:
                block += [f"{line.what:<{wide}}{line.formula}", f"{'':<{wide}}= {line.how}"]
            else:
                block.append(f"{line.what:<{wide}}{line.written}")
        blocks.append(block)
    said = "; ".join(f"{sign} {meaning}" for sign, meaning in arithmetics.symbols.items())
    return [*blocks, wrap(f"Symbols: {said}", columns, subsequent_indent="  ")] if said else blocks


def arithmetics(model: str, layers: Mapping[str, Layer], name: str = ALL) -> Arithmetics:
    """The arithmetic of the layer `name`, or of all where no layer has the name `all`.

    Args:
        model: what `striate inspect` calls the network.
        layers: by their names, in the network's order.

    Raises:
        UnknownName: there is no such layer; the nearest ones are offered.
    """
    if name == ALL and name not in layers:
        chosen = list(layers.values())
    elif name in layers:
        chosen = [layers[name]]
    else:
        listing = f"`striate inspect {model}` lists the layers, and `all` explains every one."
        raise UnknownName("layer", name, layers, listing)
    return Arithmetics(
        model,
        [
            Explained(
                layer.name,
                describe(layer),
                f"reads {', '.join(layer.inputs)}; {shape_text(layer.input)} -> {shape_text(layer.output)}",
                explain(layers, layer),
            )
            for layer in chosen
        ],
    )


def explain(layers: Mapping[str, Layer], layer: Layer) -> list[Line]:
    """Every figure of the layer with the formula that gives it."""
    return [
        *_size(layer),
        *_parameters(layer),
        *_multiply_adds(layer),
        _operations(layer),
        _memory(layer),
        *_field(layers, layer),
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
        words, texts = (" and ".join(words),), texts[:1]
    formulas = [size_formula(arithmetic, text) for text in texts]
    lines = [Line(*one) for one in zip(words, texts, formulas, strict=True)]
    for text in dict.fromkeys(misfit_text(*one) for one in zip(sizes, arithmetic.windows, strict=True)):
        if text:
            lines.append(Line("does not fit", text))
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
    text, formula = f"{count:,}", ""
    if arithmetic is not None and arithmetic.name == "convolution" and not arithmetic.transposed:
        filters, bias = arithmetic.after[0], 1 if arithmetic.bias else 0
        if filters * (_weights(arithmetic) + bias) == count:
            inner = f"({_kernel(arithmetic)} + 1)" if bias else f"{_kernel(arithmetic)}"
            text = f"{filters} * {inner} = {count:,}"
            formula = f"K * ({kernel(arithmetic)} + 1)" if bias else f"K * {kernel(arithmetic)}"
            text += f" ({count - filters:,} weights and {filters:,} biases)" if bias else " weights, no bias"
    elif arithmetic is not None and arithmetic.name == "dense":
        terms, outputs, bias = arithmetic.terms, arithmetic.after[-1], 1 if arithmetic.bias else 0
        if (terms + bias) * outputs == count:
            text = f"({terms} + 1) * {outputs} = {count:,}" if bias else f"{terms} * {outputs} = {count:,}"
            formula = "(N + 1) * M" if bias else "N * M"
    elif "Norm" in layer.kind and layer.output and count == 2 * layer.output[0]:
        text, formula = f"2*{layer.output[0]} = {count:,} (a scale and a shift a channel)", "2*C"
    if count and layer.trainable_parameters != count:
        text += f"; {layer.trainable_parameters:,} of them are trained"
    return [Line("parameters", text, formula)]


def _multiply_adds(layer: Layer) -> list[Line]:
    arithmetic, count = layer.arithmetic, layer.multiply_adds
    if not count or arithmetic is None:
        return [Line("multiply-adds", f"{count:,}")]
    places_out = "*".join(str(size) for size in layer.output[1:])
    if arithmetic.name == "convolution" and layer.values * _weights(arithmetic) == count:
        outputs = f"{places_out}*{layer.output[0]}"
        formula = f"{places(arithmetic)}*K * {kernel(arithmetic)}"
        return [Line("multiply-adds", f"{outputs} * {_kernel(arithmetic)} = {count:,}", formula)]
    if arithmetic.name == "dense" and layer.values * arithmetic.terms == count:
        outputs = "*".join(map(str, layer.output))
        formula = "M * N" if len(layer.output) == 1 else ""
        return [Line("multiply-adds", f"{outputs} * {arithmetic.terms} = {count:,}", formula)]
    return [Line("multiply-adds", f"{count:,}")]


def _operations(layer: Layer) -> Line:
    what, count, products = "floating-point operations", layer.operations, layer.multiply_adds
    if not products:
        return Line(what, f"{count:,}")
    bias = layer.arithmetic is not None and layer.arithmetic.bias
    if bias and count == 2 * products:
        told = "(a sum of n products is 2n - 1, its bias one more)"
        return Line(what, f"2*{products:,} = {count:,} {told}", "2*A")
    if not bias and count == 2 * products - layer.values:
        told = "(a sum of n products is 2n - 1)"
        return Line(what, f"2*{products:,} - {layer.values:,} = {count:,} {told}", "2*A - V")
    return Line(what, f"{count:,}")


def _memory(layer: Layer) -> Line:
    size = "*".join(str(one) for one in layer.output)
    shown = f"{size} = {layer.values:,} values"
    if layer.bytes:
        shown += f", {layer.bytes // layer.values}*{layer.values:,} = {layer.bytes:,} bytes"
    else:
        shown += ", no new memory: it can work in place"
    if layer.training_bytes is not None:
        shown += f"; training keeps {layer.training_bytes:,} bytes"
    return Line("memory", shown, cells(layer))


def _field(layers: Mapping[str, Layer], layer: Layer) -> list[Line]:
    if layer.receptive_field is None or layer.stride is None or layer.centre is None:
        return [Line("receptive field", "not known: it passes an operation without a rule for it")]
    field = shape_text(layer.receptive_field)
    if layer.whole_picture:
        return [Line("receptive field", f"the whole picture, {field} pixels")]
    before = [layers[name] for name in layer.inputs if name in layers]
    texts = _recursion(layer, before)
    centre = ", ".join(f"{value:g}" for value in layer.centre)
    step = shape_text(layer.stride)
    strides = f"{step} pixels from one value to the next; the first is centred on pixel ({centre})"
    if not texts:
        return [
            Line("receptive field", f"{field} pixels, the largest of its inputs"),
            Line("stride", strides),
        ]
    dilated = any(window.dilation > 1 for window in layer.arithmetic.windows) if layer.arithmetic else False
    formula = f"r + ({'e' if dilated else 'f'} - 1)*j"
    return [Line("receptive field", "; ".join(texts), formula), Line("stride", strides, "j*s")]


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
    out, filters = arithmetic.after[1:], arithmetic.after[0]
    bias = 1 if arithmetic.bias else 0
    more = " + 1" if bias else ""
    unshared = prod(out) * filters * (_weights(arithmetic) + bias)
    full = (prod(arithmetic.before) + bias) * prod(out) * filters
    at, there = "*".join(map(str, out)), places(arithmetic)
    seen = "*".join(map(str, (*arithmetic.before[1:], arithmetic.before[0])))
    return [
        Line(
            "without sharing",
            f"{at} * {filters} * ({_kernel(arithmetic)}{more}) = {unshared:,} parameters",
            f"{there} * K * ({kernel(arithmetic)}{more})",
        ),
        Line(
            "fully connected",
            f"({seen}{more}) * ({at}*{filters}) = {full:,} parameters",
            f"({inputs(arithmetic)}{more}) * ({there}*K)",
        ),
    ]
