"""The page of misprints: all of them, with numbers that are computed again and commands that exist."""

import re
from pathlib import Path

import pytest
from tests.docs.test_course import missing

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/misprints.md").read_text(encoding="utf-8")
ROWS = {
    int(cells[0]): cells[1:]
    for line in TEXT.splitlines()
    if re.match(r"\|\s*\d", line)
    for cells in [[cell.strip() for cell in line.strip("|").split(" | ")]]
}

VGG_D = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]
GOOGLENET = [  # channels before, 1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, after the pool
    *[(192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64), (480, 192, 96, 208, 16, 48, 64)],
    *[(512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64)],
    *[(528, 256, 160, 320, 32, 128, 128), (832, 256, 160, 320, 32, 128, 128)],
    (832, 384, 192, 384, 48, 128, 128),
]
C3 = [  # which maps of S2 each map of C3 reads, table I of the paper
    *[(0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5), (0, 1, 2, 3), (1, 2, 3, 4)],
    *[(2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5), (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)],
    (0, 1, 2, 3, 4, 5),
]


def vgg16():
    """Values and parameters of VGG-16, counted with nothing but multiplication."""
    side, before, values, parameters = 224, 3, 224 * 224 * 3, 0
    for width in VGG_D:
        side = side if width else side // 2
        parameters += (9 * before + 1) * width
        before = width or before
        values += side * side * before
    for inputs, outputs in ((side * side * before, 4096), (4096, 4096), (4096, 1000)):
        values, parameters = values + outputs, parameters + (inputs + 1) * outputs
    return values, parameters


def googlenet():
    """GoogLeNet's parameters with biases, without auxiliary heads."""
    total = (49 * 3 + 1) * 64 + (64 + 1) * 64 + (9 * 64 + 1) * 192 + (1024 + 1) * 1000
    for before, one, r3, three, r5, five, pool in GOOGLENET:
        total += (before + 1) * (one + r3 + r5 + pool) + (9 * r3 + 1) * three + (25 * r5 + 1) * five
    return total


def valid(side, *windows):
    for kernel, stride in windows:
        side = (side - kernel) // stride + 1
    return side


def reduced_inception():
    terms = [256 * 64, 256 * 64, 256 * 128, 9 * 64 * 192, 25 * 64 * 96, 256 * 64]
    return sum(terms) * 784, 9 * 64 * 192 * 784


VALUES, PARAMETERS = vgg16()
REDUCED, AGAIN = reduced_inception()
NAIVE = 784 * 256 * (128 + 9 * 192 + 25 * 96)
COMPUTED = {
    1: [f"{(7 - 3) / 3 + 1:.2f}", f"{(7 - 3) % 3} row"],
    3: [
        f"10^{len(str(10**6 * 10**6)) - 1}",
        f"10^{len(str(10**6 * 100)) - 1}",
        f"10^{len(str(100 * 100)) - 1}",
    ],
    4: [f"{14 * 14 * 5 * 6:,}", f"{100 * 1516:,}", f"{25 * 5 * 16:,}", f"{1025 * 28 * 28 * 6:,}"],
    5: [f"{28 * 28 * 3 * 512 + 512 * 10 + 10:,}", f"{28 * 28 * 512 + 512 + 512 * 10 + 10:,}"],
    7: [f"{VALUES:,}", f"{4 * VALUES / 1e6:.2f} MB"],
    8: [f"{PARAMETERS:,}", f"{4 * PARAMETERS / 1e6:.0f} MB"],
    9: [f"{28 * 28 * (128 + 192 + 96 + 256):,}"],
    10: [
        f"{REDUCED:,}",
        f"{REDUCED + AGAIN:,}",
        f"{NAIVE / REDUCED:.2f}",
        f"{NAIVE / (REDUCED + AGAIN):.2f}",
    ],
    11: [f"{googlenet():,}", f"{49 * 3 * 64:,}"],
    12: [f"{10**12 // 10**9:,} GOPS", f"{10**12 // 10**6:,} MOPS"],
    13: [f"{100 * 0.1 / 1.1:.2f} %"],
    16: [f"{sum(map(len, C3))} marks", f"{sum(25 * len(maps) + 1 for maps in C3):,}"],
    20: [
        ", ".join(str(valid(28, *branch)) for branch in ([(1, 2)], [(1, 1), (3, 2)], [(3, 2), (3, 1)]))
        + f" and {valid(28, (1, 1), (3, 1), (3, 2))}"
    ],
    21: [f"{28 // 2} and {-(-28 // 2)}", f"{27 // 2} and {-(-27 // 2)}"],
    25: [f"= {5 * 2 + 20} numbers"],
    40: [f"4 - 2 + 1 = {4 - 2 + 1}"],
    42: [f"{8193 * 256 + 257:,}", f"{PARAMETERS - (25089 * 4096 + 4097 * 4096 + 4097 * 1000):,}"],
}


def test_all_42_are_on_the_page_once():
    assert sorted(ROWS) == list(range(1, 43))
    assert all(len(cells) == 3 and all(cells) for cells in ROWS.values())


@pytest.mark.parametrize("number", COMPUTED)
def test_numbers_of_the_page_are_computed_again(number):
    text = " ".join(ROWS[number]).replace("\\*", "*")
    assert [value for value in COMPUTED[number] if value not in text] == []


@pytest.mark.parametrize("number", ROWS)
def test_what_a_row_names_exists(number):
    named = re.findall(r"`([^`]+)`", ROWS[number][2])
    assert {name: why for name in named if (why := missing(name))} == {}


def test_the_misprinted_numbers_are_not_what_the_layers_give():
    assert vgg16()[0] != 24_000_000 and googlenet() != 5_000_000
    assert 28 * 28 * 672 != 529_000 and REDUCED != 358_000_000
    assert sum(map(len, C3)) != 59
