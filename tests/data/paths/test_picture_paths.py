"""Which pictures a word stands for: files, folders, patterns; nothing outside, nothing twice, no circles."""

import glob
import os
from pathlib import Path

import pytest

from striate.data.paths.picture_paths import paths_or_problem, picture_paths, starting_folder
from striate.errors import StriateError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ("a.png", "b.jpg", "notes.txt", "in/c.png", "in/deep/d.png", "in/deep/e.jpg", "x1/f.png"):
        path = tmp_path / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG if path.suffix != ".txt" else b"text")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "t"


def names(word):
    return [found.name for found in picture_paths(word)]


@pytest.mark.parametrize("pattern", ["t/*.png", "t/**/*.png", "t/in/*/*.jpg", "t/x?/f.png", "t/[ax]*/*.png"])
def test_patterns_match_what_the_shell_matches(tree, pattern):
    assert sorted(names(pattern)) == sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207


def test_a_matched_folder_stands_for_its_pictures(tree):
    assert names("t/i*") == ["t/in/c.png", "t/in/deep/d.png", "t/in/deep/e.jpg"]
    assert sorted(names("t/**")) == sorted(names("t/**/*")) == sorted(names("t"))
    assert names(str(tree / "x*")) == [str(tree / "x1" / "f.png")]


def test_a_file_is_itself_even_if_its_name_looks_like_a_pattern(tree):
    (tree / "a[1].png").write_bytes(PNG)
    assert names("t/a[1].png") == ["t/a[1].png"]
    assert names("t/gone.png") == ["t/gone.png"]  # reading it will say so


def test_links_are_not_followed_out_or_round(tree, tmp_path):
    (tmp_path / "secret.png").write_bytes(PNG)
    (tree / "link.png").symlink_to(tmp_path / "secret.png")
    (tree / "in" / "round").symlink_to(tree)
    told = []
    found = list(picture_paths("t", told.append))
    assert [one.name for one in found if one.problem] == ["t/link.png"]
    assert told == ["t/in/round is a link to a folder and is not followed"]
    assert sorted(names("t/**/*.jpg")) == ["t/b.jpg", "t/in/deep/e.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every folder")
def test_a_folder_that_cannot_be_listed_is_named(tree):
    (tree / "in").chmod(0)
    try:
        found = {one.name: one.problem for one in picture_paths("t")}
    finally:
        (tree / "in").chmod(0o755)
    assert "cannot be listed: permission" in found["t/in"] and found["t/a.png"] is None


def test_a_folder_that_vanishes_is_named_and_the_others_go_on(tree, monkeypatch):
    from striate.data.paths import files

    real = files.list_folder

    def failing(path, root, prefix=""):
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(path, root, prefix)

    monkeypatch.setattr(files, "list_folder", failing)
    problems = {one.name: one.problem for one in picture_paths("t")}
    assert problems["t/in/deep"] == "the folder cannot be listed: permission to read it is missing"
    assert problems["t/x1/f.png"] is None
    assert {one.problem for one in picture_paths("t/**/*.png") if one.name == "t/in/deep"} == {
        problems["t/in/deep"]
    }


def test_nothing_found_is_an_error_at_once(tree):
    (tree / "empty").mkdir()
    with pytest.raises(StriateError, match="t/empty holds no pictures"):
        picture_paths("t/empty")
    with pytest.raises(StriateError, match=r"t/\*.gif matches no picture"):
        picture_paths("t/*.gif")


def test_the_folder_in_which_a_word_looks(tree):
    assert str(starting_folder("t/in/**/*.png")) == "t/in"
    assert str(starting_folder("*.png")) == "." and str(starting_folder("/*/x.png")) == "/"
    assert starting_folder("t/a.png") is None and starting_folder(tree) == tree


def test_a_folder_with_brackets_is_a_folder_and_the_pattern_begins_after_it(tree):
    for name in ("br[1]/a.png", "br[1]/[x]/b.png", "br1/c.png", "br1/[x]/d.png"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(PNG)
    assert names("t/br[1]/*.png") == ["t/br[1]/a.png"]
    assert names("t/br[1]/[x]/*") == ["t/br[1]/[x]/b.png"]
    assert names("t/br[1]/[!y].png") == ["t/br[1]/a.png"]
    assert names("t/br[12]/*.png") == ["t/br1/c.png"]
    assert starting_folder("t/br[1]/*.png") == Path("t/br[1]")


def test_of_several_words_one_without_pictures_is_a_problem_and_alone_an_error(tree):
    (tree / "empty").mkdir()
    for word, why in (("t/empty", "holds no pictures"), ("t/*.gif", "matches no picture")):
        (found,) = paths_or_problem(word, alone=False)
        assert found.name == word and str(found.problem).startswith(why)
        with pytest.raises(StriateError, match=why):
            list(paths_or_problem(word, alone=True))


def test_links_are_followed_out_when_asked_and_never_round(tree, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "z.png").write_bytes(PNG)
    (tree / "far").symlink_to(tmp_path / "far")
    (tmp_path / "far" / "back").symlink_to(tree)
    (tree / "link.png").symlink_to(tmp_path / "far" / "z.png")
    told = []
    found = [(one.name, one.problem) for one in picture_paths("t", told.append, follow_links=True)]
    assert ("t/far/z.png", None) in found and ("t/link.png", None) in found and len(found) == 8
    assert told == ["t/far/back is a link to a folder and was read already"]


@pytest.mark.parametrize("word", ["a\0b", "y" * 300, "y/" * 3000 + "z"], ids=["nul", "long", "deep"])
def test_a_word_that_no_file_can_have_is_a_picture_that_cannot_be_read(word):
    (found,) = picture_paths(word)
    assert found.path == word
    assert starting_folder(word) is None
