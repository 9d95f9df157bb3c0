"""Links in data sets: named where they are not followed, followed where that was asked for, never round."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError


def picture(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), value).save(path, "PNG")
    return path


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A class folder that is a link out of the data set, and one that is none."""
    for name in ("store/a/1.png", "store/a/2.png", "data/b/3.png"):
        picture(tmp_path / name)
    (tmp_path / "data" / "a").symlink_to(tmp_path / "store" / "a")
    return tmp_path / "data"


def test_the_error_names_the_links_and_the_way_to_follow_them(linked: Path):
    with pytest.raises(StriateError, match=r"1 link to a folder, not followed: a; --follow-links follows"):
        open_dataset(linked)
    shutil.rmtree(linked / "b")
    with pytest.raises(StriateError, match=r"1 link to a folder, not followed: a; --follow-links follows"):
        open_dataset(linked)


def test_links_to_folders_and_to_files_outside_are_followed_when_asked(linked: Path):
    (linked / "b" / "out.png").symlink_to(linked.parent / "store" / "a" / "1.png")
    dataset = open_dataset(linked, follow_links=True)
    assert [item.name for item in dataset.items] == ["a/1.png", "a/2.png", "b/3.png", "b/out.png"]
    assert all(dataset.read(row)[0].shape == (1, 8, 8) for row in range(4))
    assert dataset.notes == ()


def test_links_in_a_circle_end_and_are_named(linked: Path):
    (linked / "b" / "up").symlink_to(linked)
    (linked / "b" / "other").symlink_to(linked.parent / "store")
    (linked.parent / "store" / "back").symlink_to(linked / "b")
    dataset = open_dataset(linked, follow_links=True)
    names = [item.name for item in dataset.items]
    assert names == ["a/1.png", "a/2.png", "b/3.png", "b/other/a/1.png", "b/other/a/2.png"]
    assert {note.split(" is a link")[0] for note in dataset.notes} == {"'b/up'", "'b/other/back'"}


def test_a_table_follows_links_when_asked_and_dots_never(linked: Path):
    picture(linked.parent / "outside.png")
    rows = "image,label\na/1.png,a\nb/3.png,b\n../outside.png,b\n"
    (linked / "t.csv").write_text(rows)
    refused = {False: (0, 2), True: (2,)}
    for follow, rows_refused in refused.items():
        dataset = open_dataset(linked / "t.csv", follow_links=follow)
        for row in range(3):
            if row in rows_refused:
                with pytest.raises(BadPicture, match="leads outside"):
                    dataset.read(row)
            else:
                dataset.read(row)


@pytest.mark.parametrize("inside", ["", "train"])
def test_a_snapshot_of_a_hub_cache_reads_its_own_blobs_and_no_other(tmp_path: Path, inside: str):
    repository = tmp_path / "datasets--org--digits"
    snapshot = repository / "snapshots" / "0123abcd"
    for number, name in enumerate(("a/1.png", "b/2.png")):
        blob = picture(repository / "blobs" / f"{number}", number)
        link = snapshot / inside / name
        link.parent.mkdir(parents=True)
        link.symlink_to(Path("../" * (len(link.parent.relative_to(repository).parts)), "blobs", blob.name))
    picture(tmp_path / "secret.png")
    (snapshot / inside / "b" / "stolen.png").symlink_to(tmp_path / "secret.png")
    dataset = open_dataset(snapshot)
    assert [int(dataset.read(row)[0][0, 0, 0]) for row in range(2)] == [0, 1]
    with pytest.raises(BadPicture, match="outside the data set"):
        dataset.read(2)
    with pytest.raises(StriateError, match=f"Did you mean {snapshot}"):
        open_dataset(repository)
