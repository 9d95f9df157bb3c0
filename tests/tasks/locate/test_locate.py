"""Localisation: targets, answers in the user's pixels, figures counted by hand, drawings that show boxes."""

import math

import pytest
import torch

from striate.data.sample import Batch, Known, Truth
from striate.losses.localisation import localisation
from striate.models.build import create_model
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import Context, EvaluationOutput
from striate.tasks.catalog import find_task
from striate.tasks.locate.decode import Located
from striate.tasks.locate.metric import LocateMetric
from striate.tasks.locate.targets import main_object, targets
from striate.tasks.locate.task import LOCATE
from striate.tasks.recipes.catalog import RECIPES

LABELS = ("car", "cat")


def truth(*boxes, labels=None, crowd=None):
    numbers = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    kinds = torch.tensor(labels if labels is not None else [0] * len(boxes), dtype=torch.int64)
    return Truth(boxes=numbers, box_labels=kinds, crowd=None if crowd is None else torch.tensor(crowd))


def answer(presence=0.9, label="car", xyxy=(10.0, 10.0, 30.0, 30.0), probability=0.8):
    return Located(presence, label, probability, xyxy)


def context(side=64, fit="squeeze"):
    return Context(LABELS, Preprocessing((side, side), 3, (0.5,) * 3, (0.5,) * 3, fit))


def test_the_largest_object_counts_and_crowds_do_not():
    several = truth(
        (0, 0, 50, 50), (0, 0, 4, 4), (5, 5, 15, 25), labels=[0, 0, 1], crowd=[True, False, False]
    )
    assert main_object(several).label == 1
    assert main_object(several).box.tolist() == [5, 5, 15, 25]
    assert main_object(truth()) is None
    assert main_object(truth((0, 0, 9, 9), crowd=[True])) is None


def test_targets_are_the_courses_eight_numbers():
    rows = targets([truth((60, 50, 140, 90), labels=[1]), truth()], (100, 200), 3)
    # The middle is (100, 70) of 200 x 100; 40 high and 80 wide.
    assert rows[0].tolist() == pytest.approx([1, 0.5, 0.7, 0.4, 0.4, 0, 1, 0])
    assert rows[1].tolist() == [0] * 8


def test_answers_are_in_the_pixels_of_the_users_picture():
    padded = context(64, "pad").preprocessing.place((100, 200))  # 64 wide, 32 high, 16 from above
    outputs = torch.tensor([[3.0, 0.5, 0.5, 0.25, 0.5, 0.0, math.log(3)]])
    said = LOCATE.decode((outputs,), [padded], context(64, "pad"))[0]
    # In the input: 16 high, 32 wide about (32, 32); in the picture: 50 high, 100 wide about (100, 50).
    assert said.xyxy == pytest.approx((50, 25, 150, 75))
    assert (said.label, said.present) == ("cat", True)
    assert said.probability == pytest.approx(0.75)
    assert said.to_json()["xyxy"] == [50, 25, 150, 75]


def test_where_there_is_nothing_neither_box_nor_label_is_said():
    said = answer(presence=0.2)
    assert said.to_json() == {
        "xyxy": None,
        "label": None,
        "probability": None,
        "present": False,
        "presence": 0.2,
    }
    assert list(said.row()) == list(answer().row()) == list(LOCATE.columns(context()))
    assert LOCATE.words(said) == "nothing (something with 20.0 %)"


def test_figures_by_hand():
    truths = [truth((10, 10, 30, 30)), truth((10, 10, 30, 30)), truth((10, 10, 30, 30)), truth(), truth()]
    answers = [
        answer(),  # right
        answer(label="cat"),  # the box alone
        answer(xyxy=(20.0, 10.0, 40.0, 30.0)),  # the class alone: IoU 200 / 600
        answer(),  # a false alarm
        answer(presence=0.1),  # rightly nothing
    ]
    found = LOCATE.figures(answers, truths, context())
    assert found.metrics["accuracy"] == 3 / 5
    assert found.metrics["iou50"] == pytest.approx(1 / 3)
    assert found.metrics["mean_iou"] == pytest.approx((1 + 1 + 1 / 3) / 3)
    assert found.metrics["false_alarms"] == 1 / 2
    low, high = found.metrics["iou50_interval"]
    assert (low, high) == pytest.approx((0.0615, 0.7923), abs=1e-4)  # Wilson's of 1 in 3
    assert found.per_class["car"]["pictures"] == 3 and found.per_class["cat"]["pictures"] == 0
    assert LOCATE.mistakes(answers, truths, context(), 9) == [1, 2, 3]
    assert "both right in 33.33 % of 5 test pictures" in LOCATE.sentence(found.metrics, 5, "test pictures")
    assert any("found in 1 of 2 pictures without one" in line for line in LOCATE.table(found))


