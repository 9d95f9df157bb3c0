"""Copies go into a folder a class, inside the place that was named, whatever classes are called."""

from pathlib import Path

import pytest

from striate.errors import StriateError
from striate.inference.pictures.copying import SortedCopies
from striate.inference.pictures.streaming import Prediction
from striate.tasks.classify.decode import Answer

LABELS = ("a/b", "a:b", "a_b", "unsure", "..", "A_B", "plain")


def answered(path: Path, label: str, *, unsure: bool = False) -> Prediction:
    path.write_text(label)
    return Prediction(path.name, Answer(label, 0.9, [(label, 0.9)]), unsure=unsure, path=str(path))


def test_no_two_classes_share_a_folder_nor_one_with_the_unsure_answers(tmp_path: Path):
    copies = SortedCopies(tmp_path / "out", [])
    copies.name_folders(LABELS)
    for label in LABELS:
        copies.add(answered(tmp_path / "1.png", label))
        copies.add(answered(tmp_path / "2.png", label, unsure=True))
    found: dict[str, set[str]] = {}
    for path in (tmp_path / "out").glob("*/1.png"):
        found.setdefault(path.parent.name, set()).add(path.read_text())
    assert sorted(map(sorted, found.values())) == sorted([label] for label in LABELS)
    assert "unsure" not in found and len(list((tmp_path / "out" / "unsure").iterdir())) == len(LABELS)
    assert found["a_b"] == {"a_b"} and found["plain"] == {"plain"}  # what can keeps its name
    assert len({name.casefold() for name in found}) == len(LABELS)  # on Windows and macOS too
    told = copies.told
    assert (
        "class 'a/b' is in the folder 'a_b-" in told and "class 'unsure' is in the folder 'unsure-2'" in told
    )
    assert "class 'plain'" not in told and "\n" not in told


def test_the_folders_do_not_depend_on_the_order_of_the_answers(tmp_path: Path):
    first, second = (SortedCopies(tmp_path / "out", []) for _ in range(2))
    for copies, labels in ((first, LABELS), (second, LABELS)):
        copies.name_folders(labels)
    first.add(answered(tmp_path / "1.png", "a:b"))
    second.add(answered(tmp_path / "1.png", "a/b"))
    assert first.folders == second.folders
    assert len({path.parent for path in (tmp_path / "out").glob("*/*")}) == 2


@pytest.mark.parametrize("name", ["plain", "unsure", "a_b-3"])
@pytest.mark.parametrize("kind", ["link", "link to nothing", "file"])
def test_nothing_is_written_through_a_link_or_over_a_file(tmp_path: Path, name: str, kind: str):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    if kind == "file":
        (out / name).write_text("mine")
    else:
        (out / name).symlink_to(elsewhere if kind == "link" else tmp_path / "none")
    copies = SortedCopies(out, [])
    with pytest.raises(StriateError, match=rf"{name} is (a link|no folder).*--copy-to"):
        copies.name_folders(LABELS)
    assert not list(elsewhere.iterdir()) and not (tmp_path / "none").exists()
