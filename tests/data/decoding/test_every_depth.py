"""Every sample depth, meaning, transparency, orientation and format against the same picture in 8 bits.

The files are written here, byte by byte: no library's writer decides what they say. The oracle is arithmetic:
a sample s of a depth with the largest sample m is 255 s / m in 8 bits.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from striate.data.dataset import BadPicture
from striate.data.decoding.decode import as_picture, decode, shape_of

HEIGHT, WIDTH = 5, 7
DEPTHS = [1, 2, 4, 8, 16]
# Where pixel (row, column) of the upright picture stands in the stored one, by TIFF's definition of its tag.
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright.swapaxes(0, 1)[::-1],
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: upright.swapaxes(0, 1)[:, ::-1],
}


def samples(depth: int, channels: int = 1, largest: int | None = None) -> np.ndarray:
    """(H, W, C) whole numbers over the whole range of a depth."""
    top = 2**depth - 1 if largest is None else largest
    drawn = np.random.default_rng(depth).integers(0, top + 1, (HEIGHT, WIDTH, channels))
    drawn[0, 0], drawn[1, 2] = 0, top
    return drawn


def in_8_bits(values: np.ndarray, depth: int) -> np.ndarray:
    return np.floor(values * 255 / (2**depth - 1) + 0.5).astype(int)


def packed(values: np.ndarray, depth: int, order: str) -> bytes:
    """Rows of samples, the first in the highest bits, each row from a new byte."""
    if depth == 16:
        return values.astype(f"{order}u2").tobytes()
    rows = []
    for row in values.reshape(len(values), -1).tolist():
        bits = "".join(f"{value:0{depth}b}" for value in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)))
    return b"".join(rows)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values: np.ndarray, depth: int, colour: int, *extra: bytes, orientation: int = 1) -> bytes:
    stored = STORED[orientation](values)
    raw = packed(stored, depth, ">")
    line = len(raw) // len(stored)
    rows = b"".join(b"\0" + raw[at : at + line] for at in range(0, len(raw), line))
    header = struct.pack(">IIBBBBB", stored.shape[1], stored.shape[0], depth, colour, 0, 0, 0)
    exif = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    middle = b"".join(extra) + chunk(b"eXIf", exif)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + middle
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def tiff(
    values: np.ndarray,
    depth: int,
    photometric: int,
    order: str = "<",
    orientation: int = 1,
    colour_map: list[int] | None = None,
    alpha: bool = False,
) -> bytes:
    stored = STORED[orientation](values)
    data, count = packed(stored, depth, order), stored.shape[2]
    behind, tags = b"", []
    place = 8 + len(data) + len(data) % 2

    def tag(number: int, kind: int, numbers: list[int]) -> None:
        nonlocal behind
        packed_numbers = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(packed_numbers) > 4:
            behind, packed_numbers = behind + packed_numbers, struct.pack(f"{order}I", place + len(behind))
        tags.append(struct.pack(f"{order}HHI", number, kind, len(numbers)) + packed_numbers.ljust(4, b"\0"))

    tag(256, 4, [stored.shape[1]])
    tag(257, 4, [stored.shape[0]])
    tag(258, 3, [depth] * count)
    tag(259, 3, [1])
    tag(262, 3, [photometric])
    tag(273, 4, [8])
    tag(274, 3, [orientation])
    tag(277, 3, [count])
    tag(278, 4, [stored.shape[0]])
    tag(279, 4, [len(data)])
    if colour_map is not None:
        tag(320, 3, colour_map)
    if alpha:
        tag(338, 3, [2])
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", place + len(behind))
    directory = struct.pack(f"{order}H", len(tags)) + b"".join(tags) + bytes(4)
    return start + data + bytes(len(data) % 2) + behind + directory


def check(content: bytes, expected: np.ndarray) -> None:
    """The picture, its shape from the header, and the same through Pillow, are as the twin in 8 bits."""
    picture, damage = decode(content)
    assert damage is None
    assert shape_of(content) == tuple(picture.shape)
    assert np.array_equal(picture.permute(1, 2, 0).numpy(), expected)
    try:
        image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:  # what Pillow alone does not read, nobody has in hand
        assert content.startswith(b"MM\0*")
        return
    assert picture.equal(as_picture(image))


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1], ids=["min-is-white", "min-is-black"])
def test_grey_tiffs_are_their_8_bit_twins(photometric: int, order: str, depth: int, orientation: int):
    values = samples(depth)
    expected = in_8_bits(values, depth)
    content = tiff(values, depth, photometric, order, orientation)
    check(content, expected if photometric else 255 - expected)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("depth", [8, 16])
def test_colour_tiffs_are_their_8_bit_twins(depth: int, order: str, alpha: bool, orientation: int):
    values = samples(8, 4 if alpha else 3)
    expected = values[:, :, :3]
    if alpha:
        values[:, :, 3] = np.where(values[:, :, 3] > 127, 255, 0)
        expected = np.where(values[:, :, 3:] == 0, 255, expected)
    stored = values * 257 if depth == 16 else values
    check(tiff(stored, depth, 2, order, orientation, alpha=alpha), expected)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_tiffs_are_the_colours_that_they_name(depth: int, orientation: int):
    values = samples(depth)
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3))
    content = tiff(values, depth, 3, orientation=orientation, colour_map=(colours.T * 257).flatten().tolist())
    check(content, colours[values[:, :, 0]])


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("transparent", [False, True])
def test_grey_pngs_are_their_8_bit_twins(transparent: bool, depth: int, orientation: int):
    values = samples(depth)
    expected, clear = in_8_bits(values, depth), int(values[2, 3, 0])
    extra = []
    if transparent:
        extra = [chunk(b"tRNS", struct.pack(">H", clear))]
        expected = np.where(values == clear, 255, expected)
    check(png(values, depth, 0, *extra, orientation=orientation), expected)


@pytest.mark.parametrize("clear_grey", [0, 1, 65535])
def test_a_16_bit_value_next_to_the_transparent_one_stays(clear_grey: int):
    values = np.array([[[0], [1], [2], [256], [65534], [65535]]])
    expected = np.where(values == clear_grey, 255, in_8_bits(values, 16))
    check(png(values, 16, 0, chunk(b"tRNS", struct.pack(">H", clear_grey))), expected)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("depth", [8, 16])
def test_colour_pngs_with_a_transparent_colour_are_their_8_bit_twins(depth: int, orientation: int):
    values = samples(8, 3)
    values[3, 1] = values[2, 3]
    clear = values[2, 3] * (257 if depth == 16 else 1)
    stored = values * 257 if depth == 16 else values
    expected = np.where((values == values[2, 3]).all(axis=2, keepdims=True), 255, values)
    content = png(stored, depth, 2, chunk(b"tRNS", struct.pack(">3H", *clear)), orientation=orientation)
    assert np.array_equal(decode(content)[0].permute(1, 2, 0).numpy(), expected)
    if depth == 16:  # the same high bytes, another low byte: opaque
        stored = stored.copy()
        stored[3, 1, 2] ^= 1
        expected[3, 1] = values[3, 1]
        check_pixels = decode(png(stored, 16, 2, chunk(b"tRNS", struct.pack(">3H", *clear))))[0]
        assert np.array_equal(check_pixels.permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [4, 6], ids=["grey", "RGB"])
def test_pngs_with_an_alpha_channel_are_their_8_bit_twins(colour: int, depth: int, orientation: int):
    values = samples(8, 2 if colour == 4 else 4)
    values[:, :, -1] = np.where(values[:, :, -1] > 127, 255, 0)
    expected = np.where(values[:, :, -1:] == 0, 255, values[:, :, :-1])
    check(png(values * (257 if depth == 16 else 1), depth, colour, orientation=orientation), expected)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_pngs_are_the_colours_that_they_name(depth: int):
    values = samples(depth)
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3))
    palette = chunk(b"PLTE", colours.astype(np.uint8).tobytes())
    check(png(values, depth, 3, palette), colours[values[:, :, 0]])
    clear = colours.copy()
    clear[1] = 255
    check(png(values, depth, 3, palette, chunk(b"tRNS", b"\xff\0")), clear[values[:, :, 0]])


@pytest.mark.parametrize("most", [1, 15, 255, 1023, 4095, 65535])
@pytest.mark.parametrize("colours", [1, 3])
def test_pnms_of_every_largest_sample_are_their_8_bit_twins(colours: int, most: int):
    values = samples(8, colours, largest=most)
    kind = "u1" if most < 256 else ">u2"
    content = (
        f"P{5 if colours == 1 else 6} {WIDTH} {HEIGHT} {most}\n".encode() + values.astype(kind).tobytes()
    )
    picture = decode(content)[0].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(picture - values * 255 / most).max() <= 0.51  # Pillow rounds by way of 16 bits
    assert shape_of(content) == (colours, HEIGHT, WIDTH)


def test_12_bits_end_at_4095():
    values = np.array([[[0], [4095], [2048], [819]]])
    content = tiff(values, 12, 1)
    check(content, in_8_bits(values, 12))


@pytest.mark.parametrize("orientation", [5, 6])
def test_the_rows_that_are_left_of_a_tiff_are_upright(orientation: int):
    values = samples(16)
    whole = tiff(values, 16, 1, orientation=orientation)
    raw = packed(STORED[orientation](values), 16, "<")
    # The directory first, then the pixels, of which the last row is missing.
    head = bytearray(whole[: 8 + len(raw)])
    moved = whole.replace(bytes(head[8:]), b"")
    shift = len(raw)
    directory = struct.unpack_from("<I", moved, 4)[0] - shift
    moved = bytearray(moved)
    struct.pack_into("<I", moved, 4, directory)
    for at in range(directory + 2, len(moved) - 4, 12):
        if struct.unpack_from("<H", moved, at)[0] == 273:
            struct.pack_into("<I", moved, at + 8, len(moved))
    picture, damage = decode(bytes(moved) + raw[: -HEIGHT * 2])
    assert damage is not None and "cut short" in damage
    left = STORED[orientation](in_8_bits(values, 16))[:-1]
    shown = STORED[orientation](picture.permute(1, 2, 0).numpy())[:-1]
    assert np.array_equal(shown, left)


def test_floats_and_32_bits_are_refused_in_one_line():
    for kind, value, got in (("F", 0.5, "floating-point"), ("I", 70_000, "32-bit"), ("I", -1, "32-bit")):
        file = io.BytesIO()
        Image.new(kind, (3, 2), value).save(file, "TIFF")
        said = f"{got} numbers without a fixed white, and 8 or 16 bits are read; scale them to one of these"
        with pytest.raises(BadPicture, match=said):
            decode(file.getvalue())


@pytest.mark.parametrize("digit", range(3))
def test_reported_tiffs_are_one_picture(shared: Path, digit: int):
    folder = shared / "data" / "reports" / "02-tiff16-min-is-white"
    pictures = [
        as_picture(folder / f"{digit}_{kind}.tif") for kind in ("black8", "black16", "white8", "white16")
    ]
    assert all(picture.equal(pictures[0]) for picture in pictures[1:])
