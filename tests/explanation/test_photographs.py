"""On real photographs the heat is where the thing is: boxes drawn by hand around the cup and the cat."""

import numpy as np
import pytest
import torch

import striate
from striate.explanation.quality import share_inside

CUP = (125, 10, 460, 300)  # x1, y1, x2, y2 in pixels of coffee.jpg, 600 x 400: the cup, its spoon's handle
CAT = (20, 0, 400, 300)  # of chelsea.jpg, 451 x 300: head and chest
WEIGHTS = {
    "efficientnet_lite0": "efficientnet_lite0.imagenet.safetensors",
    "squeezenet1_1": "squeezenet1_1.imagenet.safetensors",
}


@pytest.mark.parametrize("model", WEIGHTS)
@pytest.mark.parametrize(
    ("file", "label", "box"), [("coffee.jpg", "espresso", CUP), ("chelsea.jpg", "Egyptian cat", CAT)]
)
def test_most_of_the_heat_is_on_the_thing(shared, model, file, label, box):
    weights = shared / "weights" / WEIGHTS[model]
    (found,) = striate.explain(model, shared / "data/photos" / file, weights=weights, class_name=label)
    x1, y1, x2, y2 = box
    mask = torch.zeros(found.heat.shape, dtype=torch.bool)
    mask[y1:y2, x1:x2] = True
    share = float(share_inside(torch.from_numpy(found.heat)[None], mask[None])[0])
    covered = float(mask.float().mean())
    hottest = np.unravel_index(found.heat.argmax(), found.heat.shape)
    assert share > max(0.65, covered + 0.05), (share, covered)
    assert mask[hottest]
