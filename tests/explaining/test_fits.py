"""Heat of networks that crop or pad lies on the right pixels of the user's picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from tests.explaining.test_explain import LEFT, network

import striate
from striate.explaining.heat_of_mistakes import heat_of_mistakes
from striate.explanation.heat.enlarge import enlarge, over_picture
from striate.inference.predictor import Predictor
from striate.preprocess.placement import Placement
from striate.tasks.classify.decode import Answer


def fitting(fit: str) -> Predictor:
    plain = network()
    return replace(plain, preprocessing=replace(plain.preprocessing, fit=fit))


def painted(height: int, width: int, box: tuple[int, int, int, int]) -> np.ndarray:
    picture = np.zeros((height, width), dtype=np.uint8)
    x1, y1, x2, y2 = box
    picture[y1:y2, x1:x2] = 255
    return picture


# A wide and a tall picture, whose object is seen by crops of the middle too.
CASES = [(40, 100, (54, 4, 66, 16), "right"), (100, 40, (4, 56, 12, 66), "left")]


@pytest.mark.parametrize("fit", ["squeeze", "pad", "crop"])
@pytest.mark.parametrize(("height", "width", "box", "side"), CASES)
@pytest.mark.parametrize("method", ["grad-cam", "occlusion", "saliency"])
def test_the_hottest_place_is_in_the_painted_object(fit, height, width, box, side, method):
    picture = painted(height, width, box)
    (found,) = striate.explain(fitting(fit), picture, method=method)
    heat = found.classes[0].heat
    assert heat.shape == (height, width) and heat.max() == pytest.approx(1)
    assert found.classes[0].label == side
    y, x = np.argwhere(heat > 0.99).mean(axis=0)
    slack = 100 / 16  # one pixel of the input
    if method != "saliency":  # which is as strong wherever the class reads
        assert box[0] - slack <= x <= box[2] + slack and box[1] - slack <= y <= box[3] + slack


def test_what_a_crop_cuts_off_has_no_heat():
    picture = painted(40, 100, (54, 4, 66, 16))
    (found,) = striate.explain(fitting("crop"), picture)
    heat = found.classes[0].heat
    assert heat[:, :29].max() == 0 and heat[:, 71:].max() == 0


@pytest.mark.parametrize("fit", ["squeeze", "pad", "crop"])
def test_an_explanation_speaks_of_the_answer_that_predict_gives(fit, tmp_path):
    drawn = np.random.default_rng(0).integers(0, 255, (500, 900), dtype=np.uint8)
    file = tmp_path / "large.jpg"
    Image.fromarray(drawn).resize((2700, 1500)).save(file)
    one = fitting(fit)
    answer = one.predict(file)
    (found,) = striate.explain(one, file)
    assert found.classes[0].label == answer.label
    assert found.classes[0].probability == pytest.approx(answer.probability, abs=1e-6)


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_mistakes_of_such_runs_have_their_heat(fit):
    picture = torch.from_numpy(painted(40, 100, (54, 4, 66, 16)))[None]
    right = Answer("right", 1.0, [("right", 1.0)])
    (drawn,) = heat_of_mistakes(fitting(fit), [picture], [right])
    assert drawn is not None and drawn.size == (320, 128)
    colours = np.asarray(drawn).astype(int)
    strength = np.abs(colours - colours.mean(axis=2, keepdims=True)).sum(axis=2)
    y, x = np.argwhere(strength > 0.8 * strength.max()).mean(axis=0)
    assert 54 - 7 <= x / 3.2 <= 66 + 7 and y / 3.2 <= 16 + 7
    assert heat_of_mistakes(fitting(fit), [torch.zeros(1, 40, 100, dtype=torch.uint8)], [LEFT]) == [None]


def test_squeezed_pictures_have_the_bytes_of_before():
    maps = torch.rand(2, 5, 7)
    place = Placement.of("squeeze", (40, 60), (16, 16))
    found = over_picture(maps, [place] * 2)
    assert torch.equal(torch.stack(found), enlarge(maps, (40, 60)))
