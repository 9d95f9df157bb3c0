"""Landmarks: targets of both kinds of truth, places in the user's pixels, distances by hand."""

import math

import pytest
import torch

from striate.data.sample import Batch, Known, Truth
from striate.losses.landmarks import landmarks
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import Context, EvaluationOutput
from striate.tasks.catalog import find_task
from striate.tasks.landmarks.decode import Marked, parts_of
from striate.tasks.landmarks.metric import LandmarksMetric
from striate.tasks.landmarks.targets import count_points, marks_of, targets
from striate.tasks.landmarks.task import LANDMARKS
from striate.tasks.recipes.catalog import RECIPES


def truth(*points, visible=None):
    levels = None if visible is None else torch.tensor(visible, dtype=torch.uint8)
    return Truth(points=torch.tensor(points, dtype=torch.float32), visible=levels)


def answer(*points, presence=0.9, seen=None, size_hw=(100, 200)):
    return Marked(presence, points, tuple(seen or [0.9] * len(points)), size_hw)


def context(side=64, fit="squeeze"):
    return Context((), Preprocessing((side, side), 3, (0.5,) * 3, (0.5,) * 3, fit), outputs=7)


def test_points_are_those_of_the_picture_or_of_its_largest_object():
    assert marks_of(truth((1, 2), (3, 4))).points.tolist() == [[1, 2], [3, 4]]
    of_objects = Truth(
        boxes=torch.tensor([[0.0, 0, 5, 5], [0, 0, 9, 9]]),
        points=torch.tensor([[[1.0, 1]], [[2.0, 2]]]),
        visible=torch.tensor([[2], [1]], dtype=torch.uint8),
    )
    marks = marks_of(of_objects)
    assert marks.points.tolist() == [[2, 2]]
    assert (marks.known.tolist(), marks.visible.tolist()) == ([True], [False])


def test_a_picture_whose_points_are_all_unknown_has_none():
    assert marks_of(truth((0, 0), (0, 0), visible=[0, 0])) is None
    assert marks_of(Truth()) is None
    assert count_points([Truth(), truth((0, 0), (1, 1))]) == 2


def test_targets_are_shares_of_the_sides():
    wanted = targets([truth((50, 25), (0, 100), visible=[2, 0]), Truth()], (100, 200), 2)
    assert wanted.points[0].tolist() == [[0.25, 0.25], [0.0, 1.0]]
    assert wanted.known.tolist() == [[True, False], [False, False]]
    assert wanted.present.tolist() == [True, False]


def test_answers_are_in_the_pixels_of_the_users_picture():
    padded = context(64, "pad").preprocessing.place((100, 200))  # 64 wide, 32 high, 16 from above
    outputs = torch.tensor([[2.0, 0.5, 0.5, 0.25, 0.25, math.log(3), -1.0]])
    said = LANDMARKS.decode((outputs,), [padded], context(64, "pad"))[0]
    assert said.points[0] == pytest.approx((100, 50))
    assert said.points[1] == pytest.approx((50, 0))
    assert said.visibility == pytest.approx((0.75, 1 / (1 + math.e)))
    shown = said.to_json()
    assert shown["points"][0] == {"x": 100.0, "y": 50.0, "visible": True, "visibility": pytest.approx(0.75)}
    assert [point["visible"] for point in shown["points"]] == [True, False]
    assert list(said.row()) == ["presence", "x1", "y1", "v1", "x2", "y2", "v2"]
    assert LANDMARKS.columns(context()) == tuple(said.row())
    assert LANDMARKS.words(said) == "(100.0, 50.0) [50.0, 0.0]"


def test_without_the_thing_no_points_are_said():
    said = answer((1.0, 2.0), presence=0.1)
    assert said.to_json() == {"points": None, "present": False, "presence": 0.1}
    assert said.row() == {"presence": 0.1, "x1": "", "y1": "", "v1": ""}


