"""The general formulas: put the layer's own sizes in, and the numbers beside them come out."""

import re
from math import ceil, floor

import pytest
from torch import nn

import striate
from striate.anatomy.anatomy import anatomy_of
from striate.anatomy.symbols import as_latex, escaped


def sizes(layers, layer):
    """What the symbols stand for, read from the layer itself and not from its arithmetic's text."""
    arithmetic = layer.arithmetic
    values = {"A": layer.multiply_adds, "V": layer.values, "floor": floor, "ceil": ceil}
    if layer.output:
        values |= dict(zip("KHW", layer.output, strict=False)) | {"C": layer.input[0], "M": layer.output[-1]}
    if arithmetic is not None and arithmetic.windows:
        window = arithmetic.windows[-1]
        values |= {"n": layer.input[-1], "nh": layer.input[1], "nw": layer.input[-1], "f": window.kernel}
        values |= {"fh": arithmetic.windows[0].kernel, "fw": window.kernel, "s": window.stride}
        values |= {"p": window.padding, "d": window.dilation, "e": window.reach, "g": arithmetic.groups}
        before = layers.get(layer.inputs[0])
        values |= {"r": before.receptive_field[-1] if before else 1, "j": before.stride[-1] if before else 1}
    else:
        values["N"] = layer.input[-1]
    return values


GROUPED = nn.Sequential(nn.Conv2d(4, 6, (1, 3), padding=(0, 2), dilation=(1, 2), groups=2, bias=False))


@pytest.mark.parametrize(
    "anatomy",
    [
        pytest.param(lambda: striate.inspect("lenet5"), id="lenet5"),
        pytest.param(lambda: striate.inspect("mobilenet_v1"), id="depthwise"),
        pytest.param(lambda: striate.inspect("squeezenet1_1"), id="rounded up"),
        pytest.param(lambda: anatomy_of(GROUPED, (4, 9, 9)), id="grouped, dilated, not square"),
    ],
)
def test_the_formula_gives_the_figure_beside_it(anatomy):
    network, checked = anatomy(), 0
    for layer, explained in zip(network.layers, network.explain().layers, strict=True):
        values = sizes(network.by_name, layer)
        for line in explained.lines:
            if not line.formula or line.what in ("height", "stride"):
                continue
            wanted = re.findall(r"= ([\d,]+)", line.how)
            found = eval(line.formula, {"__builtins__": {}}, values)  # noqa: S307 - our own formulas
            assert f"{found:,.0f}" in {*wanted, *(f"{int(one.replace(',', '')):,}" for one in wanted)}, line
            checked += 1
    assert checked > 5


def test_every_symbol_that_is_used_is_said_and_no_other():
    told = striate.inspect("lenet5").explain("output")
    assert list(told.symbols) == ["N", "M", "A"]


def test_a_layer_called_all_is_itself():
    network = nn.Sequential()
    network.add_module("all", nn.Conv2d(1, 2, 3))
    network.add_module("next", nn.ReLU())
    assert [layer.name for layer in anatomy_of(network, (1, 8, 8)).explain("all").layers] == ["all"]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("6 * (5*5*1 + 1) = 156 (150 weights)", r"$6 \cdot (5 \cdot 5 \cdot 1 + 1) = 156$ (150 weights)"),
        (
            "floor((32 + 2*0 - 5) / 1) + 1 = 28",
            r"$\left\lfloor \frac{32 + 2 \cdot 0 - 5}{1} \right\rfloor + 1 = 28$",
        ),
        ("fh*fw*C/g", r"$f_h \cdot f_w \cdot C/g$"),
        ("28*28 = 117,600 parameters", r"$28 \cdot 28 = 117{,}600$ parameters"),
        ("5x5 pixels, the largest of its inputs", "5x5 pixels, the largest of its inputs"),
        ("layer_1.0", r"layer\_1.0"),
        ("conv1", "conv1"),
    ],
)
def test_arithmetic_as_latex(text, latex):
    assert as_latex(text) == latex


def test_latex_reads_no_command_in_a_name():
    assert escaped(r"\input{x}&%$#_^~") == (
        r"\textbackslash{}input\{x\}\&\%\$\#\_\textasciicircum{}\textasciitilde{}"
    )
