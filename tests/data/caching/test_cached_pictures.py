"""An entry of the picture cache is used whole and right, or not at all."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.data.conftest import files_read, read, same

from striate.data.caching import cached_pictures
from striate.events import Warned


def spoil(folder: Path, how: str) -> None:
    index, raw = folder / "index", next(folder.glob("*.raw"))
    content = bytearray(index.read_bytes())
    if how == "index cut":
        index.write_bytes(content[: len(content) // 2])
    elif how == "index empty":
        index.write_bytes(b"")
    elif how == "index binary":
        index.write_bytes(os.urandom(500))
    elif how == "raw cut":
        os.truncate(raw, raw.stat().st_size - 1)
    elif how == "raw longer":
        os.truncate(raw, raw.stat().st_size + 8)
    elif how == "raw gone":
        raw.unlink()
    elif how == "raw a link":
        raw.rename(folder.parent / "elsewhere")
        raw.symlink_to(folder.parent / "elsewhere")
    else:  # a byte of what is known about the files
        flipped = bytearray(raw.read_bytes())
        flipped[-30] ^= 1
        raw.write_bytes(flipped)


@pytest.mark.parametrize(
    "how",
    [
        "index cut",
        "index empty",
        "index binary",
        "raw cut",
        "raw longer",
        "raw gone",
        "raw a link",
        "known",
    ],
)
def test_a_spoilt_entry_is_made_again(cache, photos, monkeypatch, how):
    expected = read(photos)
    expected = (expected[0].clone(), expected[1])
    spoil(next(cache.iterdir()), how)
    opened = files_read(monkeypatch)
    assert same(read(photos), expected) and len(opened) == 12
    opened.clear()
    assert same(read(photos), expected) and opened == []


def test_no_flipped_bit_of_the_index_goes_unseen(cache, photos):
    read(photos)
    index = next(cache.glob("*/index"))
    whole, folder = index.read_bytes(), index.parent
    of = cached_pictures._read_index(index).of
    assert cached_pictures.read_entry(folder, of, (3, 24, 32)) is not None
    for at in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        index.write_bytes(flipped)
        assert cached_pictures.read_entry(folder, of, (3, 24, 32)) is None, at


@pytest.mark.parametrize("raw", ["../../outside.raw", "pictures-0.raw", "copy"])
def test_an_index_leads_to_no_file_but_its_own(cache, photos, raw):
    read(photos)
    index = next(cache.glob("*/index"))
    content = next(cache.glob("*/*.raw")).read_bytes()
    (index.parent / raw).write_bytes(content)  # right in every other way
    found = cached_pictures._read_index(index)
    cached_pictures._write_index(index, found.model_copy(update={"raw": raw}))
    assert cached_pictures._read_index(index).raw == raw  # the digest is right
    assert cached_pictures.read_entry(index.parent, found.of, (3, 24, 32)) is None


def test_an_index_with_other_rows_than_its_file_holds_is_no_entry(cache, photos):
    read(photos)
    index = next(cache.glob("*/index"))
    found = cached_pictures._read_index(index)
    for rows in (found.rows[1:], found.rows * 1000, []):
        cached_pictures._write_index(index, found.model_copy(update={"rows": rows}))
        assert cached_pictures.read_entry(index.parent, found.of, (3, 24, 32)) is None


def test_the_raw_file_begins_with_the_pictures_pixel_by_pixel(cache, photos):
    pictures, _ = read(photos)
    raw = next(cache.glob("*/*.raw")).read_bytes()
    flat = [pictures[1, c, y, x].item() for y in range(2) for x in range(32) for c in range(3)]
    assert list(raw[3 * 24 * 32 :][: len(flat)]) == flat


@pytest.mark.parametrize("kept", ["in memory", "in a nameless file", "in one beside the entry"])
def test_a_flipped_bit_of_a_picture_is_seen_and_that_picture_is_read_again(cache, photos, monkeypatch, kept):
    if kept != "in memory":
        monkeypatch.setattr(cached_pictures, "memory_for_copies", lambda: 0)
    if kept == "in one beside the entry":
        monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    expected = read(photos)
    expected = (expected[0].clone(), expected[1])
    raw = next(cache.glob("*/*.raw"))
    flipped = bytearray(raw.read_bytes())
    flipped[3 * (3 * 24 * 32) + 100] ^= 4
    raw.write_bytes(flipped)
    opened, events = files_read(monkeypatch), []
    assert same(read(photos, events=events), expected)
    assert opened == ["3.png"]
    assert "the picture cache is damaged: 1 picture in it will be read again" in [
        event.text for event in events if isinstance(event, Warned)
    ]
    opened.clear()
    assert same(read(photos), expected) and opened == []


@pytest.mark.parametrize("what", ["index", "raw", "lock"])
def test_a_named_pipe_in_the_place_of_a_file_is_no_entry_and_does_not_wait(cache, photos, what):
    expected = read(photos)
    expected = (expected[0].clone(), expected[1])
    path = next(cache.glob("*/*.raw" if what == "raw" else f"*/{what}"))
    path.unlink()
    os.mkfifo(path)
    assert same(read(photos), expected)


def test_without_room_for_an_entry_anywhere_pictures_are_decoded(cache, photos, monkeypatch):
    """An entry is never mapped where another program could cut it off."""
    expected = read(photos)
    expected = (expected[0].clone(), expected[1])
    monkeypatch.setattr(cached_pictures, "private_room", no_room)
    opened = files_read(monkeypatch)
    assert same(read(photos), expected)
    assert len(opened) == 12


def no_room(size, folder):
    raise OSError(errno.ENOSPC, "No space left on device")


CUT_OFF = """
import os, sys
from pathlib import Path
from tests.data.conftest import SPEC
from striate.data.caching import cached_pictures, picture_cache
from striate.data.datasets.recognise import open_dataset
from striate.data.reading import read_pictures
picture_cache.TOO_FRESH = -10**18
if sys.argv[3] == "large":
    cached_pictures.memory_for_copies = lambda: 0
pictures, _ = read_pictures(open_dataset(sys.argv[1]), SPEC)
picture_cache.wait_for_writers()
for raw in Path(sys.argv[2]).glob("*/*.raw"):
    os.truncate(raw, 0)
print(int(pictures.long().sum()))
"""


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("start", ["first", "second"])
def test_a_file_that_is_cut_off_while_it_is_used_ends_no_process(cache, photos, start, size):
    wanted = int(read(photos)[0].long().sum())
    if start == "first":
        shutil.rmtree(cache)
    command = [sys.executable, "-c", CUT_OFF, str(photos), str(cache), size]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, str(wanted)), done.stderr[-300:]
