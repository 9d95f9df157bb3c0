"""The page of the pattern language names every word of it, and its examples are what they say."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from striate.cli.main import main
from striate.models.patterns.pattern import KINDS, OPTIONS, PADDINGS
from striate.models.patterns.pattern_shapes import plan_pattern

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "patterns.md").read_text()
INSPECTED = re.findall(r"^    (striate inspect .*)$", PAGE, re.M)


def test_every_word_of_the_language_is_on_the_page():
    spans = re.findall(r"`([^`]+)`", PAGE)
    words = {word.upper() for span in spans for word in re.findall(r"L2POOL|[A-Za-z]+", span)}
    assert {*KINDS, *OPTIONS, *PADDINGS} - words == set()


@pytest.mark.parametrize("command", INSPECTED)
def test_every_inspected_pattern_is_one(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code, capsys.readouterr().err


def test_the_trained_pattern_is_one():
    (pattern,) = re.findall(r'--model "([^"]+)"', PAGE)
    assert plan_pattern(pattern, num_classes=7).classes == 7
