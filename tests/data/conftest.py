"""What the tests of the picture cache share: an empty cache, a small folder of pictures, reading it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.caching import picture_cache
from striate.data.caching.picture_cache import wait_for_writers
from striate.data.datasets import picture_files
from striate.data.datasets.recognise import open_dataset
from striate.data.reading import read_pictures
from striate.preprocess.preprocessing import Preprocessing

SPEC = Preprocessing((24, 32), 3, (0.5,) * 3, (0.5,) * 3)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache without a limit that matters; files may be as young as they are in a test."""
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "100000000")
    monkeypatch.setattr(picture_cache, "TOO_FRESH", -(10**18))
    return tmp_path / "cache" / "pictures"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of five noisy pictures, a damaged one and one that is none."""
    noise = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(5):
            pixels = noise.integers(0, 256, (60, 70, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    whole = (tmp_path / "photos" / "a" / "0.png").read_bytes()
    (tmp_path / "photos" / "a" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "photos" / "b" / "text.jpg").write_text("no picture")
    return tmp_path / "photos"


def read(path: Path, spec: Preprocessing = SPEC, events: list | None = None):
    """Pictures and scan; what the cache writes is on disk when it returns."""
    found = read_pictures(open_dataset(path), spec, (events if events is not None else []).append)
    wait_for_writers()
    return found


def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened from now on."""
    opened: list[str] = []
    real = picture_files.read_file

    def noted(path, max_bytes):
        opened.append(Path(path).name)
        return real(path, max_bytes)

    monkeypatch.setattr(picture_files, "read_file", noted)
    return opened


def same(first, second) -> bool:
    pictures, scan = first
    others, other = second
    usable = torch.tensor(scan.usable)
    return (
        torch.equal(pictures[usable], others[usable])
        and scan.rows == other.rows
        and torch.equal(scan.thumbnails, other.thumbnails)
        and torch.equal(scan.comparable, other.comparable)
        and scan.fingerprint == other.fingerprint
    )


def without_cache(path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setenv("STRIATE_CACHE_BYTES", "0")
        return read(path)
