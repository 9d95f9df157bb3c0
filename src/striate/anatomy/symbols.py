"""The arithmetic of a layer in symbols: formulas, what their letters mean, and both as LaTeX."""

import re
from collections.abc import Iterable

from striate.anatomy.layer import Layer
from striate.anatomy.trace import Arithmetic

AXES = {1: ("w",), 2: ("h", "w"), 3: ("d", "h", "w")}  # how the axes of a picture are told apart
MEANINGS = {
    "n": "side of the input",
    "nd": "depth of the input",
    "nh": "height of the input",
    "nw": "width of the input",
    "p": "padding on each side",
    "f": "side of the filter or window",
    "fd": "depth of the filter",
    "fh": "height of the filter",
    "fw": "width of the filter",
    "s": "stride",
    "d": "dilation",
    "e": "cells from the first to the last that a dilated filter reads, d*(f - 1) + 1",
    "g": "groups",
    "C": "channels in",
    "K": "channels out, one a filter",
    "D": "depth of the output",
    "H": "height of the output",
    "W": "width of the output",
    "N": "values in",
    "M": "values out",
    "A": "multiply-adds",
    "V": "values of the output",
    "r": "receptive field of the layer before",
    "j": "stride of the layer before, in pixels",
}
_MATHS = re.compile(r"(?:[\d,.*+\-/=()_ ]|floor|ceil|\b[a-zA-Z]{1,2}\b)+")
_LETTERS = re.compile(r"\b([nf])([dhw])\b")


def size_formula(arithmetic: Arithmetic, numbers: str) -> str:
    """The output's size; `numbers` is the same in numbers, and says whether it was rounded up."""
    reach = "(d*(f - 1) + 1)" if any(window.dilation > 1 for window in arithmetic.windows) else "f"
    return f"{numbers.partition('(')[0]}((n + 2*p - {reach}) / s) + 1"


def kernel(arithmetic: Arithmetic) -> str:
    """`f*f*C`: the values that one output sums."""
    shared = "C/g" if arithmetic.groups > 1 else "C"
    return f"{_sides('f', [window.kernel for window in arithmetic.windows])}*{shared}"


def inputs(arithmetic: Arithmetic) -> str:
    """`n*n*C`: the values of the input."""
    return f"{_sides('n', arithmetic.before[1:])}*C"


def places(arithmetic: Arithmetic) -> str:
    """`H*W`: the places of the output."""
    return "*".join(axis.upper() for axis in AXES[len(arithmetic.after) - 1])


def cells(layer: Layer) -> str:
    """`K*H*W`: the values of a map; empty for what is none."""
    return "K*H*W" if len(layer.output) == 3 else ""


def meanings(formulas: Iterable[str]) -> dict[str, str]:
    """What the letters of these formulas mean, in the order of `MEANINGS`."""
    used = {letter for formula in formulas for letter in re.findall(r"\b[A-Za-z]{1,2}\b", formula)}
    return {letter: meaning for letter, meaning in MEANINGS.items() if letter in used}


def as_latex(text: str) -> str:
    """A line of arithmetic as LaTeX: what can be computed between $ signs, words as text.

    `6 * (5*5*1 + 1) = 156 (150 weights)` becomes `$6 \\cdot (5 \\cdot 5 \\cdot 1 + 1) = 156$ (150 weights)`.
    """
    found = _MATHS.match(text)
    end = found.end() if found else 0
    while end and not _ends(text, end):
        end -= 1
    if not end or not re.search(r"[*+=/]", text[:end]):
        return escaped(text)
    return f"${_maths(text[:end].strip())}$ {escaped(text[end:].strip())}".strip()


def escaped(text: str) -> str:
    """A text in which LaTeX reads no command."""
    signs = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "->": r"$\to$"}
    signs |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
    return re.sub(r"->|[\\~^&%$#_{}]", lambda sign: signs[sign[0]], text)


def _ends(text: str, end: int) -> bool:
    """Whether arithmetic may end here: after a whole term, with every bracket closed."""
    whole = text[end - 1].isalnum() or text[end - 1] == ")"
    closed = text[:end].count("(") == text[:end].count(")")
    goes_on = text[end:].startswith((" =", " +", " *", " -"))
    return whole and closed and not goes_on and (end == len(text) or text[end] in " ;,")


def _maths(text: str) -> str:
    fraction = re.sub(r"(floor|ceil)\(\((.+)\) / (\w+)\)", r"\\left\\l\1 \\frac{\2}{\3} \\right\\r\1", text)
    letters = _LETTERS.sub(r"\1_\2", fraction)
    return re.sub(r"(?<=\d),(?=\d{3})", "{,}", re.sub(r"\s*\*\s*", r" \\cdot ", letters))


def _sides(letter: str, sides: Iterable[int]) -> str:
    axes = list(sides)
    if len(set(axes)) == 1:
        return "*".join([letter] * len(axes))
    return "*".join(letter + axis for axis in AXES[len(axes)])
