"""Written scenes: what pycocotools and an XML parser read in them, byte by byte the same for a seed."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.actions.compose import compose
from striate.errors import StriateError

MAKE = {"count": 12, "size": 64, "parts": "50/25/25"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def bounds(mask: np.ndarray) -> list[int]:
    ys, xs = np.nonzero(mask)
    return [int(v) for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
def test_pycocotools_reads_the_same_boxes_masks_and_corners(folders, tmp_path: Path, capsys):
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is a development dependency")
    things, behind = folders
    files = compose(things, backgrounds=behind, out=tmp_path / "out", captions=True, objects="2-4", **MAKE)
    assert sorted(files) == sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file())
    identities: set[int] = set()
    for part, pictures in (("train", 6), ("validation", 3), ("test", 3)):
        read = coco.COCO(str(tmp_path / f"out/annotations/instances_{part}.json"))
        assert len(read.imgs) == pictures and not identities & set(read.anns)
        identities |= set(read.anns)
        assert read.dataset["info"]["composed"] is True and read.dataset["info"]["seed"] == 0
        for image in read.loadImgs(read.getImgIds()):
            with Image.open(tmp_path / "out" / part / image["file_name"]) as opened:
                assert opened.size == (image["width"], image["height"]) == (64, 64)
            together = np.zeros((64, 64), int)
            for one in read.loadAnns(read.getAnnIds(imgIds=image["id"])):
                mask = read.annToMask(one)
                together += mask
                x, y, width, height = one["bbox"]
                assert bounds(mask) == [x, y, x + width, y + height] and one["area"] == mask.sum()
                assert one["num_keypoints"] == sum(v > 0 for v in one["keypoints"][2::3])
            assert together.max() == 1, "no pixel is of two things"
        told = json.loads((tmp_path / f"out/annotations/captions_{part}.json").read_text())
        assert {one["image_id"] for one in told["annotations"]} == set(read.imgs)


def test_no_cut_out_no_background_and_no_look_alike_serves_two_parts(folders, tmp_path: Path):
    things, behind = folders
    notes: list[str] = []
    compose(
        things,
        backgrounds=behind,
        out=tmp_path / "out",
        count=200,
        size=64,
        on_event=lambda event: notes.append(getattr(event, "text", "")),
    )
    used: dict[str, set[str]] = {}
    for part in ("train", "validation", "test"):
        whole = json.loads((tmp_path / f"out/annotations/instances_{part}.json").read_text())
        for one in whole["annotations"]:
            # A copy and a mirror image of the first cat are the first cat.
            name = "cat/0.png" if one["cut_out"].startswith("cat/0") else one["cut_out"]
            used.setdefault(name, set()).add(part)
        for image in whole["images"]:
            used.setdefault(image["background"], set()).add(part)
    assert len(used) == 12 + 6 and all(len(parts) == 1 for parts in used.values())
    assert any("no file and no look-alike serves two parts; 2 look like another" in note for note in notes), (
        notes
    )


@pytest.mark.parametrize("form", ["coco", "voc"])
def test_the_same_seed_writes_the_same_bytes(folders, tmp_path: Path, form: str):
    things, behind = folders
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        compose(
            things, backgrounds=behind, out=tmp_path / name, format=form, seed=seed, captions=True, **MAKE
        )
    assert tree(tmp_path / "a") == tree(tmp_path / "b") != tree(tmp_path / "c")


def test_voc_counts_pixels_from_one_and_says_that_it_is_composed(folders, tmp_path: Path):
    things, behind = folders
    compose(things, backgrounds=behind, out=tmp_path / "out", format="voc", objects=3, **MAKE)
    sets = tmp_path / "out" / "ImageSets" / "Main"
    stems = [(sets / f"{name}.txt").read_text().split() for name in ("train", "val", "test")]
    assert [len(part) for part in stems] == [6, 3, 3]
    for stem in [stem for part in stems for stem in part]:
        root = ET.parse(tmp_path / "out" / "Annotations" / f"{stem}.xml").getroot()
        assert root.findtext("source/annotation") == "composed"
        assert (tmp_path / "out" / "JPEGImages" / str(root.findtext("filename"))).is_file()
        objects = np.array(Image.open(tmp_path / "out" / "SegmentationObject" / f"{stem}.png"))
        classes = np.array(Image.open(tmp_path / "out" / "SegmentationClass" / f"{stem}.png"))
        for number, one in enumerate(root.findall("object"), start=1):
            x1, y1, x2, y2 = bounds(objects == number)
            found = [int(one.findtext(f"bndbox/{name}") or 0) for name in ("xmin", "ymin", "xmax", "ymax")]
            assert found == [x1 + 1, y1 + 1, x2, y2]
            values = set(classes[objects == number].tolist())
            assert values == {["cat", "dog"].index(str(one.findtext("name"))) + 1}


def test_the_palette_is_voc_s():
    from striate.data.writers.voc import palette

    # As the devkit's page names them: background, aeroplane, bicycle, bird... tv monitor, void.
    first = [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128)]
    assert [tuple(map(int, colour)) for colour in palette()[:5]] == first
    assert tuple(palette()[20]) == (0, 64, 128) and tuple(palette()[255]) == (224, 224, 192)


def test_a_mask_beside_a_photograph_cuts_it_out(folders, tmp_path: Path):
    _, behind = folders
    for number in range(3):
        photograph = np.random.default_rng(number).integers(100, 255, (50, 80, 3), dtype=np.uint8)
        mask = np.zeros((50, 80), np.uint8)
        mask[10:40, 20:60] = 255
        (tmp_path / "things").mkdir(exist_ok=True)
        (tmp_path / "flat" / "cup").mkdir(exist_ok=True, parents=True)
        Image.fromarray(photograph).save(tmp_path / f"flat/cup/{number}.jpg")
        Image.fromarray(mask).save(tmp_path / f"flat/cup/{number}_mask.png")
    compose(tmp_path / "flat", backgrounds=behind, out=tmp_path / "out", parts="100/0/0", count=4, size=64)
    whole = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert [one["name"] for one in whole["categories"]] == ["cup"]
    assert {one["cut_out"] for one in whole["annotations"]} <= {f"cup/{number}.jpg" for number in range(3)}
    assert not (tmp_path / "out/test").exists()


def test_what_cannot_be_composed_is_one_sentence(folders, tmp_path: Path):
    things, behind = folders
    out = tmp_path / "out"
    wrong: list[tuple[dict[str, object], str]] = [
        ({"out": behind / "new"}, "is inside"),
        ({"out": things}, "exists; nothing is overwritten"),
        ({"backgrounds": tmp_path / "none"}, "is not there"),
        ({"format": "yolo"}, "coco or voc, not 'yolo'"),
        ({"objects": "4-1"}, "the smaller number first"),
        ({"objects": "0"}, "1 to 100 things"),
        ({"objects": "two"}, "MIN-MAX"),
        ({"count": 0}, "--count is a number"),
        ({"count": 3}, "leaves a part of 70/15/15 without a scene"),
        ({"size": 8}, "--size is a number from 32"),
        ({"parts": "70/30"}, "such as 70/15/15"),
    ]
    for options, message in wrong:
        with pytest.raises(StriateError, match=message):
            compose(things, **{"backgrounds": behind, "out": out, **options})  # type: ignore[arg-type]
        assert not out.exists()
    with pytest.raises(StriateError, match="nothing of it is transparent"):
        compose(behind, backgrounds=behind, out=out)


def test_two_backgrounds_are_too_few_for_three_parts(folders, tmp_path: Path):
    things, behind = folders
    for number in range(2, 6):
        (behind / f"{number}.jpg").unlink()
    with pytest.raises(StriateError, match="2 different backgrounds for 3 parts, and none may serve two"):
        compose(things, backgrounds=behind, out=tmp_path / "out")
    compose(things, backgrounds=behind, out=tmp_path / "out", parts="80/0/20", count=5, size=64)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["annotations", "test", "train"]


def test_damaged_files_are_named_and_left_out(folders, tmp_path: Path):
    things, behind = folders
    (things / "cat" / "1.png").write_bytes((things / "cat" / "1.png").read_bytes()[:90])
    (things / "cat" / "2.png").write_text("no picture")
    (behind / "0.jpg").write_bytes(b"")
    told: list[str] = []
    compose(
        things,
        backgrounds=behind,
        out=tmp_path / "out",
        on_event=lambda event: told.append(getattr(event, "text", "")),
        **MAKE,
    )
    left = [text for text in told if text.startswith("left out")]
    assert len(left) == 3 and any("cat/1.png: the file is cut short" in text for text in left)
