"""The scan and the audit on a folder with one of every problem."""

import hashlib
import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.audit.audit import audit
from striate.data.dataset import Dataset
from striate.data.datasets.recognise import open_dataset
from striate.data.fingerprint import fingerprint
from striate.data.scan import scan
from striate.events import Event, Progress
from striate.shapes import Picture


def digests(dataset: Dataset) -> list[str]:
    contents = [dataset.content(row) for row in range(len(dataset.items))]
    return [hashlib.blake2b(content, digest_size=8).hexdigest() for content in contents]


def noise(path: Path, seed: int, side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(small).resize((side, side)).save(path)
    return path


@pytest.fixture
def troubled(tmp_path: Path) -> Path:
    """Two classes in two parts, with one of every problem."""
    root = tmp_path / "data"
    first = noise(root / "train" / "cat" / "1.png", 1)
    shutil.copy(first, root / "train" / "cat" / "2.png")  # duplicate
    noise(root / "train" / "dog" / "3.png", 3)
    shutil.copy(first, root / "train" / "dog" / "conflict.png")  # label conflict
    leak = noise(root / "train" / "dog" / "5.png", 5)
    noise(root / "test" / "cat" / "6.png", 6)
    (root / "test" / "dog").mkdir()
    shutil.copy(leak, root / "test" / "dog" / "leak.png")
    with Image.open(root / "train" / "dog" / "3.png") as image:
        image.resize((80, 80)).save(root / "train" / "dog" / "near.jpg")
        image.save(root / "train" / "dog" / "short.png")
        image.rotate(90).save(root / "train" / "dog" / "short.png")
    short = root / "train" / "dog" / "short.png"
    short.write_bytes(short.read_bytes()[:-12])
    (root / "train" / "cat" / "bad.jpg").write_bytes(b"nothing")
    noise(root / "train" / "cat" / "x.png", 9).rename(root / "train" / "cat" / "wrong.jpg")
    return root


def test_every_problem_is_named_once_where_it_belongs(troubled: Path):
    problems = audit(open_dataset(troubled)).to_dict()["problems"]
    assert json.loads(json.dumps(problems)) == {
        "unreadable": [{"file": "train/cat/bad.jpg", "reason": "the file is text, not a picture"}],
        "damaged": [{"file": "train/dog/short.png", "reason": "the PNG is cut short: its end is missing"}],
        "wrong_extension": [
            {
                "file": "train/cat/wrong.jpg",
                "reason": "the content is PNG, not .jpg; rename it to end in .png",
            }
        ],
        "duplicates": [
            ["test/dog/leak.png", "train/dog/5.png"],
            ["train/cat/1.png", "train/cat/2.png", "train/dog/conflict.png"],
        ],
        "near_duplicates": [["train/dog/3.png", "train/dog/near.jpg", "train/dog/short.png"]],
        "label_conflicts": [["train/cat/1.png", "train/dog/conflict.png", "train/cat/2.png"]],
        "leaks": [["test/dog/leak.png", "train/dog/5.png"]],
        "near_label_conflicts": [],
        "near_leaks": [],
        "blank": [],
        "odd_sizes": [],
        "odd_labels": [],
        "small_classes": [],
        "mislabelled": [],
    }


def test_pictures_are_those_that_can_be_had(troubled: Path):
    result = audit(open_dataset(troubled))
    assert result.pictures == 10
    assert result.classes == {"cat": 4, "dog": 6}
    assert result.problems.count() == 8


def test_near_duplicates_are_named_even_where_only_a_copy_stands_between_them(tmp_path: Path):
    """The copy is passed over, and what looks like it is still found beside the picture that it copies."""
    first = noise(tmp_path / "a" / "1.png", 1)
    shutil.copy(first, tmp_path / "a" / "2.png")
    with Image.open(first) as image:
        image.resize((80, 80)).save(tmp_path / "b.png")
        image.resize((96, 96)).save(tmp_path / "c.png")
    (tmp_path / "b").mkdir()
    for name in ("b", "c"):
        (tmp_path / f"{name}.png").rename(tmp_path / "b" / f"{name}.png")
    problems = audit(open_dataset(tmp_path)).problems
    assert problems.duplicates == (("a/1.png", "a/2.png"),)
    assert problems.near_duplicates == (("a/1.png", "b/b.png", "b/c.png"),)


def test_a_tidy_folder_has_no_problems(tmp_path: Path):
    for row in range(6):
        noise(tmp_path / "ab"[row % 2] / f"{row}.png", row)
    assert audit(open_dataset(tmp_path)).problems.count() == 0


def test_a_scan_gives_each_readable_picture_away_once_and_restores_the_threads(troubled: Path):
    dataset = open_dataset(troubled)
    kept: dict[int, Picture] = {}
    lock = threading.Lock()
    events: list[Event] = []
    before = torch.get_num_threads()

    def keep(row: int, picture: Picture) -> None:
        with lock:
            assert row not in kept
            kept[row] = picture

    found = scan(dataset, keep, events.append)
    assert torch.get_num_threads() == before
    with ThreadPoolExecutor(1) as later:  # threads that start afterwards compute as before
        assert later.submit(torch.get_num_threads).result() == before
    assert sorted(kept) == found.usable
    assert all(torch.equal(kept[row], dataset.read(row)[0]) for row in kept)
    assert [found.rows[row].size_hw for row in kept] == [tuple(kept[row].shape[1:]) for row in kept]
    assert events[-1] == Progress("reading", 11, 11)
    assert found.digests == digests(dataset)
    assert found.groups()[found.usable[0]] == found.usable[0]


def test_a_scan_reads_each_file_once(troubled: Path, monkeypatch: pytest.MonkeyPatch):
    dataset = open_dataset(troubled)
    reads: list[int] = []
    read = dataset.content
    monkeypatch.setattr(dataset, "content", lambda row: reads.append(row) or read(row))
    scan(dataset)
    assert sorted(reads) == list(range(11))


def test_an_error_of_the_keeper_is_not_swallowed(troubled: Path):
    def keep(row: int, picture: Picture) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scan(open_dataset(troubled), keep)


def test_the_fingerprint_sees_names_labels_parts_and_content_and_not_the_place(
    troubled: Path, tmp_path: Path
):
    moved = shutil.copytree(troubled, tmp_path / "elsewhere")
    before = scan(open_dataset(troubled)).fingerprint
    assert scan(open_dataset(moved)).fingerprint == before
    (moved / "train" / "cat" / "1.png").rename(moved / "train" / "cat" / "renamed.png")
    renamed = scan(open_dataset(moved)).fingerprint
    noise(moved / "train" / "cat" / "renamed.png", 77)
    assert len({before, renamed, scan(open_dataset(moved)).fingerprint}) == 3


def test_the_fingerprint_does_not_depend_on_the_order(troubled: Path):
    dataset = open_dataset(troubled)
    found = digests(dataset)
    assert fingerprint(dataset.items[::-1], dataset.classes, found[::-1]) == fingerprint(
        dataset.items, dataset.classes, found
    )


@pytest.mark.slow
def test_mnist_is_audited_whole(shared: Path):
    result = audit(open_dataset(shared / "data" / "mnist"))
    assert result.pictures == 70_000
    assert result.problems.near_duplicates == ()
    assert sum(result.classes.values()) == 70_000


def test_look_alikes_across_parts_and_labels_are_named_beside_the_exact_ones(troubled: Path):
    with Image.open(troubled / "train" / "dog" / "3.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(troubled / "test" / "cat" / "mirror.png")
    problems = audit(open_dataset(troubled)).problems
    family = ("test/cat/mirror.png", "train/dog/3.png", "train/dog/near.jpg", "train/dog/short.png")
    assert problems.near_leaks == (family,)
    assert problems.near_label_conflicts == (family,)
    assert problems.leaks == (("test/dog/leak.png", "train/dog/5.png"),)


def test_a_copy_on_the_other_side_of_a_look_alike_is_named_too(tmp_path: Path):
    """The copy itself is a leak; so is its look-alike, though thumbnails compare only the first copy."""
    first = noise(tmp_path / "train" / "a" / "1.png", 1)
    noise(tmp_path / "train" / "b" / "2.png", 2)
    for name in ("a", "b"):
        (tmp_path / "test" / name).mkdir(parents=True)
    shutil.copy(first, tmp_path / "test" / "a" / "copy.png")
    with Image.open(first) as image:
        image.resize((90, 90)).save(tmp_path / "train" / "a" / "larger.png")
    problems = audit(open_dataset(tmp_path)).problems
    assert problems.leaks == (("test/a/copy.png", "train/a/1.png"),)
    assert problems.near_leaks == (("test/a/copy.png", "train/a/1.png", "train/a/larger.png"),)


def test_blank_odd_and_small_are_named_and_odd_sizes_are_only_a_hint(tmp_path: Path):
    for row in range(24):
        noise(tmp_path / "ab"[row % 2] / f"{row}.png", row)
    noise(tmp_path / "a" / "wide.png", 50).unlink()
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (60, 600, 3), dtype=np.uint8)).save(
        tmp_path / "a" / "wide.png"
    )
    result = audit(open_dataset(tmp_path))
    assert [entry.file for entry in result.problems.odd_sizes] == ["a/wide.png"]
    assert result.problems.count() == 0
    Image.new("RGB", (64, 64), (30, 30, 30)).save(tmp_path / "b" / "cap.png")
    (tmp_path / "c").mkdir()
    noise(tmp_path / "c" / "only.png", 60)
    result = audit(open_dataset(tmp_path))
    assert [entry.file for entry in result.problems.blank] == ["b/cap.png"]
    assert [(entry.label, entry.pictures) for entry in result.problems.small_classes] == [("c", 1)]
    assert result.imbalance == 13


def test_conflicts_name_every_side_before_a_side_comes_again(tmp_path: Path):
    """A page shows the first few: a group of many a's and one z is a riddle if only the a's are seen."""
    for number in range(5):
        noise(tmp_path / "a" / f"{number}.png", 7, side=64 + 2 * number)
    noise(tmp_path / "m" / "0.png", 7, side=90)
    noise(tmp_path / "z" / "0.png", 7, side=96)
    problems = audit(open_dataset(tmp_path)).problems
    expected = ("a/0.png", "m/0.png", "z/0.png", "a/1.png", "a/2.png", "a/3.png", "a/4.png")
    assert problems.near_label_conflicts == (expected,)
    assert problems.near_duplicates == (tuple(sorted(expected)),)
