"""Batches of one picture for networks that normalise over a batch, from the command's point of view."""

import pytest
from tests.conftest import write_digits

from striate.actions.train import train
from striate.errors import StriateError
from striate.trainer.reckoning.dry_run import dry_run


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """Three zeros and two ones to train on, two of each to judge."""
    data = tmp_path_factory.mktemp("five")
    write_digits(data / "train", "0", 3)
    write_digits(data / "train", "1", 2)
    for part, first in (("val", 10), ("test", 20)):
        write_digits(data / part, "01", 2, first=first)
    return data


def test_an_odd_number_of_pictures_trains_in_batches_of_two(five, tmp_path):
    told = train(five, model="resnet18", image_size=32, batch_size=2, epochs=1, out=tmp_path)
    assert told.result["pictures"]["train"] == 5
    assert "steps = 2\n" in (told.path / "config.toml").read_text()


@pytest.mark.parametrize("verb", [train, dry_run])
def test_batches_of_one_are_refused_before_anything_is_written(five, tmp_path, verb):
    with pytest.raises(StriateError, match=r"resnet18 normalises .* --batch-size 2 or more") as told:
        verb(data=five, model="resnet18", image_size=32, batch_size=1, epochs=1, out=tmp_path / "runs")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "runs").exists()


def test_batches_of_one_train_where_maps_are_larger_or_nothing_is_normalised(five, tmp_path):
    for model, side in (("resnet18", 64), ("lenet5", None)):
        train(five, model=model, image_size=side, batch_size=1, epochs=1, out=tmp_path)
