"""Decoding: the whole awkward corpus, Pillow as the oracle for pixels, and what users pass as images."""

import csv
import io
import os
import random
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from striate.data.dataset import BadPicture
from striate.data.decoding.decode import as_picture, decode
from striate.data.decoding.headers import misnamed
from striate.data.paths.files import is_hidden, list_folder, reach_of, read_file
from striate.errors import StriateError

PROJECT = Path(__file__).resolve().parents[3]
MANIFEST = PROJECT.parent / "shared" / "data" / "broken" / "manifest.csv"


def manifest() -> list[tuple[str, str]]:
    if not MANIFEST.exists():
        return []
    with MANIFEST.open(newline="", encoding="utf-8") as file:
        return [(row["file"], row["expected"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The awkward files with their links, pipes and odd names."""
    folder = tmp_path_factory.mktemp("corpus") / "broken"
    tool = shared / "tools" / "make_broken.py"
    subprocess.run([sys.executable, str(tool), str(folder)], check=True, capture_output=True)
    return folder


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(height: int = 40, width: int = 60) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([4 * x, 6 * y, 2 * (x + y)], axis=2).astype(np.uint8))


def outcome(root: Path, name: str) -> str:
    """What a walk of the folder and a decoding of the file make of one line of the manifest."""
    folder, last = (root / name).parent, name.rpartition("/")[2]
    if is_hidden(last):
        return "rejected"
    listing = list_folder(str(folder), reach_of(root))
    found = next((f for f in listing.files if f.name == last), None)
    if found is None or found.problem:  # a folder, or a link that is not followed
        return "rejected"
    try:
        content = read_file(found.path)
        _, damage = decode(content)
    except BadPicture:
        return "rejected"
    return "repairable" if damage or misnamed(found.name, content) else "ok"


@pytest.mark.parametrize(("name", "expected"), manifest(), ids=lambda value: ascii(value)[1:41])
def test_every_line_of_the_corpus_comes_out_as_its_manifest_says(corpus: Path, name: str, expected: str):
    if name == "unreadable.jpg" and os.geteuid() == 0:
        pytest.skip("root reads files without permission")
    if name == "float32.tif":  # the manifest's README: a clear refusal is as good as scaling
        with pytest.raises(BadPicture, match="floating-point"):
            decode(read_file(corpus / name))
        return
    assert outcome(corpus, name) == expected


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_exif_orientations_show_the_upright_picture(shared: Path, orientation: int):
    upright = as_picture(shared / "data" / "broken" / "reference.png").float()
    turned = as_picture(shared / "data" / "broken" / "exif" / f"orientation_{orientation}.jpg").float()
    assert (turned - upright).abs().mean() < 4


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_counts_in_formats_that_pillow_reads(kind: str, orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(photo(), kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    with Image.open(io.BytesIO(content)) as image:
        expected = np.array(ImageOps.exif_transpose(image))
    assert np.array_equal(decode(content)[0].permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("name", ["cmyk_adobe_inverted.jpg", "cmyk_plain.jpg"])
def test_cmyk_comes_out_in_the_colours_of_the_reference(shared: Path, name: str):
    folder = shared / "data" / "broken"
    assert (as_picture(folder / name).float() - as_picture(folder / "reference.png").float()).abs().mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_colour_pixels_are_pillows(kind: str):
    content = encoded(photo(), kind)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.array(image.convert("RGB"))
    assert np.array_equal(decode(content)[0].permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PPM", "BMP", "TIFF"])
def test_grey_stays_one_channel(kind: str):
    picture, damage = decode(encoded(photo().convert("L"), kind))
    assert picture.shape == (1, 40, 60)
    assert damage is None


def test_sixteen_bits_are_scaled_and_not_clipped():
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    assert decode(encoded(Image.fromarray(values), "PNG"))[0].tolist() == [[[0, 1, 128, 255]]]
    wide = b"P5 4 1 65535\n" + values.astype(">u2").tobytes()
    assert decode(wide)[0].tolist() == [[[0, 1, 128, 255]]]


def test_transparency_is_laid_on_white():
    half_red = Image.new("RGBA", (2, 1), (200, 0, 0, 128))
    half_red.putpixel((1, 0), (7, 7, 7, 0))
    pixels = decode(encoded(half_red, "PNG"))[0]
    assert pixels[:, 0, 1].tolist() == [255, 255, 255]
    by_hand = [200 * 128 / 255 + 127, 127, 127]
    assert pixels[:, 0, 0].tolist() == pytest.approx(by_hand, abs=1)
    grey = Image.new("LA", (1, 1), (10, 0))
    assert decode(encoded(grey, "PNG"))[0].tolist() == [[[255]]]


def test_a_transparent_palette_is_laid_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([9, 8, 7, 10, 20, 30])
    image.putdata([0, 1])
    content = encoded(image, "PNG", transparency=0)
    assert decode(content)[0][:, 0].T.tolist() == [[255, 255, 255], [10, 20, 30]]


def test_a_jpeg_that_is_cut_short_keeps_what_it_has(shared: Path):
    content = (shared / "data" / "photos" / "chelsea.jpg").read_bytes()
    whole = decode(content)[0]
    part, damage = decode(content[: len(content) // 2])
    assert part.shape == whole.shape
    assert torch.equal(part[:, :80], whole[:, :80])
    assert damage is not None
    assert "cut short" in damage


def test_a_png_without_its_end_marker_is_damaged_and_whole():
    content = encoded(photo(), "PNG")
    picture, damage = decode(content[:-12])
    assert torch.equal(picture, decode(content)[0])
    assert damage is not None
    assert "end is missing" in damage


def test_more_pixels_than_the_limit_are_refused_before_decoding():
    content = encoded(photo(40, 60), "PNG")
    assert decode(content, max_pixels=2400)[0].shape == (3, 40, 60)
    with pytest.raises(BadPicture, match="60 x 40 pixels; at most 2,399"):
        decode(content, max_pixels=2399)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_the_limit_holds_in_every_format(kind: str):
    with pytest.raises(BadPicture, match="at most 100"):
        decode(encoded(photo(), kind), max_pixels=100)


def test_a_bomb_costs_no_memory():
    header = struct.pack(">IIBBBBB", 30000, 30000, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(BadPicture, match="30000 x 30000"):
        decode(content)
    for raw in (b"P5 30000 30000 255\n", b"P6 99999999 99999999 255\n"):
        with pytest.raises(BadPicture, match="pixels"):
            decode(raw)


def test_a_file_over_the_byte_limit_is_refused():
    with pytest.raises(BadPicture, match="at most 10 are read"):
        decode(b"\xff\xd8\xff" + bytes(8), max_bytes=10)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello", "text"),
        (b"<!doctype html><html>", "HTML"),
        (b"<svg xmlns=''/>", "SVG"),
        (b"%PDF-1.4\n\x00", "PDF"),
        (b"PK\x03\x04\x00", "ZIP"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\xff\xd8\xff\xe0", "cut short"),
    ],
)
def test_what_is_no_picture_is_named(content: bytes, words: str):
    with pytest.raises(BadPicture, match=words):
        decode(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_no_damage_of_any_kind_ends_in_anything_but_a_picture_or_a_bad_picture(kind: str):
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(photo(), kind, **({"exif": exif} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}))
    chance = random.Random(7)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.4:
            del content[chance.randrange(1, len(content)) :]
        try:
            picture, _ = decode(bytes(content), max_pixels=1_000_000)
        except BadPicture:
            continue
        assert picture.dtype == torch.uint8
        assert picture.shape[0] in (1, 3)


def test_pillows_warnings_stay_inside_and_the_filters_are_restored():
    image = Image.new("P", (2, 1))
    image.putpalette([9, 8, 7, 10, 20, 30])
    content = encoded(image, "PNG", transparency=b"\x00\x80")  # Pillow warns when this becomes RGB
    before = list(warnings.filters)
    decode(content)
    assert warnings.filters == before


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
def test_arrays_of_every_shape_are_images(shape: tuple[int, ...]):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture = as_picture(array)
    assert picture.shape == (3 if shape[-1] in (3, 4) else 1, 4, 5)
    if shape[-1] == 3:
        assert picture[2, 3, 1] == array[3, 1, 2]


def test_floats_are_values_from_zero_to_one():
    assert as_picture(np.array([[0.0, 0.5, 1.0]])).tolist() == [[[0, 128, 255]]]
    assert as_picture(torch.full((3, 1, 1), 0.2)).flatten().tolist() == [51] * 3


def test_an_array_a_tensor_a_pil_image_a_path_and_bytes_are_the_same_picture(tmp_path: Path):
    image = photo()
    array = np.array(image)
    image.save(tmp_path / "a.png")
    forms = [image, array, torch.from_numpy(array).permute(2, 0, 1), tmp_path / "a.png"]
    pictures = [as_picture(form) for form in [*forms, str(forms[3]), (tmp_path / "a.png").read_bytes()]]
    assert all(torch.equal(picture, pictures[0]) for picture in pictures)


def test_a_picture_does_not_share_memory_with_what_it_came_from():
    array = np.zeros((2, 2), dtype=np.uint8)
    picture = as_picture(array)
    array[:] = 9
    assert picture.sum() == 0


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 3, 4, 5)), "shape"),
        (np.zeros((3, 20, 20)), "as a torch tensor"),
        (torch.zeros(20, 20, 3), r"\(C, H, W\)"),
        (np.full((2, 2), 255.0), "Divide by 255"),
        (np.full((2, 2), np.nan), "values in"),
        (np.zeros((2, 2), dtype=np.int64), "uint8"),
        (np.zeros((0, 2), dtype=np.uint8), "nothing"),
        (17, "int is no image"),
        (None, "NoneType is no image"),
    ],
)
def test_what_is_no_image_is_refused_in_one_line(image: object, words: str):
    with pytest.raises(StriateError, match=words) as caught:
        as_picture(image)
    assert "\n" not in str(caught.value)


def test_a_path_is_named_in_its_error(tmp_path: Path):
    with pytest.raises(StriateError, match=r"nothing\.jpg: there is no such file"):
        as_picture(tmp_path / "nothing.jpg")
