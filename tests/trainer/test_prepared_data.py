"""The data of a training: the cache changes nothing, and what is wrong with the data is said."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.conftest import write_digits

from striate.actions.load import load
from striate.actions.train import train
from striate.data.caching import picture_cache
from striate.data.caching.picture_cache import wait_for_writers
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError
from striate.events import Warned, silent
from striate.tasks.classify.task import CLASSIFY
from striate.trainer.options import TrainOptions
from striate.trainer.pictures import prepared_data
from striate.trainer.pictures.prepared_data import prepare_data
from striate.trainer.plan import make_plan


def test_a_run_from_the_cache_is_the_run_without_it_byte_for_byte(tmp_path, digits, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(picture_cache, "TOO_FRESH", -(10**18))

    def weights(name: str) -> bytes:
        run = train(digits, model="lenet5", epochs=2, seed=3, out=tmp_path / name)
        wait_for_writers()
        assert load_file(run.path / "best.safetensors")
        files = ("best.safetensors", "dataset.json", "preprocess.json", "calibration.json")
        return b"".join((run.path / file).read_bytes() for file in files)

    without = weights("without")
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "100000000")
    first, second = weights("first"), weights("second")
    assert len(list((tmp_path / "cache" / "pictures").glob("*/index"))) == 1
    assert first == without and second == without


def test_a_picture_under_two_labels_is_warned_of(tmp_path):
    folder = write_digits(tmp_path / "digits", "01", 12)
    shutil.copy(folder / "digit 0" / "003.png", folder / "digit 1" / "same.png")
    events: list = []
    train(folder, model="lenet5", epochs=1, out=tmp_path / "runs", on_event=events.append)
    said = [event.text for event in events if isinstance(event, Warned) and "different labels" in event.text]
    assert said == [
        "the same picture under different labels: digit 0/003.png (digit 0) = digit 1/same.png (digit 1)"
    ]


@pytest.mark.parametrize("content", [b"no picture", None])
def test_strict_covers_the_data_of_test_too(tmp_path, digits, content):
    other = write_digits(tmp_path / "other", "012", 5, first=60)
    whole = (other / "digit 0" / "001.png").read_bytes()
    (other / "digit 0" / "bad.png").write_bytes(content or whole[:-30])
    with pytest.raises(StriateError, match=r"the first: digit 0/bad\.png: .*leave out --strict"):
        train(digits, test=other, strict=True, model="lenet5", epochs=1, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_pictures_over_the_limit_are_skipped_and_the_run_remembers_it(tmp_path, digits):
    from PIL import Image

    from striate.actions.evaluate import evaluate

    folder = tmp_path / "digits"
    shutil.copytree(digits, folder)
    Image.new("L", (40, 40)).save(folder / "digit 1" / "large.png")
    run = train(folder, model="lenet5", epochs=1, max_pixels=1_000, out=tmp_path / "runs")
    record = (run.path / "dataset.json").read_text(encoding="utf-8")
    assert "it claims 40 x 40 pixels; at most 1,000 are read" in record
    seen: list = []
    assert evaluate(run.path, folder, on_event=seen.append).names.count("digit 1/large.png") == 0
    assert evaluate(run.path, folder, max_pixels=1_600).names.count("digit 1/large.png") == 1


def test_prediction_sees_what_training_saw_of_a_large_photograph(tmp_path, digits_run):
    from PIL import Image

    from striate.data.decoding.decode import as_picture

    network = load(digits_run)
    path = Path(tmp_path / "large.jpg")
    Image.linear_gradient("L").resize((900, 700)).save(path)
    spec = network.preprocessing
    fitted = spec.fit_picture(as_picture(path, spec.size_hw))
    expected = network.answers(network.outputs(fitted[None]))[0]
    assert network.predict(path) == expected and as_picture(path, spec.size_hw).shape[1] < 200


@pytest.mark.parametrize(("model", "raw"), [("alexnet_2012", True), ("alexnet", False)])
def test_the_alexnet_of_2012_reads_values_that_are_centred_and_not_scaled(digits, model, raw):
    options = TrainOptions(data=digits, model=model, image_size=67)
    dataset = open_dataset(digits)
    data = prepare_data(
        dataset,
        make_plan(CLASSIFY, options.of_network, options.of_schedule, dataset),
        options.of_data,
        silent,
    )
    images = data.preprocessing.normalise(data.store.pictures)
    assert abs(float(images.mean())) < (3 if raw else 0.1)
    assert (float(images.std()) > 20) == raw


def test_mean_and_spread_are_those_of_the_training_pictures_taken_together(digits, monkeypatch):
    monkeypatch.setattr(prepared_data, "SUMMED", 7)
    options = TrainOptions(data=digits, model="lenet5")
    dataset = open_dataset(digits)
    data = prepare_data(
        dataset,
        make_plan(CLASSIFY, options.of_network, options.of_schedule, dataset),
        options.of_data,
        silent,
    )
    values = data.store.pictures[torch.tensor(data.split.train)].double() / 255
    assert len(values) > 14
    assert data.preprocessing.mean[0] == pytest.approx(float(values.mean()), abs=1e-6)
    assert data.preprocessing.std[0] == pytest.approx(float(values.std()), abs=1e-6)
