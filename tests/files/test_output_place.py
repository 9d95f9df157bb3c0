"""What may be written where: only over Striate's own files, and no pictures into the data."""

from pathlib import Path

import pytest
from PIL import Image

from striate.drawing.signed import signed
from striate.errors import StriateError, WorkFailed
from striate.files.output_place import (
    PAGE,
    PICTURE,
    SHEET,
    output_file,
    refuse_inside,
    require_new_folder,
    require_replaceable,
)
from striate.reports.figures import figures_html


def page() -> str:
    return figures_html({"method": "m", "title": "t", "line": "l", "figures": []})


def test_a_page_replaces_a_page_of_ours_and_no_other_file(tmp_path: Path):
    place = tmp_path / "deep" / "page.html"
    assert output_file(place, PAGE, "x.html", "--out") == place and place.parent.is_dir()
    place.write_text(page())
    assert output_file(place, PAGE, "x.html", "--out") == place
    place.write_text("<html><body>mine</body></html>")
    with pytest.raises(StriateError, match=r"no page that Striate wrote.*--out, or add --overwrite"):
        output_file(place, PAGE, "x.html", "--out")
    assert output_file(place, PAGE, "x.html", "--out", overwrite=True) == place
    place.write_bytes(b"")  # as `touch` or `mktemp` leaves it
    assert output_file(place, PAGE, "x.html", "--out") == place


def test_a_folder_stands_for_the_usual_name_and_other_suffixes_are_refused(tmp_path: Path):
    assert output_file(tmp_path, PAGE, "check.html", "--out") == tmp_path / "check.html"
    assert output_file(f"{tmp_path}/new/", PAGE, "check.html", "--out") == tmp_path / "new" / "check.html"
    picture = tmp_path / "1.jpg"
    picture.write_bytes(b"picture")
    with pytest.raises(StriateError, match=r"a page is an .html or .htm file, and what is there is not over"):
        output_file(picture, PAGE, "x.html", "--out", overwrite=True)
    for name in ("page", "page.txt", "page.html.gz"):
        with pytest.raises(StriateError, match="a page is an"):
            output_file(tmp_path / name, PAGE, "x.html", "--out")


@pytest.mark.parametrize("name", ["a\0.html", "n" * 300 + ".html", "file/page.html"])
def test_an_impossible_place_is_one_line(tmp_path: Path, name: str):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StriateError) as caught:
        output_file(tmp_path / name, PAGE, "x.html", "--out")
    assert "--out" in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_read_is_not_replaced_by_any_name(tmp_path: Path):
    data = tmp_path / "data.html"
    data.write_text(page())
    (tmp_path / "link.html").symlink_to(data)
    for place in (data, tmp_path / "link.html"):
        with pytest.raises(StriateError, match="is what is read"):
            output_file(place, PAGE, "x.html", "--out", data=[data])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_says_who_drew_it(tmp_path: Path, kind: str):
    image = Image.new("RGB", (4, 4))
    ours, theirs = (tmp_path / f"{name}.{kind.lower()}" for name in ("ours", "theirs"))
    ours.write_bytes(signed(image, kind))  # type: ignore[arg-type]
    image.save(theirs)
    require_replaceable(ours, SHEET if kind == "JPEG" else PICTURE, "--out")
    with pytest.raises(StriateError, match="is there and is no"):
        require_replaceable(theirs, SHEET if kind == "JPEG" else PICTURE, "--out")


def test_pictures_are_not_written_into_data_by_any_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data = tmp_path / "data"
    (data / "s1").mkdir(parents=True)
    (tmp_path / "link").symlink_to(data)
    for out in (data, data / "new", data / "s1", tmp_path / "link" / "x", data / "s1" / ".." / "y"):
        with pytest.raises(StriateError, match=r"the data set .*the run's pictures would be read too"):
            refuse_inside(out, [tmp_path / "other", data], "the run's pictures", "--out")
    refuse_inside(tmp_path / "data-2", [data, "photos/*.png", "n" * 300], "them", "--out")
    with pytest.raises(StriateError, match="the sheet would be read"):
        output_file(data / "sheet.png", SHEET, "s.png", "--out", data=[data])
    monkeypatch.chdir(data)  # `striate train .`: the usual place is left out by every reader
    refuse_inside("runs", ["."], "them", "--out")
    Path("runs").mkdir()
    with pytest.raises(StriateError):
        refuse_inside("runs", ["runs"], "them", "--out")


def test_a_folder_that_cannot_be_made_is_work_that_failed(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(WorkFailed):
        output_file(tmp_path / "file" / "deep" / "page.html", PAGE, "x.html", "--out")


@pytest.mark.parametrize("there", ["nothing", "an empty folder", "a file in it", "a file", "a link", "data"])
def test_a_new_folder_is_new_or_empty_and_not_in_the_data(tmp_path, there):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    match there:
        case "an empty folder":
            out.mkdir()
        case "a file in it":
            out.mkdir()
            (out / "mine.txt").write_text("mine")
        case "a file":
            out.write_text("mine")
        case "a link":
            out.symlink_to(data)
        case "data":
            out = data / "inside"
    if there in ("nothing", "an empty folder"):
        require_new_folder(out, [data], "the pictures", "--out")
        return
    said = (
        "is inside the data set" if there == "data" else "exists; nothing is overwritten. Name a new folder"
    )
    with pytest.raises(StriateError, match=said):
        require_new_folder(out, [data], "the pictures", "--out")