def test_distances_by_hand():
    answers = [
        answer((13.0, 14.0), (50.0, 60.0)),  # 5 and 10 beside
        answer((10.0, 10.0), (50.0, 50.0), seen=[0.9, 0.1]),  # 0; the other is not known
        answer((1.0, 1.0), (1.0, 1.0)),  # a false flag
    ]
    truths = [truth((10, 10), (50, 50)), truth((10, 10), (0, 0), visible=[2, 0]), Truth()]
    found = LANDMARKS.figures(answers, truths, context())
    assert found.metrics["mean_distance"] == pytest.approx((7.5 + 0) / 2)
    # 1 % of 200 is 2 pixels, 2 % are 4, 5 % are 10.
    assert [found.metrics[f"pck_{s}"] for s in ("0.01", "0.02", "0.05", "0.1")] == [0.5, 0.5, 1, 1]
    assert found.metrics["presence"] == pytest.approx(2 / 3)
    assert found.metrics["visible"] == 1
    assert found.details["per_point"] == [2.5, 10.0]
    assert found.details["points"] == 3
    assert LANDMARKS.mistakes(answers, truths, context(), 9) == [2]
    assert "3.75 pixels beside the truth on average of 3" in LANDMARKS.sentence(found.metrics, 3, "pictures")
    assert any("50.00 % of points within 1 %" in line for line in LANDMARKS.table(found))


def test_the_metric_of_an_epoch_measures_as_the_figures_do():
    generator = torch.manual_seed(0)
    outputs = torch.rand(12, 7, generator=generator) - 0.2
    truths = tuple(
        truth((16, 30), (48, 20), visible=[2, row % 3]) if row % 4 else Truth() for row in range(12)
    )
    wanted = targets(truths, (64, 64), 2)
    batch = Batch(torch.zeros(12, 3, 64, 64), torch.arange(12), known=Known(truths))
    metric = LandmarksMetric()
    metric.update(EvaluationOutput(landmarks(*parts_of(outputs), *wanted), outputs), batch)
    place = context().preprocessing.place((64, 64))
    answers = LANDMARKS.decode((outputs,), [place] * 12, context())
    expected = LANDMARKS.figures(answers, truths, context()).metrics
    found = metric.compute()
    assert found["mean_distance"] == pytest.approx(expected["mean_distance"], rel=1e-4)
    assert found["presence"] == expected["presence"]


def test_a_step_learns_one_picture_by_heart():
    torch.manual_seed(0)
    architecture = {"model": "lenet5", "num_classes": 7, "in_channels": 3, "image_size": [64, 64]}
    recipe = RECIPES[LANDMARKS.recipe_for("resnet18", pretrained=False, transfer=None)](100)
    step = LANDMARKS.step(LANDMARKS.build(architecture), context(), recipe)
    pictures = torch.randint(0, 256, (2, 3, 64, 64), generator=torch.manual_seed(1), dtype=torch.uint8)
    batch = Batch(pictures, torch.arange(2), known=Known((truth((8, 16), (40, 48)), Truth())))
    optimizer = torch.optim.AdamW(step.parameters(), lr=3e-3)
    losses = [step.train()(batch)]
    for _ in range(25):
        optimizer.zero_grad()
        losses.append(step(batch))
        losses[-1].total.backward()
        optimizer.step()
    assert losses[-1].total < losses[0].total / 2


def test_no_recipe_mirrors_points():
    for start in ("frozen", "finetune", "scratch"):
        recipe = RECIPES[LANDMARKS.recipe_for("resnet18", pretrained=True, transfer=start)](100)
        assert not dict(recipe.augmentation).get("mirror", False)


def test_another_number_of_points_is_a_problem_that_names_the_picture(tmp_path):
    class Odd:
        path = tmp_path
        layout = "CSV"
        classes = ()
        items = ()
        ignored = 0
        notes = ()
        problems = ()

        def content(self, row):
            raise AssertionError("no picture is opened")

        read = content

    assert [one.reason for one in LANDMARKS.check(Odd())] == ["no picture has points"]


def test_the_drawing_shows_answer_and_truth():
    picture = torch.full((3, 40, 40), 128, dtype=torch.uint8)
    drawn = LANDMARKS.draw(picture, answer((10.0, 10.0), (30.0, 30.0), seen=[0.9, 0.1]), truth((12, 12)))
    colours = {colour for _, colour in drawn.getcolors(1_000_000)}
    assert (196, 92, 12) in colours and (11, 93, 122) in colours


def test_it_is_in_the_table_and_its_records_name_the_same_columns():
    assert find_task("landmarks") is LANDMARKS
    rows = [LANDMARKS.record(answer((1.0, 1.0)), one, context()) for one in (truth((1, 1)), Truth())]
    assert list(rows[0]) == list(rows[1])
    assert rows[0]["mean_distance"] == 0 and rows[1]["true_present"] == "no"
    as_text = [{name: str(value) for name, value in row.items()} for row in rows]
    assert [LANDMARKS.recorded(row).right for row in as_text] == [row["right"] == "yes" for row in rows]
    assert rows[0]["right"] == "yes"