def test_without_pictures_nothing_is_measured():
    metrics = LOCATE.figures([], [], context()).metrics
    assert set(metrics.values()) == {None}


def test_the_metric_of_an_epoch_counts_as_the_figures_do():
    generator = torch.manual_seed(0)
    outputs = torch.randn(40, 7, generator=generator) * 0.2 + torch.tensor([0.3, 0.5, 0.5, 0.5, 0.5, 0, 0])
    truths = tuple(
        truth((16, 16, 48, 48), labels=[row % 2]) if row % 4 else truth() for row in range(len(outputs))
    )
    batch = Batch(torch.zeros(40, 3, 64, 64), torch.arange(40), known=Known(truths))
    metric = LocateMetric()
    metric.update(EvaluationOutput(localisation(outputs, targets(truths, (64, 64), 2)), outputs), batch)
    place = context().preprocessing.place((64, 64))
    answers = LOCATE.decode((outputs,), [place] * 40, context())
    expected = LOCATE.figures(answers, truths, context()).metrics
    found = metric.compute()
    for name in ("accuracy", "iou50", "mean_iou"):
        assert found[name] == pytest.approx(expected[name], abs=1e-2), name  # boxes are clipped in answers


@pytest.mark.parametrize("start", ["frozen", "finetune", "scratch"])
def test_a_step_learns_one_picture_by_heart(start):
    torch.manual_seed(0)
    architecture = {"model": "lenet5", "num_classes": 7, "in_channels": 3, "image_size": [64, 64]}
    recipe = RECIPES[LOCATE.recipe_for("resnet18", pretrained=start != "scratch", transfer=start)](100)
    step = LOCATE.step(LOCATE.build(architecture), context(), recipe)
    pictures = torch.randint(0, 256, (2, 3, 64, 64), generator=torch.manual_seed(1), dtype=torch.uint8)
    batch = Batch(pictures, torch.arange(2), known=Known((truth((8, 16, 40, 48), labels=[1]), truth())))
    optimizer = torch.optim.AdamW(step.parameters(), lr=3e-3)
    losses = [step.train()(batch)]
    for _ in range(25):
        optimizer.zero_grad()
        losses.append(step(batch))
        losses[-1].total.backward()
        optimizer.step()
    assert losses[-1].total < losses[0].total / 2
    assert all(math.isfinite(part.item()) for part in losses[-1])


def test_the_drawing_shows_answer_and_truth():
    picture = torch.full((3, 40, 40), 128, dtype=torch.uint8)
    plain = LOCATE.draw(picture, answer(presence=0.0), None)
    drawn = LOCATE.draw(picture, answer(), truth((5, 5, 20, 20)))
    colours = {colour for _, colour in drawn.getcolors(1_000_000)}
    assert (196, 92, 12) in colours and (11, 93, 122) in colours
    assert (11, 93, 122) not in {colour for _, colour in plain.getcolors(1_000_000)}


def test_engines_agree_where_class_and_box_do():
    outputs = torch.tensor([[2.0, 0.5, 0.5, 0.4, 0.4, 3.0, 0.0]] * 3)
    other = outputs.clone()
    other[1, 5:] = torch.tensor([0.0, 3.0])
    other[2, 1:3] = 0.1
    assert LOCATE.agreement((outputs,), (outputs,)).agreement == 1
    assert LOCATE.agreement((outputs,), (other,)).agreement == pytest.approx(1 / 3)


def test_it_is_in_the_table_and_its_records_name_the_same_columns():
    assert find_task("locate") is LOCATE
    rows = [LOCATE.record(answer(), one, context()) for one in (truth((10, 10, 30, 30)), truth())]
    assert list(rows[0]) == list(rows[1])
    assert rows[0]["iou"] == 1 and rows[1]["true_label"] == ""


def test_a_classifiers_network_gets_this_tasks_head():
    plain = create_model("lenet5", num_classes=7, in_channels=3, image_size=64)
    architecture = {"model": "lenet5", "num_classes": 7, "in_channels": 3, "image_size": [64, 64]}
    network, pictures = LOCATE.headed(plain, architecture), torch.zeros(2, 3, 64, 64)
    outputs, weights = network.train()(pictures)
    assert outputs.shape == network.eval()(pictures).shape == (2, 7)
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(2))
    assert LOCATE.fits(LABELS, 7) and not LOCATE.fits(LABELS, 8)
