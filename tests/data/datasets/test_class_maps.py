"""Maps of classes from VOC's folders, from `images` and `masks`, and drawn from COCO's objects."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.actions.compose import compose
from striate.data.dataset import BadPicture
from striate.data.datasets.maps.class_maps import open_map_folders, open_voc_maps
from striate.data.datasets.objects.coco import open_coco
from striate.errors import StriateError


def numbers(path: Path, *rows: tuple[int, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(path)


def written(folder: Path, *masks: tuple[tuple[int, ...], ...], below: str = "") -> Path:
    """`images` and `masks` of one row of pixels each."""
    for at, rows in enumerate(masks):
        numbers(folder / "images" / below / f"{at}.png", *rows)
        numbers(folder / "masks" / below / f"{at}.png", *rows)
    return folder


def test_voc_s_palette_numbers_are_indices_of_the_classes(shared: Path):
    dataset = open_voc_maps(shared / "data" / "voc_samples")
    assert dataset.classes[:2] == ("background", "aeroplane") and len(dataset.classes) == 21
    assert [item.part for item in dataset.items] == ["train"] * 3 + ["validation"]
    for row, item in enumerate(dataset.items):
        file = shared / "data" / "voc_samples" / "SegmentationClass" / f"{Path(item.name).stem}.png"
        assert torch.equal(dataset.later(row, "class_map"), torch.from_numpy(np.array(Image.open(file))))


def test_coco_and_voc_of_the_same_scenes_have_the_same_maps(tmp_path: Path, folders):
    things, behind = folders
    made = {"count": 6, "size": 48, "seed": 1, "objects": "1-3", "backgrounds": behind}
    compose(things, out=tmp_path / "coco", format="coco", **made)
    compose(things, out=tmp_path / "voc", format="voc", **made)
    coco, voc = open_coco(tmp_path / "coco", maps=True), open_voc_maps(tmp_path / "voc")
    assert coco.classes == voc.classes and coco.classes[0] == "background"
    stems = {Path(item.name).stem: row for row, item in enumerate(voc.items)}
    for row, item in enumerate(coco.items):
        drawn, stored = coco.later(row, "class_map"), voc.later(stems[Path(item.name).stem], "class_map")
        assert torch.equal(drawn, stored) and drawn.any()


def test_pixels_of_two_classes_are_unknown(tmp_path: Path):
    whole = {
        "images": [{"id": 1, "file_name": "a.png", "width": 6, "height": 1}],
        "annotations": [
            {"id": at, "image_id": 1, "category_id": kind, "bbox": [x, 0, 3, 1],
             "segmentation": [[x, 0, x + 3, 0, x + 3, 1, x, 1]]}
            for at, (kind, x) in enumerate([(1, 0), (2, 2)])
        ],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }  # fmt: skip
    numbers(tmp_path / "a.png", (0,) * 6)
    (tmp_path / "c.json").write_text(json.dumps(whole))
    dataset = open_coco(tmp_path / "c.json", maps=True)
    assert dataset.classes == ("background", "cat", "dog")
    assert dataset.later(0, "class_map").tolist() == [[1, 1, 255, 2, 2, 0]]
    assert not open_coco(tmp_path / "c.json").has_later(0, "class_map")


def test_folders_of_images_and_masks(tmp_path: Path):
    (tmp_path / "class_names.txt").write_text("sky\ngrass\nhouse\n")
    written(tmp_path, ((0, 1, 255),), ((2, 2, 2),), below="train")
    numbers(tmp_path / "images" / "train" / "lonely.png", (0, 0, 0))
    dataset = open_map_folders(tmp_path)
    assert [item.name for item in dataset.items] == ["images/train/0.png", "images/train/1.png"]
    assert {item.part for item in dataset.items} == {"train"} and dataset.classes == ("sky", "grass", "house")
    assert dataset.later(0, "class_map").tolist() == [[0, 1, 255]] and dataset.later(0, "masks") is None
    assert dataset.notes == ("1 picture without a map, left out",)


def test_parts_may_stand_above_images_and_masks(tmp_path: Path):
    for part in ("train", "val"):
        written(tmp_path / part, ((0, 1),), ((1, 1),))
    dataset = open_map_folders(tmp_path)
    assert [item.part for item in dataset.items] == ["train"] * 2 + ["validation"] * 2
    assert dataset.classes == ("0", "1") and "classes are numbers up to 1" in dataset.notes[0]


def test_black_and_white_masks_are_background_and_foreground(tmp_path: Path):
    dataset = open_map_folders(written(tmp_path, ((0, 255),), ((255, 255),)))
    assert dataset.classes == ("background", "foreground")
    assert dataset.later(0, "class_map").tolist() == [[0, 1]]


def test_what_is_wrong_with_a_map_is_said(tmp_path: Path):
    written(tmp_path, ((0, 1),), ((0, 7),), ((1, 1),))
    (tmp_path / "classes.txt").write_text("a\nb\n")
    Image.new("RGB", (2, 1)).save(tmp_path / "masks" / "2.png")
    dataset = open_map_folders(tmp_path)
    with pytest.raises(BadPicture, match="has the number 7, and there are 2 classes"):
        dataset.later(1, "class_map")
    with pytest.raises(BadPicture, match="a colour picture"):
        dataset.later(2, "class_map")
    (tmp_path / "classes.txt").write_text("a\na\n")
    with pytest.raises(StriateError, match="no name twice"):
        open_map_folders(tmp_path)
    (tmp_path / "classes.txt").write_text("\n".join(map(str, range(256))))
    with pytest.raises(StriateError, match="255 at most"):
        open_map_folders(tmp_path)
    with pytest.raises(StriateError, match="no picture in images"):
        open_map_folders(tmp_path / "images")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path):
    written(tmp_path / "set", ((0, 1),), ((0, 1),))
    numbers(tmp_path / "secret.png", (1, 1))
    (tmp_path / "set" / "masks" / "1.png").unlink()
    (tmp_path / "set" / "masks" / "1.png").symlink_to(tmp_path / "secret.png")
    dataset = open_map_folders(tmp_path / "set")
    with pytest.raises(BadPicture, match="link"):
        dataset.later(1, "class_map")
    with pytest.raises(BadPicture, match="link"):
        dataset.later_content(1)
