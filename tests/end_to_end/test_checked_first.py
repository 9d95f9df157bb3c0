"""What is wrong with an option is said before any picture is read, let alone a rung trained."""

import pytest
import torch
from tests.conftest import write_digits

from striate.actions.ladder import ladder
from striate.actions.train import train
from striate.errors import StriateError
from striate.trainer.pictures import prepared_data
from striate.trainer.reckoning.dry_run import dry_run


@pytest.fixture
def nothing_is_read(monkeypatch):
    def read(*arguments, **options):
        pytest.fail("a picture was read")

    monkeypatch.setattr(prepared_data, "read_pictures", read)
    monkeypatch.setattr(prepared_data, "scan", read)


def other_weights(folder):
    torch.save({"something.weight": torch.zeros(3, 3)}, folder / "other.pth")
    return folder / "other.pth"


def no_weights(folder):
    (folder / "text.pth").write_text("no weights")
    return folder / "text.pth"


@pytest.mark.parametrize("wrong", [other_weights, no_weights])
@pytest.mark.parametrize("verb", [train, dry_run])
def test_weights_of_a_wrong_kind(nothing_is_read, digits, tmp_path, verb, wrong):
    with pytest.raises(StriateError) as told:
        verb(data=digits, model="lenet5", weights=wrong(tmp_path), out=tmp_path / "runs")
    assert "\n" not in str(told.value)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("wrong", [other_weights, no_weights, lambda folder: folder / "missing.pth"])
def test_a_ladder_looks_at_its_weights_before_the_rungs_that_need_none(
    nothing_is_read, digits, tmp_path, wrong
):
    with pytest.raises(StriateError, match=r"other\.pth|text\.pth|missing\.pth"):
        ladder(digits, model="resnet18", weights=wrong(tmp_path), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def split_of_other_names(digits, folder):
    (folder / "split.csv").write_text("image,split\nnowhere.png,train\n")
    return {"split": folder / "split.csv"}


def others(digits, folder):
    return {"test": write_digits(folder / "others", "78", 2)}


WRONG = {
    "split of other names": (split_of_other_names, "the data set has no image 'nowhere.png'"),
    "no split": (lambda _, folder: {"split": folder / "no.csv"}, "cannot be read as CSV"),
    "test of other classes": (others, "shares no class"),
    "no test": (lambda _, folder: {"test": folder / "nowhere"}, "does not exist"),
}


@pytest.mark.parametrize("which", WRONG)
@pytest.mark.parametrize("verb", [train, dry_run])
def test_other_files_of_a_training(nothing_is_read, digits, tmp_path, verb, which):
    make, said = WRONG[which]
    with pytest.raises(StriateError, match=said):
        verb(data=digits, model="lenet5", out=tmp_path / "runs", **make(digits, tmp_path))
