"""Masks that a data set reads later are carried by batches, placed and moved as their pictures are."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.data.loading import Batches, Store
from striate.data.reading import known_in, read_pictures
from striate.data.transforms.presets import AUGMENTATIONS
from striate.data.whole_truths import has_truth, whole_truth
from striate.preprocess.preprocessing import Preprocessing

WANTED = ("boxes", "box_labels", "masks")
SIZE = (40, 60)


def masked_set(folder: Path, form: str, count: int = 12) -> Path:
    """Black pictures with one white rectangle, which is what the mask says too."""
    drawn = np.random.default_rng(0)
    pixels, boxes = [], []
    for _ in range(count):
        x, y = (int(value) for value in drawn.integers(2, (SIZE[1] - 22, SIZE[0] - 16)))
        boxes.append((x, y, x + 20, y + 14))
        pixels.append(np.zeros(SIZE, np.uint8))
        pixels[-1][y : y + 14, x : x + 20] = 255
    place = folder / ("train" if form == "coco" else "JPEGImages")
    place.mkdir(parents=True)
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(place / f"{number:03}.png")
    if form == "coco":
        objects = [
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]],
            }
            for number, (x1, y1, x2, y2) in enumerate(boxes)
        ]
        images = [
            {"id": number, "file_name": f"{number:03}.png", "width": SIZE[1], "height": SIZE[0]}
            for number in range(count)
        ]
        (folder / "annotations").mkdir()
        told = {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "block"}]}
        (folder / "annotations" / "instances_train.json").write_text(json.dumps(told))
        return folder
    for name in ("Annotations", "SegmentationObject"):
        (folder / name).mkdir()
    for number, (picture, (x1, y1, x2, y2)) in enumerate(zip(pixels, boxes, strict=True)):
        Image.fromarray((picture > 0).astype(np.uint8)).save(folder / f"SegmentationObject/{number:03}.png")
        corners = f"<xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
        (folder / f"Annotations/{number:03}.xml").write_text(
            f"<annotation><object><name>block</name><bndbox>{corners}</bndbox></object></annotation>"
        )
    return folder


def opened(folder: Path, fit: str = "pad"):
    dataset = open_dataset(folder, truths=WANTED, classes=0)
    spec = Preprocessing((48, 48), 1, (0.5,), (0.5,), fit)
    pictures, found = read_pictures(dataset, spec)
    return dataset, *known_in(dataset, found, WANTED, spec), pictures


@pytest.mark.parametrize("form", ["coco", "voc"])
@pytest.mark.parametrize("augment", [None, "light", "book", "crop"])
def test_a_batchs_masks_lie_where_its_pictures_show_them(tmp_path: Path, form: str, augment: str | None):
    dataset, known, found, pictures = opened(masked_set(tmp_path / form, form))
    assert len(found.usable) == len(dataset.items) == 12
    store = Store(pictures, torch.full((12,), -1), known)
    changed = None if augment is None else AUGMENTATIONS[augment]
    for batch in Batches(store, torch.arange(12), 4, seed=3, augmentation=changed).epoch(1):
        for picture, truth in zip(batch.pictures, batch.truths, strict=True):
            if len(truth.masks) == 0:  # it left the picture
                continue
            assert truth.masks.shape == (1, 48, 48) and truth.masks.dtype == torch.bool
            light = picture[0].float() > float(picture.max()) / 2
            shared = (light & truth.masks[0]).sum() / (light | truth.masks[0]).sum()
            assert shared > 0.8, (augment, float(shared))


def test_items_have_no_masks_before_they_are_asked_for(tmp_path: Path):
    dataset = open_dataset(masked_set(tmp_path / "set", "coco"), truths=WANTED, classes=0)
    assert dataset.items[0].truth.masks is None and has_truth(dataset, 0, WANTED)
    assert whole_truth(dataset, 0, ("boxes",)).masks is None
    assert whole_truth(dataset, 0, WANTED, SIZE).masks.shape == (1, *SIZE)
    with pytest.raises(BadPicture, match="masks have 60 x 40 pixels, the picture has 10 x 10"):
        whole_truth(dataset, 0, WANTED, (10, 10))


def test_a_picture_with_damaged_masks_is_a_problem_and_one_without_objects_is_none(tmp_path: Path):
    folder = masked_set(tmp_path / "set", "coco")
    file = folder / "annotations" / "instances_train.json"
    told = json.loads(file.read_text())
    told["annotations"][3]["segmentation"] = [[1, 1]]
    told["annotations"][5]["segmentation"] = []
    del told["annotations"][7]
    file.write_text(json.dumps(told))
    dataset, known, found, _ = opened(folder)
    assert [row for row in range(12) if not has_truth(dataset, row, WANTED)] == [5]
    assert [row for row in range(12) if found.rows[row].problem] == [3]
    assert "a mask is damaged" in found.rows[3].problem
    assert known.truths[7].masks.shape == (0, 48, 48)
    (tmp_path / "bare").mkdir()
    for one in told["annotations"]:
        del one["segmentation"]
    file.write_text(json.dumps(told))
    bare = open_dataset(folder, truths=WANTED, classes=0)
    assert not any(has_truth(bare, row, WANTED) for row in range(12))
