"""Mirror images at test time: a picture and its mirror image have one answer, if a run knows such ones."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import torch
from tests.cli.test_commands import striate  # noqa: F401
from tests.conftest import SHARED

from striate.actions.evaluate import evaluate
from striate.actions.load import load
from striate.actions.predict import predict
from striate.errors import StriateError


def changed(run: Path, place: Path, **resolved: Any) -> Path:
    """A copy of the run whose config.toml says that it was trained in another way; None removes a key."""
    folder = shutil.copytree(run, place)
    config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    known = {**config["resolved"], **resolved}
    config["resolved"] = {key: value for key, value in known.items() if value is not None}
    (folder / "config.toml").write_text(tomli_w.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture
def mirrored(digits_run: Path, tmp_path: Path) -> Path:
    """A run that says that its training pictures were mirrored."""
    return changed(digits_run, tmp_path / "run", augmentation_ranges={"geometry": {"mirror": True}})


def pictures() -> torch.Tensor:
    return torch.randint(
        0, 256, (20, 1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_a_picture_and_its_mirror_image_have_one_answer(mirrored):
    network, given = load(mirrored, flips=True), pictures()
    assert torch.allclose(network.outputs(given)[0], network.outputs(given.flip(3))[0], atol=1e-5)
    plain = load(mirrored)
    assert not torch.allclose(plain.outputs(given)[0], plain.outputs(given.flip(3))[0], atol=0.1)


def test_scores_are_the_mean_of_both_before_the_temperature(mirrored):
    plain, given = load(mirrored), pictures()
    columns = torch.arange(31, -1, -1)
    expected = torch.stack([plain.outputs(given)[0], plain.outputs(given[:, :, :, columns])[0]]).mean(dim=0)
    both = load(mirrored, flips=True)
    assert torch.allclose(both.outputs(given)[0], expected, atol=1e-5)
    probabilities = (
        torch.softmax(expected.double() / plain.calibration["temperature"], dim=1).max(dim=1).values
    )
    found = [answer.probability for answer in both.answers(both.outputs(given))]
    assert found == pytest.approx(probabilities.tolist(), abs=1e-5)


def test_a_run_that_never_saw_mirror_images_is_not_asked_about_any(digits_run, digits):
    with pytest.raises(StriateError, match=r"learned from no mirror images \(augmentation 'light'\)"):
        load(digits_run, flips=True)
    with pytest.raises(StriateError, match="Leave out --flips"):
        predict(digits_run, digits, flips=True)
    with pytest.raises(StriateError, match="--augment photo"):
        evaluate(digits_run, flips=True)


@pytest.mark.parametrize(
    ("resolved", "allowed"),
    [
        ({"augmentation_ranges": {"geometry": {"mirror": True}}}, True),
        ({"augmentation_ranges": {"geometry": {"mirror": False}}}, False),
        ({"augmentation_ranges": {"colour": {"brightness": 0.2}}}, False),
        ({"augmentation_ranges": None, "weights": "/weights/efficientnet.pth"}, True),
        ({"augmentation_ranges": None, "weights": "random"}, False),
        ({"augmentation_ranges": None, "weights": "runs/a/best.safetensors", "parent": "runs/a"}, False),
        ({"augmentation_ranges": {"geometry": {"mirror": False}}, "weights": "/weights/some.pth"}, False),
    ],
)
def test_augmentation_decides_and_without_any_the_weights(digits_run, tmp_path, resolved, allowed):
    run = changed(digits_run, tmp_path / "run", **resolved)
    if allowed:
        assert load(run, flips=True).views.flips
    else:
        with pytest.raises(StriateError, match="no mirror images"):
            load(run, flips=True)


def test_of_several_runs_each_must_know_mirror_images(mirrored, digits_run):
    assert len(load([mirrored, mirrored], flips=True).members) == 2
    with pytest.raises(StriateError, match=f"{digits_run} learned from no mirror images"):
        load([mirrored, digits_run], flips=True)


def test_a_catalogue_network_may_be_asked(shared):
    network = load(
        "squeezenet1_1", weights=SHARED / "weights" / "squeezenet1_1.imagenet.safetensors", flips=True
    )
    assert network.views.flips


def test_the_commands_ask_about_mirror_images_and_their_json_keeps_its_form(striate, mirrored, digits):  # noqa: F811
    file = str(digits / "digit 2" / "001.png")
    seen = {}
    for flags in ((), ("--flips",)):
        code, out, _ = striate("predict", mirrored, file, "--json", *flags)
        assert code == 0
        seen[flags] = json.loads(out)
        code, out, _ = striate("evaluate", mirrored, "--json", *flags)
        assert code == 0
        seen[("evaluate", *flags)] = json.loads(out)
    assert seen[()].keys() == seen["--flips",].keys()
    assert seen[()]["top"] != seen["--flips",]["top"]
    assert seen["evaluate",].keys() == seen["evaluate", "--flips"].keys()
    assert seen["evaluate",]["metrics"]["loss"] != seen["evaluate", "--flips"]["metrics"]["loss"]
