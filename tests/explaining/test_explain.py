"""`striate.explain` in Python: arrays, figures, networks without maps, the report's heat."""

import copy
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.engines.choosing import CHOICES
from striate.errors import StriateError
from striate.events import Note
from striate.explaining.explanation import Explanation, two_figures
from striate.explaining.heat_of_mistakes import heat_of_mistakes
from striate.inference.predictor import Predictor
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.classify.decode import Answer
from striate.tasks.classify.task import CLASSIFY

LABELS = ("left", "right")


class Sides(torch.nn.Module):
    """Tells on which side of a picture it is bright: one map a side, pooled."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 1, 1, bias=False)
        self.fc = torch.nn.Linear(16 * 16, 2)
        with torch.no_grad():
            self.conv.weight.fill_(1)
            columns = torch.arange(16).expand(16, 16).flatten()
            self.fc.weight.copy_(torch.stack([(columns < 8).float(), (columns >= 8).float()]))
            self.fc.bias.zero_()

    def forward(self, images):
        return self.fc(self.conv(images).flatten(1)) / 32


def network(module=None) -> Predictor:
    preprocessing = Preprocessing(size_hw=(16, 16), channels=1, mean=(0.0,), std=(1.0,))
    return Predictor("sides", (module or Sides()).eval(), CLASSIFY, preprocessing, LABELS)


def bright(side: str) -> np.ndarray:
    """One bright object on a dark picture of 40 x 64 pixels."""
    picture = np.zeros((40, 64), dtype=np.uint8)
    left = 8 if side == "left" else 44
    picture[12:28, left : left + 12] = 255
    return picture


def test_probabilities_are_those_of_predict_and_torchs_stand_beside_them(monkeypatch):
    """What answers may be another engine, in bf16; heat is torch's."""
    served = network().served_by(CHOICES["openvino"])
    plain = network()

    def flipped(_, given):
        return (plain.module(plain.preprocessing.normalise(given)).detach().flip(1) * 0.5,)

    monkeypatch.setattr(type(served.engine), "run", flipped)
    picture = bright("left")
    answer = served.predict(picture)
    (found,) = striate.explain(served, picture)
    (heat,) = found.classes
    assert (heat.label, heat.probability) == (answer.label, pytest.approx(answer.probability))
    assert heat.in_torch == found.to_json()["probability_in_torch"] < 0.5 < heat.probability
    assert "in torch, which is explained" in two_figures(heat.probability, heat.in_torch)
    (own,) = striate.explain(plain, picture)
    assert own.classes[0].in_torch is None and "probability_in_torch" not in own.to_json()
    assert two_figures(0.5, 0.5) == two_figures(0.5, None)


@pytest.mark.parametrize("side", LABELS)
@pytest.mark.parametrize(
    "method", ["grad-cam", "layer-cam", "eigen-cam", "occlusion", "integrated-gradients"]
)
def test_the_maximum_is_inside_the_bright_object_and_the_heat_has_the_pictures_size(side, method):
    (found,) = striate.explain(network(), bright(side), method=method)
    assert found.heat.shape == (40, 64) and found.heat.min() >= 0 and found.heat.max() == 1
    y, x = np.unravel_index(found.heat.argmax(), found.heat.shape)
    assert bright(side)[y, x] == 255
    assert found.classes[0].label == side
    x1, y1, x2, y2 = found.classes[0].box
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    assert bright(side)[int(middle[1]), int(middle[0])] == 255


def test_pictures_in_memory_are_called_by_their_place_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = striate.explain(network(), [bright("left"), Image.fromarray(bright("right"))], top=2)
    assert [one.file for one in found] == ["picture 1", "picture 2"] and not list(tmp_path.iterdir())
    assert [[two.label for two in one.classes] for one in found] == [["left", "right"], ["right", "left"]]
    assert isinstance(found[0].figure(), Image.Image) and found[0].files == ()
    assert json.loads(json.dumps(found[0].to_json()))["class"] == "left"


def test_a_batch_gives_each_picture_what_it_gets_alone():
    pictures = [bright("left"), bright("right")] * 10  # more than a batch
    together = striate.explain(network(), pictures, method="grad-cam")
    alone = [striate.explain(network(), picture)[0] for picture in pictures[:2]]
    for number, one in enumerate(together):
        np.testing.assert_allclose(one.heat, alone[number % 2].heat, atol=1e-5)


def test_a_network_without_maps_is_explained_by_saliency_and_says_so():
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 2))
    events = []
    (found,) = striate.explain(network(module), bright("left"), on_event=events.append)
    assert found.classes[0].method == "saliency" and found.classes[0].layer is None
    assert any(isinstance(event, Note) and "So this is saliency" in event.text for event in events)
    with pytest.raises(StriateError, match="has no map before its outputs"):
        striate.explain(network(module), bright("left"), method="grad-cam")


def pooled(channels=3):
    """A module that reads any size: convolution, pooling, one dense layer."""
    torch.manual_seed(0)
    layers = (
        torch.nn.Conv2d(channels, 4, 3),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
    )
    return torch.nn.Sequential(*layers, torch.nn.Linear(4, 2))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_plain_module_is_explained_and_what_is_assumed_of_it_is_told(channels):
    events = []
    (found,) = striate.explain(pooled(channels), bright("left"), on_event=events.append)
    assert found.heat.shape == (40, 64) and found.classes[0].label in ("0", "1")
    (told,) = [event.text for event in events if isinstance(event, Note)]
    assert f"taken is {channels} x 224 x 224, normalised as for ImageNet" in told


