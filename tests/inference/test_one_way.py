"""A large JPEG is decoded in one way: by predict, by load, by an ensemble, by evaluate and by check."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import striate
from striate.actions.evaluate import evaluate
from striate.actions.predict import predict
from striate.data.datasets import picture_files
from striate.data.datasets.recognise import open_dataset
from striate.inference.judging import judge, suspects
from striate.inference.open_run import open_run


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Two noisy JPEGs, which lose something wherever they are made smaller."""
    drawn = np.random.default_rng(3)
    for label in ("digit 0", "digit 1"):
        folder = tmp_path / "large" / label
        folder.mkdir(parents=True)
        pixels = drawn.integers(0, 256, (960, 1280), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "noise.jpg", quality=90)
    return tmp_path / "large"


def test_all_doors_give_a_large_jpeg_the_same_answer(digits_run, large):
    files = sorted(large.rglob("*.jpg"))
    told = [one.answer for one in predict(digits_run, [str(file) for file in files])]
    assert striate.load(digits_run).predict(files) == told
    assert striate.load([digits_run]).predict(files) == told
    assert striate.load([digits_run, digits_run]).predict(files[0]).probability == pytest.approx(
        told[0].probability, abs=1e-6
    )
    assert list(evaluate(digits_run, large).answers) == told
    reduced = open_run(digits_run).read(files[0].read_bytes(), picture_files.DEFAULT_LIMITS)[0]
    whole = open_run(digits_run).preprocessing.fit_picture(open_dataset(large).read(0)[0])
    assert not np.array_equal(reduced.picture, whole), "the picture tells the two ways apart"


def test_check_asks_a_run_about_the_pictures_that_predict_reads(digits_run, large):
    dataset = open_dataset(large)
    predictor = open_run(digits_run)
    found = suspects._fitted(predictor, dataset, [0, 1])
    for row, file in enumerate(sorted(large.rglob("*.jpg"))):
        assert np.array_equal(found[row].picture, predictor.fit(file).picture)
        assert found[row].placement.picture_hw == (960, 1280)


def test_evaluate_reads_in_several_threads_and_keeps_the_order(digits_run, digits, monkeypatch):
    seen: set[int] = set()
    read = judge.read_for

    def noted(*given):
        seen.add(threading.get_ident())
        return read(*given)

    monkeypatch.setattr(judge, "read_for", noted)
    found = evaluate(digits_run, digits)
    assert threading.get_ident() not in seen
    names = [item.name for item in open_dataset(digits).items]
    assert list(found.names) == names
    alone = [one.answer for one in predict(digits_run, [str(digits / name) for name in names])]
    assert list(found.answers) == alone
