"""One pass over a folder: what it notes of each picture is what the picture alone says."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.headers import misnamed
from striate.data.look_alikes.thumbnails import thumbnail
from striate.data.scan import scan


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Sound pictures of three sizes, flat, small, damaged and misnamed ones, and one that is none."""
    noise = np.random.default_rng(2)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number, size in enumerate(((60, 70), (300, 90), (60, 600), (20, 90))):
            small = Image.fromarray(noise.integers(0, 256, (6, 6, 3)).astype(np.uint8))
            small.resize(size[::-1], Image.Resampling.BICUBIC).save(tmp_path / label / f"{number}.jpg")
        Image.new("RGB", (64, 64), (9, 90, 200)).save(tmp_path / label / "flat.png")
        Image.new("L", (64, 64), 7).save(tmp_path / label / "really.jpg", format="PNG")
    whole = (tmp_path / "a" / "0.jpg").read_bytes()
    (tmp_path / "a" / "cut.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    (tmp_path / "b" / "text.jpg").write_text("no picture")
    return tmp_path


@pytest.mark.parametrize("threads", [1, 3])
def test_every_row_is_what_its_file_alone_is(mixed: Path, threads: int):
    dataset = open_dataset(mixed)
    kept: dict[int, torch.Tensor] = {}
    found = scan(dataset, kept.__setitem__, threads=threads)
    assert len(found.rows) == len(dataset.items) == 14
    for row, (item, scanned) in enumerate(zip(dataset.items, found.rows, strict=True)):
        content = (mixed / item.name).read_bytes()
        assert scanned.digest == hashlib.blake2b(content, digest_size=8).hexdigest()
        if item.name == "b/text.jpg":
            assert scanned.problem and row not in kept and not found.comparable[row]
            continue
        picture, damage = dataset.read(row)
        assert torch.equal(kept[row], picture)
        assert (scanned.damage, scanned.size_hw, scanned.channels) == (
            damage,
            tuple(picture.shape[1:]),
            picture.shape[0],
        )
        assert (scanned.misnamed is not None) == item.name.endswith("really.jpg")
        alone = thumbnail(picture)
        assert found.comparable[row].item() == (alone is not None)
        assert torch.equal(
            found.thumbnails[row], torch.zeros_like(found.thumbnails[row]) if alone is None else alone
        )
    assert int(found.comparable.sum()) == 7  # three sound ones in each class, and the damaged one


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a/b.jpg", None),
        ("a/b.JPEG", None),
        ("a.jpg/b", "no extension"),
        ("a/b.", "no extension"),
        ("a/b.jpg.png", "not .png"),
        ("a/b.txt", "not .txt"),
    ],
)
def test_only_the_end_of_a_name_is_its_extension(name: str, words: str | None):
    told = misnamed(name, b"\xff\xd8\xff\xe0" + bytes(40))
    assert told is None if words is None else words in (told or "")