def test_a_plain_module_with_preprocessing_and_labels_is_explained_like_a_network():
    given, events = network(), []
    (found,) = striate.explain(
        Sides(), bright("left"), preprocessing=given.preprocessing, labels=LABELS, on_event=events.append
    )
    (same,) = striate.explain(given, bright("left"))
    assert found.classes[0].label == "left" and not any(isinstance(one, Note) for one in events)
    np.testing.assert_array_equal(found.heat, same.heat)


def test_what_a_module_cannot_be_asked_is_one_line():
    with pytest.raises(StriateError, match=r"cannot read a picture of 1x224x224: .* Give preprocessing="):
        striate.explain(Sides(), bright("left"))
    with pytest.raises(StriateError, match="3 labels are given and Sequential gives 2 scores"):
        striate.explain(pooled(), bright("left"), labels=(*LABELS, "middle"))
    with pytest.raises(StriateError, match="does not give one row of scores a picture"):
        striate.explain(torch.nn.Conv2d(3, 4, 3), bright("left"))
    with pytest.raises(StriateError, match="reads pictures of 5 channels"):
        striate.explain(pooled(5), bright("left"))
    with pytest.raises(StriateError, match="preprocessing and labels are a module's"):
        striate.explain(network(), bright("left"), labels=LABELS)


@pytest.mark.parametrize("numbers", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(
    "method", ["grad-cam", "eigen-cam", "integrated-gradients", "activations", "filters"]
)
def test_networks_in_other_numbers_are_explained_as_in_float32_and_stay_as_they_are(numbers, method):
    module = pooled(1).to(numbers)  # rounded to these numbers
    (found,) = striate.explain(network(module), bright("left"), method=method)
    (plain,) = striate.explain(network(copy.deepcopy(module).float()), bright("left"), method=method)
    assert {one.dtype for one in module.parameters()} == {numbers}
    if isinstance(found, Explanation):
        np.testing.assert_array_equal(found.heat, plain.heat)
        assert found.classes[0].score == plain.classes[0].score


@pytest.mark.parametrize("numbers", [torch.float16, torch.bfloat16, torch.float64])
def test_networks_in_other_numbers_predict(numbers):
    given = network(Sides().to(numbers))
    assert given.predict(bright("right")).label == "right"


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("method", ["grad-cam", "saliency", "occlusion", "filters", "invariance"])
def test_torchscript_is_refused_in_one_line(method):
    scripted = torch.jit.script(pooled(1))
    for given in (network(scripted), scripted):
        with pytest.raises(StriateError, match=r"is TorchScript .* give the nn.Module"):
            striate.explain(given, bright("left"), method=method)
    traced = torch.jit.trace(pooled(1).eval(), torch.zeros(1, 1, 16, 16))
    if method in ("filters", "invariance"):
        with pytest.raises(StriateError, match="is TorchScript"):
            striate.explain(network(traced), bright("left"), method=method)
    elif method != "grad-cam":  # what is seen from outside is enough
        assert striate.explain(network(traced), bright("left"), method=method)[0].heat.shape == (40, 64)


def test_a_network_in_training_mode_is_explained_evaluating_by_every_method():
    given = network(pooled(1))
    given.module.train()
    (page,) = striate.explain(given, bright("left"), method="invariance")
    assert page.to_json()["method"] == "invariance" and given.module.training


def test_the_network_is_left_in_the_mode_it_was_in():
    given = network()
    given.module.train()
    striate.explain(given, bright("left"), method="smoothgrad")
    assert given.module.training and given.module.conv.training
    assert given.module.conv.weight.grad is None


def test_the_report_shows_heat_beside_the_mistakes(digits_run, tmp_path):
    run = shutil.copytree(digits_run, tmp_path / "run")
    evaluation = json.loads((run / "evaluation.json").read_text())
    heats = [mistake["heat"] for mistake in evaluation["mistakes"] if "heat" in mistake]
    if not evaluation["mistakes"]:
        pytest.skip("the run made no mistake")
    assert heats and all((run / heat).is_file() for heat in heats)
    page = (run / "report.html").read_text()
    assert page.count('class="with-heat"') == len(evaluation["mistakes"])
    assert page.count("data:image/jpeg") == len(heats) and "Beside it Grad-CAM" in page


LEFT = Answer("left", 1.0, [("left", 1.0)])


def test_no_heat_is_drawn_where_it_would_say_nothing():

    pictures = [torch.from_numpy(bright("left"))[None]]
    dense = network(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 2)))
    plain = network()
    black = [torch.zeros(1, 40, 64, dtype=torch.uint8)]
    assert heat_of_mistakes(plain, pictures, [LEFT])[0].size == (320, 200)
    assert heat_of_mistakes(dense, pictures, [LEFT]) == [None]
    assert heat_of_mistakes(plain, black, [LEFT]) == [None]
    assert heat_of_mistakes(plain, [], []) == []
