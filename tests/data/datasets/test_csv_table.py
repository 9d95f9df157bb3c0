"""Tables of pictures as people and programs write them, and as nobody should."""

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.data.datasets.tables import csv_table
from striate.data.datasets.tables.csv_table import open_csv
from striate.errors import StriateError


def picture(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 3), value).save(path, "PNG")
    return path


def table(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(path: Path) -> list[tuple[str, str, str | None]]:
    dataset = open_dataset(path)
    return [(i.name, dataset.classes[i.truth.label or 0], i.part) for i in dataset.items]


EXPECTED = [("x/1.png", "cat", "train"), ("2.png", "dog", "test"), ("3.png", "dog", "validation")]
SPELLINGS = {
    "plain": b"image,label,split\nx/1.png,cat,train\n2.png,dog,test\n3.png,dog,val\n",
    "other order": b"Split,LABEL, image\nTrain,cat,x/1.png\ntesting,dog,2.png\nvalid,dog,3.png\n",
    "semicolons": b"image;label;split\nx/1.png;cat;train\n2.png;dog;test\n3.png;dog;validation\n",
    "tabs": b"image\tlabel\tsplit\nx/1.png\tcat\ttrain\n2.png\tdog\ttest\n3.png\tdog\tval\n",
    "windows": b"\xef\xbb\xbfimage,label,split\r\nx/1.png,cat,train\r\n2.png,dog,test\r\n3.png,dog,val\r\n",
    "utf-16": "image,label,split\nx/1.png,cat,train\n2.png,dog,test\n3.png,dog,val\n".encode("utf-16"),
    "quotes, blanks": b'"image","label","split"\n\n"x/1.png","cat",train\n2.png, dog ,test\n\n3.png,dog,val',
    "extra": b"id,file_name,class,split\n1,x/1.png,cat,train\n2,2.png,dog,test\n3,3.png,dog,val\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_of_a_table_means_the_same(tmp_path: Path, text: bytes):
    assert rows(table(tmp_path, text)) == EXPECTED


def test_what_was_recognised_and_not_read_is_said(tmp_path: Path):
    dataset = open_csv(table(tmp_path, SPELLINGS["extra"]))
    assert dataset.layout == "CSV table (list.csv), split into train + validation + test"
    assert dataset.notes[0] == "columns that are not read: id"


def test_pictures_are_found_from_the_table_and_a_missing_one_is_bad_by_name(tmp_path: Path):
    picture(tmp_path / "x" / "1.png", 7)
    dataset = open_dataset(table(tmp_path, "image,label\nx/1.png,a\nx\\1.png,b\nnone.png,b\n"))
    assert dataset.read(0)[0].tolist() == [[[7] * 4] * 3]
    assert dataset.read(1)[0].tolist() == [[[7] * 4] * 3]  # as Windows writes it
    with pytest.raises(BadPicture, match="there is no such file"):
        dataset.read(2)
    assert dataset.items[2].name == "none.png"


def test_numbers_are_classes_in_the_order_people_count(tmp_path: Path):
    dataset = open_dataset(table(tmp_path, "image,label\na,10\nb,9\nc,0\n"))
    assert dataset.classes == ("0", "9", "10")
    assert [item.truth.label for item in dataset.items] == [2, 1, 0]


def test_what_leaves_the_folder_is_refused_unless_its_absolute_path_is_written(tmp_path: Path):
    outside = picture(tmp_path / "outside.png", 9)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "link.png").symlink_to(outside)
    (folder / "out").symlink_to(tmp_path)
    names = ["../outside.png", "link.png", "out/outside.png", "x/../../outside.png", str(outside)]
    text = "image,label\n" + "".join(f"{name},{number % 2}\n" for number, name in enumerate(names))
    dataset = open_dataset(table(folder, text))
    for row in range(4):
        with pytest.raises(BadPicture, match=r"leads outside the folder of the table.*absolute path"):
            dataset.content(row)
    assert dataset.read(4)[0].max() == 9
    assert dataset.notes == ("absolute paths in the table: 1, read also outside its folder",)


def test_links_and_dots_that_stay_inside_are_followed(tmp_path: Path):
    picture(tmp_path / "a" / "1.png", 5)
    (tmp_path / "b.png").symlink_to(tmp_path / "a" / "1.png")
    dataset = open_dataset(table(tmp_path, "image,label\na/../a/1.png,x\nb.png,y\n"))
    assert [int(dataset.read(row)[0].max()) for row in range(2)] == [5, 5]


def test_hostile_names_are_bad_pictures(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    names = ["pipe.png", "loop.png", "/dev/zero", "http://example.org/a.png", "a\0b", "x" * 5000, ".", "/"]
    text = io.StringIO()
    csv.writer(text).writerows(
        [["image", "label"], *([name, number % 2] for number, name in enumerate(names))]
    )
    dataset = open_dataset(table(tmp_path, text.getvalue()))
    assert len(dataset.items) == len(names)
    for row in range(len(names)):
        with pytest.raises(BadPicture) as caught:
            dataset.content(row)
        assert "\n" not in str(caught.value)


def test_rows_that_are_equal_count_once_and_a_second_label_shows(tmp_path: Path):
    text = "image,label\na.png,x\na.png,x\na.png,y\nb.png,\n,y\nc.png\n"
    dataset = open_csv(table(tmp_path, text))
    assert [item.name for item in dataset.items] == ["a.png", "a.png#2"]
    assert dataset.notes == (
        "rows without an image or a label: 3, left out",
        "rows that repeat another one: 1, left out",
    )


def test_a_class_in_test_only_is_told(tmp_path: Path):
    dataset = open_csv(table(tmp_path, "image,label,split\na,x,train\nb,y,train\nc,z,test\n"))
    assert dataset.classes == ("x", "y", "z")
    assert "without training pictures: z;" in dataset.notes[0] and "1 picture elsewhere" in dataset.notes[0]


WRONG = {
    "empty": (b"", "line 0|line 1: expected the columns image and label"),
    "no header": (b"1.png,cat\n", "line 1: expected the columns image and label .*found 1.png, cat"),
    "comma in a name": (b"image,label\na,b.png,cat\n", "line 2: 3 values where the first line has 2"),
    "split": (
        b"image,label,split\na.png,cat,training\nb.png,cat,trian\n",
        "line 3: split 'trian' is unknown",
    ),
    "latin-1": ("image,label\na.png,café\n".encode("latin-1"), "line 2: a label is not UTF-8"),
    "only a header": (b"image,label\n", "names no picture with a label"),
    "zeros": (bytes(3000), "line 1"),
    "open quote": (b'image,label\n"a.png,cat\n', "line 2: unexpected end of data"),
    "one class": (b"image,label\na,x\nb,x\n", "only one class with pictures, 'x'"),
    "a long line": (b"image,label\n" + b"x" * 2_000_000, "a line has more than 1,000,000 characters"),
    "a long label": (b"image,label\na," + b"x" * 2_000, "a label has 2,000 characters"),
    "cut utf-16": ("image,label\na,b\n".encode("utf-16") + b"x", "is not UTF-8|line"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, text: bytes, words: str):
    path = table(tmp_path, text)
    with pytest.raises(StriateError, match=words) as caught:
        open_dataset(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_table_of_a_gigabyte_is_refused_at_once(tmp_path: Path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10**9)  # sparse: takes no room
    with pytest.raises(StriateError, match=r"has 1,000,000,000 bytes; at most 500,000,000 are read"):
        open_dataset(path)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(csv_table, "LARGEST_SET", 3)
    with pytest.raises(StriateError, match="more than 5,000,000 rows, the most"):
        open_dataset(table(tmp_path, "image,label\n" + "a,b\nc,d\n" * 3))


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = table(tmp_path_factory.mktemp("fuzz"), b"image,label\n" + content)
    try:
        assert open_dataset(path).items
    except StriateError as error:
        told = str(error)
        assert "\n" not in told
