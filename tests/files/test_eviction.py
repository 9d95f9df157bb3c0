"""One rule for every cache: the least recently used entry goes first, and no more than has to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.caching import feature_cache
from striate.data.caching.cache_room import pictures_folder
from striate.engines.compiled_cache import networks_folder
from striate.errors import StriateError
from striate.files.eviction import bytes_in, clear, delete, limit_bytes, make_room


def entry(folder: Path, name: str, size: int, age: float, *, inner: str | None = None) -> Path:
    """A file, or a folder with one, that was used at 10,000 - `age`."""
    path = folder / name
    content = path if inner is None else path / inner
    content.parent.mkdir(parents=True, exist_ok=True)
    content.write_bytes(b"x" * size)
    os.utime(content, (10_000 - age, 10_000 - age))
    os.utime(path, (10_000 - age, 10_000 - age))
    return path


@given(
    sizes=st.lists(st.integers(0, 50), max_size=6),
    order=st.permutations(range(6)),
    needed=st.integers(0, 60),
    limit=st.integers(0, 200),
    folders=st.booleans(),
)
def test_what_stays_is_the_youngest_that_fit(tmp_path_factory, sizes, order, needed, limit, folders):
    cache = tmp_path_factory.mktemp("cache")
    ages = dict(zip((f"e{n}" for n in range(len(sizes))), order, strict=False))
    for (name, age), size in zip(ages.items(), sizes, strict=True):
        entry(cache, name, size, age, inner="content" if folders else None)
    make_room(cache, needed, limit)
    left = {path.name for path in cache.iterdir()}
    by_age = sorted(ages, key=lambda name: -ages[name])  # the oldest first
    expected = list(by_age)
    while expected and sum(sizes[int(name[1:])] for name in expected) + needed > limit:
        expected.pop(0)
    assert left == set(expected)


def test_what_is_kept_being_written_or_in_use_stays(tmp_path):
    mine = entry(tmp_path, "mine", 10, 900)
    busy = entry(tmp_path, "busy", 10, 800)
    being_written = entry(tmp_path, ".new", 10, 700)
    old = entry(tmp_path, "old", 10, 600)
    link = tmp_path / "link"
    link.symlink_to(tmp_path.parent)
    make_room(tmp_path, 5, 5, keep=mine, remove=lambda path: delete(path) if path != busy else None)
    assert mine.exists() and busy.exists() and being_written.exists() and link.is_symlink()
    assert not old.exists()


def test_a_file_in_an_entry_may_say_when_it_was_used(tmp_path):
    first, second = (entry(tmp_path, name, 10, age, inner="index") for name, age in (("a", 5), ("b", 9)))
    os.utime(first, (99_999, 99_999))  # the folder's own time says otherwise
    os.utime(second / "index", (10_000, 10_000))
    os.utime(first / "index", (9_000, 9_000))
    make_room(tmp_path, 0, 10, used="index")
    assert not first.exists() and second.exists()


def test_clear_says_what_it_freed(tmp_path):
    entry(tmp_path, "file", 30, 0)
    entry(tmp_path, "folder", 40, 0, inner="content")
    assert bytes_in(tmp_path) == 70 and clear(tmp_path) == 70
    assert list(tmp_path.iterdir()) == [] and clear(tmp_path / "nothing") == 0


@pytest.mark.parametrize("given", ["10 GB", "-1", "1.5", "ten"])
def test_a_limit_that_is_no_number_is_refused(tmp_path, monkeypatch, given):
    monkeypatch.setenv("STRIATE_CACHE_BYTES", given)
    with pytest.raises(StriateError, match=f"STRIATE_CACHE_BYTES={given} is no number of bytes"):
        limit_bytes(tmp_path)


def test_without_a_limit_a_tenth_of_the_disk_is(tmp_path, monkeypatch):
    from striate.files import eviction

    monkeypatch.delenv("STRIATE_CACHE_BYTES", raising=False)
    entry(tmp_path / "cache", "one", 500, 0)
    monkeypatch.setattr(eviction.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1500})())
    assert limit_bytes(tmp_path / "cache") == 200


def test_doctor_clears_every_cache_and_leaves_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    for folder in (pictures_folder(), networks_folder()):
        entry(folder, "one", 2_000_000, 0, inner="index")
    entry(feature_cache.features_folder(), "one.safetensors", 2_000_000, 0)
    weights = entry(tmp_path / "weights", "w.safetensors", 10, 0)
    done = subprocess.run(
        [sys.executable, "-m", "striate", "doctor", "--clear-cache", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.count("freed 2.0 MB of ") == 3
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [weights]
