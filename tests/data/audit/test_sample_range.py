"""16-bit pictures that use a part of their range: it is said, and --white makes all of training see them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.decoding.test_decoding import encoded

import striate
from striate.actions.check import check
from striate.actions.evaluate import evaluate
from striate.actions.explain import explain
from striate.actions.predict import predict
from striate.actions.train import train
from striate.data.audit.sample_range import unused_range
from striate.data.decoding.decode import Limits, as_picture, decode_for
from striate.data.scan import Scanned
from striate.errors import StriateError


def seen(highest: int | None) -> Scanned:
    return Scanned("digest", highest=highest)


def test_what_is_lost_is_counted():
    said = unused_range([seen(936), seen(12), seen(None)])
    assert said is not None
    assert "2 16-bit pictures" in said and "937 of 65,536" in said and "5 of 256 grey levels" in said
    assert "--white 1023" in said and "10 bits" in said


@pytest.mark.parametrize("highest", [[], [None], [0], [32768], [65535, 4]])
def test_pictures_that_use_their_range_are_not_spoken_of(highest: list[int | None]):
    assert unused_range([seen(value) for value in highest]) is None


def test_samples_above_white_are_named():
    assert "up to 2,000" in (unused_range([seen(2000)], 1023) or "")
    assert unused_range([seen(1000)], 1023) is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_ten_bits_are_scaled_by_ten_bits(kind: str):
    values = np.array([[0, 1, 512, 1023, 1024, 65535]], dtype=np.uint16)
    content = encoded(Image.fromarray(values), kind)
    expected = [[[0, 0, 128, 255, 255, 255]]]
    assert decode_for(content, None, Limits(white=1023)).picture.tolist() == expected
    assert as_picture(content, None, Limits(white=1023)).tolist() == expected
    assert decode_for(content, None).highest == 65535
    eight = encoded(Image.fromarray(values.astype(np.uint8)), "PNG")
    assert torch.equal(decode_for(eight, None, Limits(white=1023)).picture, decode_for(eight, None).picture)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same noisy pictures with 10 bits in 16, and in 8 bits."""
    folder = tmp_path_factory.mktemp("twins")
    for label, bright in (("dim", 300), ("bright", 700)):
        for name in ("ten", "eight"):
            (folder / name / label).mkdir(parents=True)
        for number in range(12):
            noise = np.random.default_rng(number + bright).integers(-250, 250, (48, 48))
            ten = (bright + noise).clip(0, 1023).astype(np.uint16)
            Image.fromarray(ten).save(folder / "ten" / label / f"{number}.png")
            eight = np.floor(ten.astype(int) * 255 / 1023 + 0.5).astype(np.uint8)
            Image.fromarray(eight).save(folder / "eight" / label / f"{number}.png")
    return folder / "ten", folder / "eight"


def test_training_evaluating_predicting_and_explaining_see_the_8_bit_twins(
    twins: tuple[Path, Path], tmp_path: Path
):
    asked = {"model": "lenet5", "image_size": 32, "epochs": 2, "seed": 3, "out": tmp_path}
    ten = train(twins[0], **asked, white=1023, name="ten")
    eight = train(twins[1], **asked, name="eight")
    assert json.loads((ten.path / "preprocess.json").read_text())["white"] == 1023
    first, second = (striate.load(run.path) for run in (ten, eight))
    assert all(
        torch.equal(one, other)
        for one, other in zip(
            first.module.state_dict().values(), second.module.state_dict().values(), strict=True
        )
    )
    pictures = [next((twin / "dim").glob("*.png")) for twin in twins]
    answers = [
        next(iter(predict(run.path, [picture]))).answer
        for run, picture in zip((ten, eight), pictures, strict=True)
    ]
    assert answers[0] == answers[1]
    assert first.predict(pictures[0]) == first.predict(Image.open(pictures[0])) == second.predict(pictures[1])
    measured = [evaluate(run.path, twin).metrics for run, twin in zip((ten, eight), twins, strict=True)]
    assert measured[0] == measured[1]
    assert evaluate(ten.path).metrics == evaluate(eight.path).metrics
    heat = [explain(run.path, [picture])[0] for run, picture in zip((ten, eight), pictures, strict=True)]
    assert np.array_equal(heat[0].classes[0].heat, heat[1].classes[0].heat)


def test_train_and_check_say_what_is_lost(twins: tuple[Path, Path], tmp_path: Path):
    said = []
    train(
        twins[0],
        model="lenet5",
        image_size=32,
        epochs=1,
        out=tmp_path,
        on_event=lambda event: said.append(str(event)),
    )
    assert sum("--white 1023" in line for line in said) == 1
    assert any("--white 1023" in note for note in check(twins[0]).notes)
    assert check(twins[0], white=1023).notes == check(twins[1]).notes == ()
    with pytest.raises(StriateError, match=r"from 1 to 65,535"):
        check(twins[0], white=0)


def test_reported_faces_have_ten_bits(shared: Path):
    found = check(shared / "data" / "reports" / "18-ten-bits")
    assert any(
        "16-bit pictures with samples up to" in note and "--white 1023" in note for note in found.notes
    )
