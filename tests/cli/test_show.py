"""Progress: plain lines where the output is no terminal, one line that changes in place where it is."""

import re
from io import StringIO

import pytest

from striate.cli.text import show
from striate.events import EpochEnded, Note, Progress, StageEnded, StepEnded


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


def trained(shown, clock, epochs, seconds, steps=10, stage="train"):
    """A training whose 5th epoch is its best."""
    for epoch in range(1, epochs + 1):
        for step in range(1, steps + 1):
            clock[0] += seconds / steps
            shown(StepEnded(stage, epoch, epochs, step, steps))
        values = {"train_loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.875}
        shown(EpochEnded(stage, epoch, epochs, seconds, epoch in (1, 5), values, ("accuracy",)))
    shown(StageEnded(stage))


def test_a_short_training_has_a_line_an_epoch_and_no_other(clock, capsys):
    with show.Shown() as shown:
        trained(shown, clock, epochs=6, seconds=1.0)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == [f"{epoch}/6" for epoch in range(1, 7)]
    assert lines[4] == "epoch   5/6 train    loss 0.5000  validation 0.2500, 87.50 %  1.0 s  *"


@pytest.mark.parametrize("seconds", [0.1, 8.0, 60.0, 3600.0])
@pytest.mark.parametrize("epochs", [1, 3, 21, 100, 1000])
def test_a_training_has_about_twenty_lines_in_a_file_however_long_it_is(clock, capsys, epochs, seconds):
    with show.Shown() as shown:
        trained(shown, clock, epochs=epochs, seconds=seconds, steps=50)
    lines = capsys.readouterr().err.splitlines()
    assert min(epochs, 20) <= len(lines) <= 25
    assert sum("step " in line for line in lines) == 0 or seconds > 10  # of a long epoch, how far it is
    if epochs > 25:
        assert lines[-1].startswith(f"train: {epochs:,} epochs in ")
        assert lines[-1].endswith("; best in epoch 5: validation 0.2500, 87.50 %")


def test_an_hour_of_an_epoch_says_early_how_long_it_takes(clock, capsys):
    with show.Shown() as shown:
        trained(shown, clock, epochs=2, seconds=3600.0, steps=1000)
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "epoch   1/2 train    step 4 of 1,000, 0.3 steps/s, 119 min 46 s left"


def test_figures_are_those_that_the_task_has(clock, capsys):
    with show.Shown() as shown:
        values = {"validation_loss": 0.5, "validation_loss_box": 0.25, "validation_pixels_off": 2.345678}
        values["validation_iou50"] = 0.5
        shown(EpochEnded("train", 1, 2, 1.0, best=True, values=values, in_percent=("iou50",)))
        shown(EpochEnded("train", 2, 2, 1.0, best=True, values={}))
    one, two = capsys.readouterr().err.splitlines()
    assert one == "epoch   1/2 train    validation 0.5000, pixels off 2.346, iou50 50.00 %  1.0 s  *"
    assert two == "epoch   2/2 train    validation without figures  1.0 s  *"


def terminal(monkeypatch) -> StringIO:
    """What a terminal of 100 columns is sent from here on."""
    sent = StringIO()
    sent.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", sent)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    return sent


def test_a_terminal_keeps_one_line_a_stage(clock, monkeypatch):
    sent = terminal(monkeypatch)
    with show.Shown() as shown:
        trained(shown, clock, epochs=7, seconds=0.5, stage="head")
        trained(shown, clock, epochs=9, seconds=0.5, stage="all")
        shown(Note("what was chosen"))
    kept = [line for line in lines_left(sent.getvalue()) if line]
    assert kept == [
        "head: 7 epochs in 3.5 s; best in epoch 5: validation 0.2500, 87.50 %",
        "all: 9 epochs in 4.5 s; best in epoch 5: validation 0.2500, 87.50 %",
        "what was chosen",
    ]


def lines_left(sent: str) -> list[str]:
    """What stands on the screen at the end: the few signs that Rich sends, as a terminal reads them."""
    screen, row, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", sent):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
        elif piece.endswith("A"):
            row -= int(piece[2:-1] or 1)
        elif piece == "\x1b[2K":
            screen[row] = ""
        elif piece[0] != "\x1b":
            screen[row] = screen[row][:column].ljust(column) + piece + screen[row][column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in screen]


def test_a_stopped_stage_keeps_what_it_reached(clock, monkeypatch):
    sent = terminal(monkeypatch)
    with show.Shown() as shown:
        shown(EpochEnded("train", 1, 9, 0.5, best=True, values={"validation_loss": 0.5}))
    assert "train: 1 epoch in 0.5 s; best in epoch 1: validation 0.5000" in lines_left(sent.getvalue())
