"""Runs that lie in a folder of pictures are known by what is in them, left out and named."""

from pathlib import Path

import pytest
from PIL import Image

from striate.data.datasets.recognise import open_dataset
from striate.data.paths.picture_paths import picture_paths
from striate.errors import StriateError
from striate.runs.folder import RunFolder


def picture(path: Path, grey: int = 7) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), grey).save(path)


def write_run(out: Path) -> Path:
    """A run with a picture in it, as the report's are."""
    folder = RunFolder.create(out, "classify", "digits-lenet5")
    picture(folder / "pictures" / "mistake.png")
    return folder.path


@pytest.mark.parametrize("layout", ["{label}", "train/{label}"])
@pytest.mark.parametrize("place", ["", "runs", "s1", "s1/deep/er", "train", "train/s1"])
def test_a_run_anywhere_in_the_data_is_no_class_and_takes_no_class_away(
    tmp_path: Path, layout: str, place: str
):
    for label in ("s1", "s2"):
        picture(tmp_path / layout.format(label=label) / "1.png")
    if place.startswith("train") and "train" not in layout:
        place = "s2"
    before = open_dataset(tmp_path)
    write_run(tmp_path / place)
    after = open_dataset(tmp_path)
    assert after.classes == before.classes == ("s1", "s2")
    assert after.items == before.items
    assert any("runs" in note and "left out" in note for note in after.notes), after.notes
    assert not any("classes without pictures" in note for note in after.notes)


def test_only_the_file_of_a_run_makes_one(tmp_path: Path):
    for label in ("s1", "s2"):
        picture(tmp_path / label / "deep" / "1.png")
        (tmp_path / label / "deep" / "format").write_text("JPEG, 8 bits\n")
    assert len(open_dataset(tmp_path).items) == 2


def test_predict_passes_over_a_run_unless_it_is_named(tmp_path: Path):
    picture(tmp_path / "in" / "1.png")
    run, told = write_run(tmp_path / "in"), []
    for word in (tmp_path / "in", f"{tmp_path}/in/**/*.png", f"{tmp_path}/in/*"):
        assert [Path(found.path).name for found in picture_paths(word, told.append)] == ["1.png"]
    assert "classify/digits-lenet5 is a run" in told[0]
    for word in (run, run / "pictures", f"{tmp_path}/in/classify/*/pictures/*.png"):
        assert [Path(found.path).name for found in picture_paths(word)] == ["mistake.png"]


def test_a_run_is_no_data_set(tmp_path: Path):
    with pytest.raises(StriateError, match="is a run that `striate train` wrote, not a data set"):
        open_dataset(write_run(tmp_path))
