"""The picture cache: immediate, never stale, never trusted, bounded, shared, and never in the way."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.conftest import SPEC, files_read, read, same, without_cache

from striate.data.caching import cached_pictures, picture_cache
from striate.data.caching.cache_room import clear, pictures_folder
from striate.data.datasets import picture_files
from striate.data.datasets.recognise import open_dataset
from striate.data.reading import read_pictures
from striate.errors import StriateError
from striate.events import Note, Warned
from striate.files.file_lock import LockBusy, lock_file, mark_in_use, unlock
from striate.preprocess.preprocessing import Preprocessing


def test_a_second_start_opens_no_file_and_finds_the_same(cache, photos, monkeypatch):
    expected = without_cache(photos, monkeypatch)
    assert not cache.exists()
    first = read(photos)
    opened = files_read(monkeypatch)
    second = read(photos)
    assert opened == []
    assert same(first, expected) and same(second, expected)
    assert second[1].rows[-1].problem == "the file is text, not a picture"
    assert [row.damage for row in second[1].rows].count(None) == 11


@pytest.mark.parametrize("change", ["content", "touched", "added", "removed", "mended", "replaced"])
def test_what_changed_is_read_again_and_nothing_else(cache, photos, monkeypatch, change):
    read(photos)
    picture = Image.fromarray(np.full((60, 70, 3), 90, np.uint8))
    if change == "content":
        times = (photos / "a" / "3.png").stat()
        picture.save(photos / "a" / "3.png")
        os.utime(photos / "a" / "3.png", ns=(times.st_atime_ns, times.st_mtime_ns))  # only ctime tells
        wanted = ["3.png"]
    elif change == "touched":
        os.utime(photos / "b" / "1.png", ns=(1, 1))
        wanted = ["1.png"]
    elif change == "added":
        picture.save(photos / "a" / "00.png")
        wanted = ["00.png"]
    elif change == "removed":
        (photos / "a" / "2.png").unlink()
        wanted = []
    elif change == "mended":
        picture.save(photos / "b" / "text.jpg")
        wanted = ["text.jpg"]
    else:
        picture.save(photos / "other.png")
        (photos / "other.png").replace(photos / "b" / "4.png")
        wanted = ["4.png"]
    expected = without_cache(photos, monkeypatch)
    opened = files_read(monkeypatch)
    assert same(read(photos), expected) and opened == wanted
    opened.clear()
    assert same(read(photos), expected) and opened == []
    assert len(list(cache.glob("*/*.raw"))) == 1  # what was before is gone


def test_a_file_that_was_written_just_before_is_read_again(cache, photos, monkeypatch):
    monkeypatch.setattr(picture_cache, "TOO_FRESH", 3600 * 10**9)
    read(photos)
    opened = files_read(monkeypatch)
    read(photos)
    assert len(opened) == 12


def test_a_file_that_changes_while_it_is_read_is_read_again(cache, photos, monkeypatch):
    real = picture_files.read_file

    def changing(path, max_bytes):
        content = real(path, max_bytes)
        if path.endswith("a/3.png"):
            os.utime(path, ns=(5, 5))
        return content

    with monkeypatch.context() as patch:
        patch.setattr(picture_files, "read_file", changing)
        read(photos)
    opened = files_read(monkeypatch)
    read(photos)
    assert opened == ["3.png"]


def test_other_preprocessings_limits_and_folders_have_their_own_entries(cache, photos, tmp_path, monkeypatch):
    read(photos)
    others = [
        Preprocessing((24, 24), 3, (0.5,) * 3, (0.5,) * 3),
        Preprocessing((24, 32), 1, (0.5,), (0.5,)),
        Preprocessing((24, 32), 3, (0.5,) * 3, (0.5,) * 3, "pad"),
    ]
    for spec in others:
        assert read(photos, spec)[0].shape[1:] == (spec.channels, *spec.size_hw)
    photos.rename(tmp_path / "moved")
    read(tmp_path / "moved")
    assert len(list(cache.iterdir())) == 5
    normalised = Preprocessing((24, 32), 3, (0.1,) * 3, (0.2,) * 3)  # the store holds 8-bit pictures
    opened = files_read(monkeypatch)
    read(tmp_path / "moved", normalised)
    assert opened == []


def test_the_pictures_outlive_the_cache(cache, photos):
    first, _ = read(photos)
    second, scan = read(photos)
    expected = second[scan.usable].clone()
    for path in cache.glob("*/*"):
        path.unlink()
    assert torch.equal(first[scan.usable], expected) and torch.equal(second[scan.usable], expected)


def test_writing_to_pictures_from_the_cache_changes_no_cache(cache, photos):
    expected = read(photos)[0].clone()
    read(photos)[0].fill_(7)
    assert torch.equal(read(photos)[0], expected)


def test_a_full_disk_is_a_warning(cache, photos, monkeypatch):
    expected = without_cache(photos, monkeypatch)

    def full(handle, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cached_pictures, "reserve", full)
    events: list = []
    assert same(read(photos, events=events), expected)
    warned = [event.text for event in events if isinstance(event, Warned)]
    assert len(warned) == 1 and "No space left on device; going on without it" in warned[0]
    assert list(cache.glob("*/*.raw")) == []


def test_a_disk_that_fills_while_the_entry_is_finished_is_a_warning(cache, photos, monkeypatch):
    expected = without_cache(photos, monkeypatch)

    def full(path, index):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cached_pictures, "_write_index", full)
    events: list = []
    assert same(read(photos, events=events), expected)
    assert "the next start reads the pictures again" in next(e.text for e in events if isinstance(e, Warned))
    assert list(cache.glob("*/*.raw")) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_disk_that_is_really_full_is_a_warning(cache, photos, tmp_path, monkeypatch):
    expected = without_cache(photos, monkeypatch)
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(small)], check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        monkeypatch.setenv("STRIATE_CACHE", str(small))
        events: list = []
        assert same(read(photos, events=events), expected)
        assert [type(event) for event in events].count(Warned) == 1
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_cache_that_cannot_be_made_is_a_warning(photos, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "file"))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "100000000")
    events: list = []
    pictures, _ = read(photos, events=events)
    assert len(pictures) == 12 and any(isinstance(event, Warned) for event in events)


def test_what_is_too_large_is_not_cached_and_said(cache, photos, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "20000")
    events: list = []
    read(photos, events=events)
    assert not cache.exists()
    assert any(isinstance(event, Note) and "STRIATE_CACHE_BYTES" in event.text for event in events)


def test_a_limit_that_is_no_number_is_an_error(cache, photos, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "10GB")
    with pytest.raises(StriateError, match="STRIATE_CACHE_BYTES=10GB is no number of bytes"):
        read(photos)


def sized(side: int) -> Preprocessing:
    return Preprocessing((side, side), 3, (0.5,) * 3, (0.5,) * 3)


def test_the_least_recently_used_entries_go_first_but_none_in_use(cache, photos, monkeypatch):
    one = cached_pictures.raw_bytes((12, 3, 32, 32))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", str(3 * one + 20_000))
    shapes = [(32, 32), (31, 33), (33, 31), (30, 34)]  # entries of nearly one size
    specs = [Preprocessing(shape, 3, (0.5,) * 3, (0.5,) * 3) for shape in shapes]
    made = []
    for spec in specs[:3]:
        before = set(cache.iterdir()) if cache.exists() else set()
        read(photos, spec)
        made.append((set(cache.iterdir()) - before).pop())
    for age, folder in zip((100, 300, 200), made, strict=True):
        os.utime(folder / "index", (age, age))
    held = in_use(made[0])
    os.utime(made[0] / "index", (1, 1))  # and yet the oldest
    read(photos, specs[3])
    assert [folder.exists() for folder in made] == [True, True, False]
    assert len(list(cache.iterdir())) == 3
    assert sum(path.stat().st_size for path in cache.glob("*/*")) <= 3 * one + 20_000
    os.close(held)


def in_use(entry: Path) -> int:
    """An entry as another program reads it."""
    held = os.open(next(entry.glob("*.raw")), os.O_RDONLY)
    mark_in_use(held)
    return held


def test_clear_leaves_weights_and_what_is_in_use(cache, photos):
    read(photos)
    held = in_use(next(cache.iterdir()))
    (cache.parent / "weights.safetensors").write_bytes(b"12345")
    read(photos, sized(16))
    assert clear() > 0 and len(list(cache.iterdir())) == 1
    os.close(held)
    clear()
    assert list(cache.iterdir()) == [] and (cache.parent / "weights.safetensors").exists()


def test_a_stopped_reading_leaves_nothing_behind(cache, photos, monkeypatch):
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_pictures(open_dataset(photos), SPEC, stop)
    assert list(cache.glob("*/*.raw")) == [] and list(cache.glob("*/index")) == []
    unlock(lock_file(next(cache.iterdir()) / "lock"))


def test_a_lock_is_held_by_one_and_let_go_of(tmp_path):
    held = lock_file(tmp_path / "lock")
    with pytest.raises(LockBusy):
        lock_file(tmp_path / "lock", wait_seconds=0.1)
    unlock(held)
    unlock(lock_file(tmp_path / "lock"))


READER = """
import sys

