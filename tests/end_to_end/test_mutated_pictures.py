"""2,000 mutated pictures of every format through the decoder: a picture within limits, or one line of reason.

`tests/data/decoding/test_flipped_bytes.py` flips bytes of small files. Here whole files are spoilt in the
ways that disks, networks and attackers spoil them: cut, zeroed, swapped in parts, spliced, with other sizes
in their headers. A process of its own decodes them, so that a crash is a failure of the test and not of the
tests; its memory and its time are measured.
"""

import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from striate.data.decoding.decode import Limits

COUNT = 2000
LIMITS = Limits(pixels=1_000_000)
SECONDS = 5.0  # for one picture, on a busy machine; the slowest takes a fifth on a quiet one
MEMORY = 400_000_000  # bytes over what the process had before

WORKER = """
import json, resource, sys, time
from striate.data.dataset import BadPicture
from striate.data.decoding.decode import Limits, decode_for, shape_of
from tests.end_to_end.test_mutated_pictures import COUNT, LIMITS, SECONDS, mutated, sources
import torch
torch.set_num_threads(1)
files = sources()
for content in files:  # once as they are: what libraries keep is no mutation's memory
    try:
        decode_for(content, None, LIMITS)
    except BadPicture:
        pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pictures, reasons, slowest = 0, set(), 0.0
for number in range(COUNT):
    print(number, file=sys.stderr, flush=True)  # the last one is the one that crashed
    content = mutated(files, number)
    began = time.perf_counter()
    try:
        picture, damage, *_ = decode_for(content, (32, 32) if number % 2 else None, LIMITS)
    except BadPicture as error:
        reasons.add(str(error))
        assert "\\n" not in str(error) and str(error), number
    else:
        pictures += 1
        assert picture.dtype == torch.uint8 and picture.shape[0] in (1, 3), number
        assert picture[0].numel() <= LIMITS.pixels and picture.numel(), number
        assert damage is None or "\\n" not in damage, number
    try:
        shape_of(content, LIMITS)
    except BadPicture:
        pass
    slowest = max(slowest, time.perf_counter() - began)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
grown = (after - before) * 1024
print(json.dumps({"pictures": pictures, "reasons": len(reasons), "slowest": slowest, "grown": grown}))
"""

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def made() -> Iterator[bytes]:
    """A small picture in every format and depth that is written here, interlaced and progressive ones too."""
    pixels = np.random.default_rng(0).integers(0, 60, (70, 90, 3)) + np.arange(90)[:, None]
    colour = Image.fromarray(pixels.astype(np.uint8))
    deep = Image.fromarray((pixels[:, :, 0] * 257).astype(np.uint16))
    kinds = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000"] + ["AVIF"] * features.check(
        "avif"
    )
    for kind in kinds:
        yield written(colour, kind)
        if kind != "PPM":
            yield written(colour.convert("L"), kind)
    yield written(colour, "JPEG", progressive=True)
    yield written(colour.convert("CMYK"), "JPEG")
    for kind in ("PNG", "TIFF", "PPM", "JPEG2000"):
        yield written(deep, kind)
    yield written(deep, "PNG", transparency=300)
    yield written(colour.convert("RGBA"), "PNG")
    yield written(colour.convert("1"), "PNG")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        yield written(colour, "TIFF", compression=compression)


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sources() -> list[bytes]:
    """What is mutated: the pictures made here, and the awkward files where they are at hand."""
    awkward = (
        sorted(path for path in (SHARED / "broken").rglob("*") if path.is_file()) if SHARED.is_dir() else []
    )
    reports = sorted((SHARED / "reports" / "02-tiff16-min-is-white").glob("*_white16.tif"))
    found = [path.read_bytes() for path in awkward + reports if 0 < path.stat().st_size < 110_000]
    return [*made(), *(content for content in found if b"," not in content[:12])]


def mutated(files: list[bytes], number: int) -> bytes:
    """One file, spoilt once to three times; the same for the same number."""
    chance = random.Random(number)
    content = bytearray(files[number % len(files)])
    for _ in range(chance.randint(1, 3)):
        if len(content) > 1:
            chance.choice(WAYS)(content, chance, files)
    return bytes(content)


def _flip(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    for _ in range(chance.choice([1, 4, 32])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _cut(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    del content[chance.randrange(1, len(content)) :]


def _zeroed(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    at = chance.randrange(len(content))
    for place in range(at, min(len(content), at + chance.choice([4, 64, 4096]))):
        content[place] = 0


def _swapped(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    size = chance.choice([4, 12, 512])
    first, second = chance.randrange(len(content)), chance.randrange(len(content))
    one, other = content[first : first + size], content[second : second + size]
    content[first : first + size] = other
    content[second : second + size] = one


def _doubled(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    at = chance.randrange(len(content))
    content[at:at] = content[at : at + chance.randrange(1, 2000)]


def _header(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    """Another number among the sizes and counts of the first bytes."""
    at = chance.randrange(4, max(5, min(len(content), 160)))
    width = chance.choice([1, 2, 4])
    value = chance.choice([0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]) % 256**width
    content[at : at + width] = value.to_bytes(width, chance.choice(["big", "little"]))


def _directory(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    """As `_header` at the end, where TIFF has its directory."""
    at = chance.randrange(max(0, len(content) - 200), len(content))
    content[at : at + 2] = chance.choice([0, 1, 3, 0xFF, 0xFFFF]).to_bytes(2, "little")


def _spliced(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    """The end of another file."""
    other = chance.choice(files)
    content[chance.randrange(1, len(content)) :] = other[chance.randrange(len(other)) :]


WAYS = (_flip, _cut, _zeroed, _swapped, _doubled, _header, _header, _directory, _spliced)


@pytest.mark.promise
@pytest.mark.skipif(
    sys.platform == "win32", reason="a process's largest memory is asked for as Unix tells it"
)
def test_two_thousand_mutated_pictures_end_in_a_picture_or_in_one_line():
    done = subprocess.run(
        [sys.executable, "-c", WORKER],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert COUNT / 5 < found["pictures"] < COUNT  # both happen
    assert found["reasons"] > 10
    assert found["slowest"] < SECONDS, found
    assert found["grown"] < MEMORY, found


def test_the_same_number_is_the_same_mutation():
    files = list(made())
    assert [mutated(files, number) for number in range(40)] == [
        mutated(files, number) for number in range(40)
    ]
