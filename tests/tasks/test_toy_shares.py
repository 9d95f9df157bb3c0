"""Tasks that only tests know, taught by maps of classes and by sentences: trained, measured, asked."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.tasks import toy_shares

from striate.actions.evaluate import evaluate
from striate.actions.predict import predict
from striate.actions.train import train
from striate.data.transforms.truths import Moving
from striate.errors import StriateError

TRAIN = {"lr": 0.01, "epochs": 12, "image_size": 32, "augment": "light"}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    toy_shares.register(monkeypatch)


def mapped(folder: Path, count: int, names: tuple[str, ...]) -> Path:
    """Pictures of sky over grass, and maps whose numbers are the places of the two in `names`."""
    drawn = np.random.default_rng(0)
    for inner in ("images", "masks"):
        (folder / inner).mkdir(parents=True, exist_ok=True)
    (folder / "class_names.txt").write_text("".join(f"{name}\n" for name in names))
    for number in range(count):
        horizon = int(drawn.integers(2, 30))
        grass = np.arange(32)[:, None].repeat(32, axis=1) >= horizon
        pixels = np.where(grass[..., None], (40, 160, 40), (80, 120, 230)) + drawn.integers(
            0, 25, (32, 32, 3)
        )
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{number}.png")
        numbers = np.where(grass, names.index("grass"), names.index("sky")).astype(np.uint8)
        numbers[0, 0] = 255
        Image.fromarray(numbers).save(folder / "masks" / f"{number}.png")
    return folder


def captioned(folder: Path, count: int) -> Path:
    """Red and blue pictures, and the CSV of a sentence or two for each."""
    drawn = np.random.default_rng(0)
    folder.mkdir()
    lines = ["image,caption"]
    for number in range(count):
        red = number % 2 == 0
        pixels = drawn.integers(0, 90, (24, 24, 3))
        pixels[..., 0 if red else 2] += 150
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        lines.append(f"{number}.png,A picture.")
        lines.append(f"{number}.png,All of it is {'red' if red else 'blue'}.")
    (folder / "captions.csv").write_text("\n".join(lines) + "\n")
    return folder / "captions.csv"


def test_a_map_of_classes_teaches_is_measured_and_answers(tmp_path: Path):
    data = mapped(tmp_path / "set", 100, ("sky", "grass"))
    run = train(data, task="toy-maps", out=tmp_path / "runs", **TRAIN)
    # To say one half of each is wrong by about a quarter.
    assert run.metrics["error"] < 0.1
    assert json.loads((run.path / "labels.json").read_text()) == ["sky", "grass"]
    (answer,) = predict(run, data / "images" / "0.png")
    assert set(answer.answer.of) == {"sky", "grass"}


def test_other_data_are_measured_by_the_names_of_their_classes(tmp_path: Path):
    data = mapped(tmp_path / "set", 60, ("sky", "grass"))
    other = mapped(tmp_path / "other", 60, ("house", "grass", "sky"))
    run = train(data, task="toy-maps", out=tmp_path / "runs", **TRAIN)
    assert evaluate(run, other).metrics == evaluate(run, data).metrics


def test_sentences_teach_are_measured_and_answer(tmp_path: Path):
    table = captioned(tmp_path / "set", 80)
    run = train(table, task="toy-captions", out=tmp_path / "runs", **TRAIN)
    assert run.metrics["error"] < 0.2
    assert evaluate(run, table).metrics["error"] < 0.2
    red, blue = predict(run, [table.parent / "0.png", table.parent / "1.png"])
    assert red.answer.of["red"] > 0.5 > blue.answer.of["red"]
    assert json.loads((run.path / "task.json").read_text())["learned"] == {"words": ["blue", "red"]}
    (run.path / "task.json").write_text('{"learned": {"words": ["blue"]}}')
    with pytest.raises(StriateError, match=r"task.json is damaged.* 2 outputs; train the run again"):
        predict(run, table.parent / "0.png")


def test_a_task_s_own_order_is_what_training_shows(tmp_path: Path, monkeypatch):
    """It sees the class that the task counts a picture as, though no picture has a label."""
    seen = []

    def order(labels, generator, batch_size):
        seen.append((labels.tolist(), batch_size))
        return torch.arange(len(labels))

    def picture_class(_, item):
        return int("All of it is red." in item.truth.captions)

    monkeypatch.setattr(toy_shares.SaysWords, "order", lambda *_: order)
    monkeypatch.setattr(toy_shares.SaysWords, "picture_class", picture_class)
    table = captioned(tmp_path / "set", 40)
    run = train(table, task="toy-captions", epochs=2, image_size=32, batch_size=8, out=tmp_path / "runs")
    data = json.loads((run.path / "dataset.json").read_text())
    wanted = [int(int(name.removesuffix(".png")) % 2 == 0) for name in data["split"]["train"]]
    assert len(seen) >= 2 and all(one == (wanted, 8) for one in seen)


def test_pictures_are_not_mirrored_where_the_task_forbids_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(toy_shares.SaysWords, "moving", lambda *_: Moving(mirror=False))
    table = captioned(tmp_path / "set", 20)
    short = {"epochs": 1, "image_size": 32, "out": tmp_path / "runs"}
    with pytest.raises(StriateError, match="mirrors pictures, and what toy-captions learns is not true of"):
        train(table, task="toy-captions", augment="photo", **short)
    run = train(table, task="toy-captions", **short)
    resolved = tomllib.loads((run.path / "config.toml").read_text())["resolved"]
    usual = resolved["augmentation"]
    assert usual in ("none", "light", "shift") or usual["mirror"] is False


def test_a_task_that_needs_no_truths_is_not_taken_to_be_meant(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(toy_shares.SaysWords, "truths", ())
    table = captioned(tmp_path / "set", 10)
    with pytest.raises(StriateError, match="--task toy-captions"):
        train(table.parent, task="locate", out=tmp_path / "runs")
    monkeypatch.setattr(toy_shares.SaysWords, "recognised", False, raising=False)
    with pytest.raises(StriateError) as caught:
        train(table.parent, task="locate", out=tmp_path / "runs")
    assert "toy-captions" not in str(caught.value)


def test_what_data_have_and_what_they_suit_is_said(tmp_path: Path):
    data, table = mapped(tmp_path / "set", 10, ("sky", "grass")), captioned(tmp_path / "said", 10)
    with pytest.raises(StriateError, match="has maps of classes, and classify learns from classes of"):
        train(data, task="classify", out=tmp_path / "runs")
    with pytest.raises(
        StriateError, match=r"has captions, and locate learns from boxes.*--task toy-captions"
    ):
        train(table, task="locate", out=tmp_path / "runs")
