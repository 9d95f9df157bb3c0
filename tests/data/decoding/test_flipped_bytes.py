"""Hostile bytes: files of every format, flipped, cut and doubled, give a picture or BadPicture."""

import contextlib
import faulthandler
import io
import random

import numpy as np
import pytest
from PIL import Image, features

from striate.data.dataset import BadPicture
from striate.data.decoding.decode import Limits, decode_for, shape_of

LIMITS = Limits(pixels=4_000_000)
KINDS = ["JPEG", "progressive", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF"]


def whole(kind: str) -> bytes:
    """A small real-looking file: waves and noise, so that every part of a decoder has work."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    noise = np.random.default_rng(1).integers(0, 40, (96, 120, 3))
    y, x = np.mgrid[0:96, 0:120]
    waves = np.stack([x + y, 2 * x % 200, 3 * y % 200], axis=2)
    file = io.BytesIO()
    image = Image.fromarray((waves + noise).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    if kind == "progressive":
        image.save(file, "JPEG", progressive=True, exif=exif)
    else:
        image.save(file, kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return file.getvalue()


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """One to eight flipped bytes, half of the time in the header; sometimes cut or with a part doubled."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        end = len(changed) if chance.random() < 0.5 else min(200, len(changed))
        changed[chance.randrange(end)] = chance.randrange(256)
    if chance.random() < 0.1:
        del changed[chance.randrange(len(changed)) :]
    elif chance.random() < 0.1:
        at = chance.randrange(len(changed))
        changed[at:at] = changed[at : at + chance.randrange(300)]
    return bytes(changed)


def survives(kind: str, count: int) -> None:
    content = whole(kind)
    pictures = 0
    faulthandler.dump_traceback_later(250, exit=True)  # a decoder that hangs is a failure, not a wait
    try:
        for number in range(count):
            bad = spoilt(content, random.Random(f"{kind} {number}"))
            for size_hw in (None, (8, 8)):
                try:
                    picture = decode_for(bad, size_hw, LIMITS).picture
                except BadPicture:
                    continue
                pictures += 1
                assert picture.shape[0] in (1, 3) and picture[0].numel() <= LIMITS.pixels, number
            with contextlib.suppress(BadPicture):
                assert shape_of(bad, LIMITS)[0] in (1, 3)
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert 0 < pictures < 2 * count  # both outcomes happen


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_spoilt_files_of_a_format_end_well(kind):
    survives(kind, 60)


@pytest.mark.promise
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_spoilt_files_of_a_format_end_well(kind):
    survives(kind, 1000)