from striate.data.caching import picture_cache
from striate.data.datasets.recognise import open_dataset
from striate.data.reading import read_pictures
from striate.data.fingerprint import digest
from striate.preprocess.preprocessing import Preprocessing
from tests.data.conftest import SPEC, files_read, read, same, without_cache
picture_cache.TOO_FRESH = -10**18
spec = Preprocessing((24, 32), 3, (0.5,) * 3, (0.5,) * 3)
sys.stdin.readline()
notes = []
pictures, scan = read_pictures(open_dataset(sys.argv[1]), spec, notes.append)
print(digest(pictures[scan.usable].numpy().tobytes()), scan.fingerprint)
"""


def test_two_processes_that_start_at_once_share_one_entry(cache, photos, monkeypatch):
    expected, scan = without_cache(photos, monkeypatch)
    command = [sys.executable, "-c", READER, str(photos)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate(timeout=60) for process in running]
    assert [error for _, error in results] == ["", ""]
    from striate.data.fingerprint import digest

    wanted = f"{digest(expected[scan.usable].numpy().tobytes())} {scan.fingerprint}\n"
    assert [out for out, _ in results] == [wanted, wanted]
    assert len(list(cache.iterdir())) == 1 and len(list(cache.glob("*/*.raw"))) == 1
    opened = files_read(monkeypatch)
    read(photos)
    assert opened == []


def test_sets_that_are_no_picture_files_are_not_cached(cache):
    from striate.data.datasets.arrays.sheets import embedded_mnist

    dataset = embedded_mnist()
    dataset.items = dataset.items[:20]
    pictures, _ = read_pictures(dataset, Preprocessing((28, 28), 1, (0.5,), (0.5,)))
    assert len(pictures) == 20 and not pictures_folder().exists()
