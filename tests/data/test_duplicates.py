"""Duplicates: naive pairs as the oracle, and real pictures changed as people change them."""

import io
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import as_picture, decode
from striate.data.duplicates import NEAR, exact_pairs, groups, members, near_pairs, thumbnail
from striate.data.scan import scan


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))
    )
)
def test_groups_are_what_pairs_connect(drawn: tuple[int, list[tuple[int, int]]]):
    count, pairs = drawn
    expected = list(range(count))
    for _ in range(count):  # the smallest label floods along the pairs
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])
    assert groups(count, pairs) == expected


def test_exact_pairs_name_the_first_and_pass_over_what_could_not_be_read():
    assert exact_pairs(["a", "b", None, "a", None, "a"]) == [(0, 3), (0, 5)]
    assert members([0, 1, 0, 3, 1]) == [[0, 2], [1, 4]]


def test_near_pairs_agree_with_numpys_correlation():
    chance = np.random.default_rng(3)
    base = chance.integers(0, 256, (20, 256))
    noisy = np.clip(base[:10] + chance.normal(0, 8, (10, 256)), 0, 255)
    pictures = np.concatenate([base, noisy]).astype(np.uint8)
    expected = {
        (a, b) for a, b in combinations(range(30), 2) if np.corrcoef(pictures[a], pictures[b])[0, 1] >= NEAR
    }
    found = near_pairs(torch.from_numpy(pictures), torch.ones(30, dtype=torch.bool))
    assert set(found) == expected
    assert len(expected) == 10


def test_blocks_meet_each_other():
    pictures = torch.randint(
        0, 256, (5000, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    pictures[4999] = pictures[1]
    pictures[2049] = pictures[2048]
    assert sorted(near_pairs(pictures, torch.ones(5000, dtype=torch.bool))) == [(1, 4999), (2048, 2049)]


def test_thousands_of_look_alikes_are_one_group_and_fewer_pairs_than_rows():
    alike = torch.arange(256, dtype=torch.uint8).repeat(4000, 1)
    pairs = near_pairs(alike, torch.ones(4000, dtype=torch.bool))
    assert len(pairs) < 4000
    assert groups(4000, pairs) == [0] * 4000


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("block", [1, 7, 64, 2048])
def test_the_groups_are_those_of_all_pairs(seed: int, block: int, monkeypatch: pytest.MonkeyPatch):
    """Chains and stars: neighbours correlate, the ends do not."""
    monkeypatch.setattr("striate.data.duplicates._BLOCK", block)
    chance = np.random.default_rng(seed)
    values = chance.integers(0, 256, (8, 256)).astype(float)
    rows = [values]
    for _ in range(12):
        values = np.clip(values[chance.permutation(8)] + chance.normal(0, 7, (8, 256)), 0, 255)
        rows.append(values)
    pictures = np.concatenate(rows)[chance.permutation(104)].astype(np.uint8)
    comparable = chance.random(104) < 0.9
    near = np.corrcoef(pictures) >= NEAR
    expected = list(range(104))
    pairs = [(a, b) for a, b in combinations(np.flatnonzero(comparable), 2) if near[a, b]]
    for _ in range(104):  # the smallest label floods along the pairs
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])
    found = near_pairs(torch.from_numpy(pictures), torch.from_numpy(comparable))
    assert groups(104, found) == expected
    assert len(found) == 104 - len(set(expected))
    assert all(a < b and near[a, b] for a, b in found)


def test_small_and_flat_pictures_are_not_compared():
    pictures = torch.randint(0, 256, (3, 47, 200), dtype=torch.uint8)
    assert thumbnail(pictures) is None
    assert thumbnail(torch.full((1, 100, 100), 80, dtype=torch.uint8)) is None
    assert near_pairs(torch.zeros(4, 256, dtype=torch.uint8), torch.zeros(4, dtype=torch.bool)) == []


def altered(image: Image.Image) -> list[Image.Image]:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return [
        Image.open(file).convert("RGB"),
        image.resize((image.width // 2, image.height // 2)),
        image.resize((image.width * 3 // 2, image.height * 3 // 2)),
        ImageEnhance.Brightness(image).enhance(0.8),
        ImageEnhance.Contrast(image).enhance(0.8),
        image.convert("L"),
    ]


@pytest.mark.parametrize("name", ["chelsea", "coffee", "astronaut"])
def test_copies_as_people_make_them_are_found(shared: Path, name: str):
    with Image.open(shared / "data" / "photos" / f"{name}.png") as image:
        original = image.convert("RGB")
    thumbnails = [thumbnail(as_picture(copy)) for copy in (original, *altered(original))]
    stacked = torch.stack([small for small in thumbnails if small is not None])
    assert groups(7, near_pairs(stacked, torch.ones(7, dtype=torch.bool))) == [0] * 7


def test_a_png_and_its_jpeg_are_near(shared: Path):
    files = [shared / "data" / "photos" / f"chelsea.{kind}" for kind in ("png", "jpg")]
    small = [thumbnail(decode(file.read_bytes())[0]) for file in files]
    assert near_pairs(torch.stack([s for s in small if s is not None]), torch.ones(2, dtype=torch.bool)) == [
        (0, 1)
    ]


def test_different_pictures_of_one_person_are_mostly_apart(shared: Path):
    dataset = open_dataset(shared / "data" / "faces")
    found = scan(dataset).near_pairs()
    assert all(dataset.items[a].truth.label == dataset.items[b].truth.label for a, b in found)
    assert len({row for pair in found for row in pair}) < 0.2 * 300


def test_colour_variants_of_a_texture_are_together(shared: Path):
    dataset = open_dataset(shared / "data" / "textures")
    together = groups(559, scan(dataset).near_pairs())
    rows = [
        row for row, item in enumerate(dataset.items) if "__wall002" in item.name and "tex_base" in item.name
    ]
    assert len(rows) > 3
    assert len({together[row] for row in rows}) == 1
