"""Answers drawn into copies of the pictures: in their own size, nothing of others replaced."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.decoding.decode import DEFAULT_LIMITS, shape_of
from striate.errors import StriateError
from striate.inference.pictures.drawing import DrawnPictures
from striate.inference.pictures.streaming import Prediction, Predictions
from striate.tasks.catalog import find_task
from striate.tasks.landmarks.decode import Marked
from striate.tasks.locate.decode import Located

ORANGE = (196, 92, 12)


class Answers(Predictions):
    def __init__(self, task: str) -> None:
        self.task, self.limits = find_task(task), DEFAULT_LIMITS


def photo(path: Path, size: tuple[int, int] = (800, 600)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (60, 120, 60)).save(path)
    return path


def located(path: Path, box: tuple[float, float, float, float] = (200.0, 150.0, 600.0, 450.0)) -> Prediction:
    return Prediction(path.name, Located(0.9, "car", 0.8, box), path=str(path))


def orange(path: Path) -> np.ndarray:
    """Where a drawing has the colour of answers; JPEG changes it a little."""
    pixels = np.array(Image.open(path).convert("RGB")).astype(int)
    return np.abs(pixels - ORANGE).max(axis=2) < 40


@pytest.mark.parametrize("name", ["car.jpg", "car.png", "car.bmp"])
def test_a_box_is_drawn_in_the_pixels_of_the_picture(tmp_path: Path, name: str):
    drawn = DrawnPictures(tmp_path / "out", [tmp_path / "in"], Answers("locate"))
    target = drawn.add(located(photo(tmp_path / "in" / name)))
    assert target == tmp_path / "out" / name.replace(".bmp", ".png")
    with Image.open(target) as found:
        assert found.size == (800, 600) and found.format == ("JPEG" if name.endswith("jpg") else "PNG")
    rows, columns = np.nonzero(orange(target)[160:])  # below the label
    assert (
        abs(columns.min() - 200) <= 1 and abs(columns.max() - 600) <= 1 and abs(rows.max() + 160 - 450) <= 1
    )
    assert drawn.told == f"drew 1 picture to {tmp_path / 'out'}"


def test_points_are_drawn_at_their_places(tmp_path: Path):
    answer = Marked(0.9, ((100.0, 500.0), (700.0, 80.0)), (0.9, 0.9), (600, 800))
    path = photo(tmp_path / "in" / "face.png")
    drawn = DrawnPictures(tmp_path / "out", [path], Answers("landmarks"))
    marks = orange(drawn.add(Prediction("face.png", answer, path=str(path))))
    assert marks[500, 100] and marks[80, 700] and marks.sum() < 4000


@pytest.mark.parametrize(
    ("size", "shown"), [((28, 14), (320, 160)), ((6000, 30), (4096, 20)), ((320, 9), (320, 9))]
)
def test_only_tiny_and_huge_pictures_change_their_size(tmp_path: Path, size, shown):
    drawn = DrawnPictures(tmp_path / "out", [], Answers("locate"))
    target = drawn.add(located(photo(tmp_path / "a.png", size), (1.0, 1.0, 8.0, 8.0)))
    assert shape_of(target.read_bytes())[1:] == shown[::-1]


def test_names_are_numbered_and_what_striate_drew_is_replaced(tmp_path: Path):
    first, second = photo(tmp_path / "1" / "a.png"), photo(tmp_path / "2" / "A.png")
    out = tmp_path / "out"
    for _ in range(2):
        drawn = DrawnPictures(out, [first, second], Answers("locate"))
        assert [drawn.add(located(path)).name for path in (first, second)] == ["a.png", "A-2.png"]
        assert "1 got a number" in drawn.told
    assert {path.name for path in out.iterdir()} == {"a.png", "A-2.png"}


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_no_file_of_others_is_replaced_but_with_overwrite(tmp_path: Path, kind: str):
    path, out = photo(tmp_path / "in" / "a.png"), tmp_path / "out"
    out.mkdir()
    mine = out / "a.png"
    if kind == "file":
        mine.write_bytes(b"mine")
    else:
        (tmp_path / "elsewhere").write_bytes(b"mine")
        mine.symlink_to(tmp_path / ("elsewhere" if kind == "link" else "none"))
    assert DrawnPictures(out, [path], Answers("locate")).add(located(path)).name == "a-2.png"
    over = DrawnPictures(out, [path], Answers("locate"), overwrite=True).add(located(path))
    assert over.name == ("a.png" if kind == "file" else "a-2.png")
    assert kind != "link" or (tmp_path / "elsewhere").read_bytes() == b"mine"
    assert kind != "link to nothing" or not (tmp_path / "none").exists()


def test_what_is_read_is_never_replaced(tmp_path: Path):
    path = photo(tmp_path / "a.png")
    before = path.read_bytes()
    target = DrawnPictures(tmp_path, [path], Answers("locate"), overwrite=True).add(located(path))
    assert target.name == "a-2.png" and path.read_bytes() == before
    with pytest.raises(StriateError, match="the drawings would be read too"):
        DrawnPictures(tmp_path / "drawn", [tmp_path], Answers("locate"))
    with pytest.raises(StriateError, match="is a file; name a folder"):
        DrawnPictures(path, [], Answers("locate"))


def test_what_has_no_answer_or_no_file_is_counted(tmp_path: Path):
    drawn = DrawnPictures(tmp_path / "out", [], Answers("locate"))
    bad = Prediction("bad.png", None, "is no picture", path=str(tmp_path / "bad.png"))
    gone = located(tmp_path / "gone.png")
    pipe = Prediction("-", Located(0.9, "car", 0.8, (0.0, 0.0, 1.0, 1.0)), path="-")
    assert [drawn.add(one) for one in (bad, gone, pipe)] == [None] * 3
    assert "3 not drawn" in drawn.told and not (tmp_path / "out").exists()


def test_a_long_label_stays_in_the_picture_and_on_its_plate(tmp_path: Path):
    path = photo(tmp_path / "a.png", (400, 300))
    answer = Located(0.9, "WWWW " * 30, 0.8, (300.0, 100.0, 390.0, 200.0))
    drawn = DrawnPictures(tmp_path / "out", [], Answers("locate"))
    pixels = np.array(Image.open(drawn.add(Prediction("a.png", answer, path=str(path)))))
    light = (pixels.min(axis=2) > 200)[80:97]  # letters, between the plate's edges
    plate = orange(tmp_path / "out" / "a.png")[80:97]
    columns = np.flatnonzero(light.any(axis=0))
    assert columns.min() > np.flatnonzero(plate.any(axis=0)).min()
    assert columns.max() < np.flatnonzero(plate.any(axis=0)).max()


def test_classes_have_no_place_in_a_picture():
    with pytest.raises(StriateError, match=r"answers of classify have no place.*leave it out"):
        DrawnPictures("out", [], Answers("classify"))
