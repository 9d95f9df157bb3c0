"""What is left of damaged files: a coarse progressive picture, and the share that was read, counted."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.decoding.test_decoding import encoded

from striate.actions.train import train
from striate.data.dataset import BadPicture
from striate.data.decoding.decode import decode, decode_for
from striate.errors import StriateError


def smooth(height: int = 117, width: int = 150) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([60 + x, 50 + y, 200 - x], axis=2).clip(1, 255).astype(np.uint8))


def second_scan(content: bytes) -> int:
    """Where the second scan of a progressive JPEG begins: its start marker or its tables."""
    first = content.index(b"\xff\xda")
    return min(at for marker in (b"\xff\xc4", b"\xff\xda") if (at := content.find(marker, first + 2)) > 0)


def share_in(damage: str | None) -> int:
    found = re.search(r"about (\d+) %", damage or "")
    assert found, damage
    return int(found[1])


@pytest.mark.parametrize("for_size_hw", [None, (20, 20)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_progressive_jpeg_that_ends_early_gives_its_coarse_picture(
    mode: str, for_size_hw: tuple[int, int] | None
):
    whole = encoded(smooth().convert(mode), "JPEG", progressive=True, quality=90)
    picture, damage, size_hw, _ = decode_for(whole[: second_scan(whole) + 2], for_size_hw)
    assert damage == "the file is cut short; it is coarse"
    assert size_hw == (117, 150)
    assert (picture.float() - decode(whole)[0].float()).abs().mean() < 8  # its blocks' means


def test_a_progressive_photograph_at_half_of_its_bytes_is_nearly_whole(shared: Path):
    file = io.BytesIO()
    with Image.open(shared / "data" / "photos" / "chelsea.jpg") as photo:
        photo.save(file, "JPEG", progressive=True, quality=90)
    content = file.getvalue()
    picture, damage = decode(content[: len(content) // 2])
    assert damage is not None and "coarse" in damage
    assert (picture.float() - decode(content)[0].float()).abs().mean() < 8


def test_a_progressive_jpeg_without_a_pixel_is_still_none():
    whole = encoded(smooth(), "JPEG", progressive=True)
    for end in (whole.index(b"\xff\xda"), whole.index(b"\xff\xda") + 14):
        with pytest.raises(BadPicture, match=r"before its first pixel|cut short"):
            decode(whole[:end])


def test_a_coarse_picture_is_used_and_strict_leaves_it_out(tmp_path: Path):
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(number + ord(label)).integers(0, 256, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(noise).save(tmp_path / "data" / label / f"{number}.png")
    whole = encoded(smooth(), "JPEG", progressive=True)
    (tmp_path / "data" / "a" / "coarse.jpg").write_bytes(whole[: second_scan(whole) + 2])
    asked = {"model": "lenet5", "image_size": 32, "epochs": 1, "out": tmp_path / "runs"}
    said = []
    train(tmp_path / "data", **asked, on_event=lambda event: said.append(str(event)))
    assert any("coarse.jpg" in line and "damaged, used" in line for line in said)
    with pytest.raises(StriateError, match=r"coarse\.jpg"):
        train(tmp_path / "data", **asked, strict=True)


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.62, 0.8])
@pytest.mark.parametrize("transparency", [None, 3])
def test_the_rows_of_an_interlaced_gif_are_counted_in_the_order_of_its_file(
    keep: float, transparency: int | None
):
    grey = Image.fromarray(np.random.default_rng(0).integers(4, 256, (117, 90)).astype(np.uint8))
    options = {} if transparency is None else {"transparency": transparency}
    content = encoded(grey, "GIF", interlace=True, **options)
    begin = len(content) - len(content.rstrip(b";\0")) + content.index(b",")
    cut = content[: begin + int(keep * (len(content) - begin))]
    picture, damage = decode(cut)
    whole = decode(content)[0]
    there = (picture == whole).all(dim=2).all(dim=0)
    assert share_in(damage) == pytest.approx(100 * there.float().mean().item(), abs=2)
    assert share_in(damage) < 95


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_the_pixels_of_an_interlaced_png_are_counted(shared: Path, keep: float):
    content = (shared / "data" / "broken" / "interlaced.png").read_bytes()
    begin = content.index(b"IDAT")
    picture, damage = decode(content[: begin + int(keep * (len(content) - begin))])
    there = (picture == decode(content)[0]).all(dim=0)
    assert share_in(damage) == pytest.approx(100 * there.float().mean().item(), abs=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_the_rows_of_a_picture_in_order_are_counted(kind: str):
    noise = Image.fromarray(np.random.default_rng(0).integers(1, 256, (100, 90, 3)).astype(np.uint8))
    content = encoded(
        noise if kind != "GIF" else noise.convert("L"),
        kind,
        **({"interlace": False} if kind == "GIF" else {}),
    )
    if kind == "TIFF":  # its directory stands behind its pixels
        return
    picture, damage = decode(content[: int(0.6 * len(content))])
    assert 45 <= share_in(damage) <= 75
    rows = slice(60, None) if kind == "BMP" else slice(40)  # which is stored from below
    assert torch.equal(picture[:, rows], decode(content)[0][:, rows])


def test_a_picture_that_misses_its_last_pixel_is_not_called_whole():
    content = encoded(smooth(), "PPM")
    assert share_in(decode(content[:-1])[1]) == 99
