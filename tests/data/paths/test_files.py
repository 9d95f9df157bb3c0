"""Walking and reading folders of strangers."""

import os
from pathlib import Path

import pytest

from striate.data.dataset import BadPicture
from striate.data.paths.files import list_folder, natural, reach_of, read_file, readable, walk


def test_names_sort_as_people_count():
    names = ["s10", "s2", "S1", "s1", "a2b10", "a2b9", "x"]
    assert sorted(names, key=natural) == ["a2b9", "a2b10", "S1", "s1", "s2", "s10", "x"]


@pytest.mark.parametrize("name", ["²", "1²", "٣", "a1٣", "9" * 250])
def test_strange_digits_sort_without_an_error(name: str):
    assert sorted([name, "1", "a"], key=natural)


def test_a_name_that_is_no_utf8_is_readable():
    assert readable(os.fsdecode(b"caf\xe9")) == "caf\\xe9"


def test_a_named_pipe_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadPicture, match="a named pipe, not a file"):
        read_file(tmp_path / "pipe")


def test_reading_stops_at_the_limit(tmp_path: Path):
    (tmp_path / "a").write_bytes(bytes(100))
    assert len(read_file(tmp_path / "a", max_bytes=100)) == 100
    with pytest.raises(BadPicture, match="at most 99"):
        read_file(tmp_path / "a", max_bytes=99)


def test_refusals_leave_no_file_open(tmp_path: Path):
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    for _ in range(20):
        with pytest.raises(BadPicture, match="a folder"):
            read_file(tmp_path)
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before


def test_links_are_followed_to_files_inside_only(tmp_path: Path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "a.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").write_bytes(b"y")
    (root / "inside.jpg").symlink_to("a.jpg")
    (root / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "nothing.jpg").symlink_to("missing.jpg")
    (root / "round.jpg").symlink_to("round.jpg")
    (root / "up").symlink_to("..")
    listing = list_folder(str(root), reach_of(root))
    problems = {found.name: found.problem for found in listing.files}
    assert problems == {
        "a.jpg": None,
        "inside.jpg": None,
        "outside.jpg": "a symbolic link that leads outside the data set",
        "nothing.jpg": "a symbolic link to nothing",
        "round.jpg": "a symbolic link that leads round in a circle",
    }
    assert listing.linked_folders == ["up"]


def test_a_walk_finds_everything_once_and_counts_the_hidden(tmp_path: Path):
    for name in ("b/c/deep.jpg", "b/one.jpg", "top.jpg", ".git/config", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "again").symlink_to("..")
    listings = [listing for listing, _ in walk(str(tmp_path), reach_of(tmp_path))]
    assert [f.name for listing in listings for f in listing.files] == ["top.jpg", "b/one.jpg", "b/c/deep.jpg"]
    assert sum(listing.hidden for listing in listings) == 2
