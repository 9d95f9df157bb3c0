"""Data sets of boxes and points are found by what stands there, where the task wants such truths."""

import json

import pytest
from PIL import Image

from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError

BOXES = ("boxes", "box_labels")


@pytest.fixture
def pictures(tmp_path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (20, 10), "red").save(tmp_path / name)
    return tmp_path


def test_a_table_of_boxes(pictures):
    table = pictures / "boxes.csv"
    table.write_text("image,x1,y1,x2,y2,label\na.png,1,2,5,6,cat\nb.png,,,,,\n")
    dataset = open_dataset(table, truths=BOXES)
    assert dataset.classes == ("cat",)
    assert [item.truth.boxes.tolist() for item in dataset.items] == [[[1, 2, 5, 6]], []]


def test_a_coco_file_and_its_folder(pictures):
    whole = {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 4, 4]}],
        "categories": [{"id": 3, "name": "cat"}],
    }
    (pictures / "annotations").mkdir()
    file = pictures / "annotations" / "instances.json"
    file.write_text(json.dumps(whole))
    for path in (pictures, file):
        assert open_dataset(path, truths=BOXES).items[0].truth.boxes.tolist() == [[1, 2, 5, 6]]


def test_what_has_no_annotations_is_refused_in_one_line(pictures):
    with pytest.raises(StriateError, match=r"has no boxes or classes of boxes.*Accepted: .*a COCO folder"):
        open_dataset(pictures, truths=BOXES)


def test_a_table_beside_the_pictures_is_offered(pictures):
    (pictures / "boxes.csv").write_text("image,x1,y1,x2,y2,label\n")
    with pytest.raises(StriateError, match=r"If boxes\.csv lists the pictures, give it"):
        open_dataset(pictures, truths=BOXES)


def test_classification_still_refuses_boxes(pictures):
    (pictures / "annotations").mkdir()
    (pictures / "annotations" / "instances.json").write_text("{}")
    with pytest.raises(StriateError, match="COCO data set"):
        open_dataset(pictures)
