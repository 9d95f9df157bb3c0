"""Progress as plain lines, where the output is no terminal."""

import pytest

from striate.cli import show
from striate.events import Progress


@pytest.fixture
def clock(monkeypatch):
    time = [100.0]
    monkeypatch.setattr(show, "monotonic", lambda: time[0])
    return time


def test_a_line_says_how_fast_and_how_long(clock, capsys):
    with show.Shown() as shown:
        for clock[0], done in ((100.0, 200), (105.0, 700), (111.0, 1300)):
            shown(Progress("reading", done, 20_000))
    assert capsys.readouterr().err == "reading: 1,300/20,000 pictures, 100 pictures/s, 3 min 7 s left\n"


def test_the_same_work_again_is_timed_anew(clock, capsys):
    with show.Shown() as shown:
        for clock[0], done in ((100.0, 200), (110.0, 20_000), (400.0, 200), (411.0, 1300)):
            shown(Progress("reading", done, 20_000))
    assert capsys.readouterr().err == "reading: 1,300/20,000 pictures, 100 pictures/s, 3 min 7 s left\n"
