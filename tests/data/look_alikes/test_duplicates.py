"""Duplicates: naive pairs as the oracle, and real pictures changed as people change them."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.decode import as_picture, decode
from striate.data.look_alikes.duplicates import exact_pairs, groups, members, near_pairs
from striate.data.look_alikes.thumbnails import thumbnail
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


def waves(count: int, seed: int) -> torch.Tensor:
    """Thumbnails of soft random pictures, each unlike the others."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 1, 11, 11, generator=generator)
    large = torch.nn.functional.interpolate(small, size=(32, 32), mode="bicubic").flatten(1)
    low, high = large.amin(1, keepdim=True), large.amax(1, keepdim=True)
    return ((large - low) / (high - low) * 255).round().to(torch.uint8)


def everything(count: int) -> torch.Tensor:
    return torch.ones(count, dtype=torch.bool)


def test_copies_with_noise_are_near_and_others_are_not():
    base = waves(20, 3)
    noise = torch.randint(-4, 5, (10, 1024), generator=torch.Generator().manual_seed(4))
    noisy = (base[:10].int() + noise).clamp(0, 255).to(torch.uint8)
    found = near_pairs(torch.cat([base, noisy]), everything(30))
    assert sorted(found) == [(row, 20 + row) for row in range(10)]


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_all_eight_ways_to_turn_and_mirror_are_found(quarter: int, mirrored: bool):
    base = waves(12, 5)
    turned = np.rot90(base.view(12, 32, 32).numpy(), quarter, axes=(1, 2))
    turned = turned[:, :, ::-1] if mirrored else turned
    both = torch.cat([base, torch.from_numpy(turned.copy()).flatten(1)])
    assert sorted(near_pairs(both, everything(24))) == [(row, 12 + row) for row in range(12)]


def test_a_negative_is_the_same_picture():
    base = waves(6, 7)
    found = near_pairs(torch.cat([base, 255 - base]), everything(12))
    assert sorted(found) == [(row, 6 + row) for row in range(6)]


def test_blocks_meet_each_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("striate.data.look_alikes.duplicates._BLOCK", 64)
    pictures = waves(500, 0)
    pictures[499] = pictures[1]
    pictures[129] = pictures[128]
    assert sorted(near_pairs(pictures, everything(500))) == [(1, 499), (128, 129)]


def test_rows_that_cannot_be_compared_keep_their_numbers():
    pictures = waves(6, 2)
    pictures[5] = pictures[3]
    comparable = torch.tensor([False, True, False, True, True, True])
    pictures[0] = pictures[3]
    assert near_pairs(pictures, comparable) == [(3, 5)]


def test_a_thousand_look_alikes_are_one_group_and_fewer_pairs_than_rows():
    alike = waves(1, 1).repeat(1000, 1)
    pairs = near_pairs(alike, everything(1000))
    assert len(pairs) < 1000
    assert groups(1000, pairs) == [0] * 1000


def test_more_look_alikes_than_candidates_are_still_one_group():
    """Sixty noisy copies: every picture has more candidates than a round takes."""
    noise = torch.randint(-6, 7, (60, 1024), generator=torch.Generator().manual_seed(9))
    copies = (waves(1, 8).int() + noise).clamp(0, 255).to(torch.uint8)
    pictures = torch.cat([copies, waves(40, 6)])
    found = groups(100, near_pairs(pictures, everything(100)))
    assert found[:60] == [0] * 60
    assert found[60:] == list(range(60, 100))


def test_nothing_to_compare_gives_no_pairs():
    assert near_pairs(torch.zeros(4, 1024, dtype=torch.uint8), torch.zeros(4, dtype=torch.bool)) == []


def altered(image: Image.Image) -> list[Image.Image]:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    hue = np.array(image.convert("HSV"))
    hue[..., 0] += 90
    width, height = image.size
    return [
        Image.open(file).convert("RGB"),
        image.resize((image.width // 2, image.height // 2)),
        image.resize((image.width * 3 // 2, image.height * 3 // 2)),
        ImageEnhance.Brightness(image).enhance(0.8),
        ImageEnhance.Contrast(image).enhance(0.8),
        image.convert("L"),
        ImageOps.mirror(image),
        ImageOps.flip(image),
        image.transpose(Image.Transpose.ROTATE_270),
        Image.merge("RGB", image.split()[::-1]),
        Image.fromarray(hue, "HSV").convert("RGB"),
        image.crop((0, 0, round(0.95 * width), round(0.95 * height))),
        image.crop((round(0.03 * width), round(0.02 * height), round(0.97 * width), round(0.98 * height))),
    ]


@pytest.mark.parametrize("name", ["chelsea", "coffee", "astronaut"])
def test_copies_as_people_make_them_are_found(shared: Path, name: str):
    with Image.open(shared / "data" / "photos" / f"{name}.png") as image:
        original = image.convert("RGB")
    thumbnails = [thumbnail(as_picture(copy)) for copy in (original, *altered(original))]
    stacked = torch.stack([small for small in thumbnails if small is not None])
    assert groups(14, near_pairs(stacked, everything(14))) == [0] * 14


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
    assert len({row for pair in found for row in pair}) < 0.4 * 300


def test_colour_variants_of_a_texture_are_together(shared: Path):
    dataset = open_dataset(shared / "data" / "textures")
    together = groups(559, scan(dataset).near_pairs())
    rows = [
        row for row, item in enumerate(dataset.items) if "__wall002" in item.name and "tex_base" in item.name
    ]
    assert len(rows) > 3
    assert len({together[row] for row in rows}) == 1


def test_comparing_many_reports_its_progress_once_through(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("striate.data.look_alikes.duplicates._BLOCK", 64)
    events: list = []
    near_pairs(waves(500, 0), everything(500), events.append)
    steps = list(dict.fromkeys(event.what for event in events))
    assert steps == ["comparing", "looking for crops", "aligning"]
    for step in steps:
        done = [event.done for event in events if event.what == step]
        (total,) = {event.total for event in events if event.what == step}
        assert done == sorted(done) and done[-1] == total and (step == "aligning" or total == 500)
        assert step == "aligning" or len(done) == 8  # blocks of rows


def test_ctrl_c_while_comparing_ends_it():
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        near_pairs(waves(2100, 0), everything(2100), stop)
