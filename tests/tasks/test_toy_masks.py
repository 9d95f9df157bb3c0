"""A task that only tests know, taught by masks: nothing above the data sets had to learn of masks."""

import json

import pytest
from tests.data.test_whole_truths import masked_set
from tests.tasks import toy_masks

from striate.actions.evaluate import evaluate
from striate.actions.train import train
from striate.errors import StriateError


@pytest.mark.parametrize("form", ["coco", pytest.param("voc", marks=pytest.mark.slow)])
def test_masks_teach_and_measure_in_the_pixels_of_the_users_pictures(tmp_path, monkeypatch, form):
    toy_masks.register(monkeypatch)
    data = masked_set(tmp_path / form, form, 150)
    run = train(data, task="toy-masks", lr=0.003, fit="pad", epochs=20, out=tmp_path / "runs", image_size=48)
    # Guessing the middle of 60 x 40 pixels misses by about 11.
    assert run.metrics["distance"] < 8
    again = evaluate(run, data)
    assert again.metrics["distance"] < 8 and len(again.names) == 150


def test_boxes_without_masks_teach_no_task_of_masks(tmp_path, monkeypatch):
    toy_masks.register(monkeypatch)
    data = masked_set(tmp_path / "set", "coco", 30)
    with pytest.raises(StriateError, match="has boxes, classes of boxes, masks, and classify learns from"):
        train(data, task="classify", out=tmp_path / "runs")
    file = data / "annotations" / "instances_train.json"
    told = json.loads(file.read_text())
    for one in told["annotations"]:
        del one["segmentation"]
    file.write_text(json.dumps(told))
    with pytest.raises(StriateError, match="has boxes, classes of boxes, and toy-masks learns from boxes, m"):
        train(data, task="toy-masks", out=tmp_path / "runs")
