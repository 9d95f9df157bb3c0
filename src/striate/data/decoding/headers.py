"""What a picture file says about itself in its first bytes: format, size, and whether its name agrees."""

import re
import struct
import zlib
from dataclasses import dataclass
from os.path import splitext

from striate.data.dataset import BadPicture

SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "WebP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PNM": (".pgm", ".ppm", ".pbm", ".pnm"),
    "JPEG 2000": (".jp2", ".j2k", ".jpx"),
    "AVIF": (".avif",),
}
# People mean these as pictures, so they are named as unreadable instead of being left out in silence.
FOREIGN_SUFFIXES = (".svg", ".heic", ".heif", ".jxl", ".psd")
# TIFF by their first bytes, and what a reader of TIFF finds in them is a thumbnail.
CAMERA_SUFFIXES = frozenset(
    (".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw")
)
PICTURE_SUFFIXES = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)
_FOREIGN = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x05\x16\x07", "a macOS resource fork"),
    (b"\xd0\xcf\x11\xe0", "an Office or thumbnail store"),
    (b"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"),
)
_PNM_HEADER = re.compile(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s")
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim")
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LONE_MARKERS = frozenset(range(0xD0, 0xD9)) | {0x01}
_SCAN, _END = 0xDA, 0xD9


def sniff(start: bytes) -> str | None:
    """The format of a picture by the first bytes of its file (32 are enough), None if we read no such."""
    for magic, kind in _STARTS:
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if start[:2] == b"BM" and len(start) >= 26 and 12 <= start[14] <= 124 and start[15:18] == b"\0\0\0":
        return "BMP"
    if len(start) >= 3 and start[:1] == b"P" and start[1:2] in b"123456" and start[2:3] in b" \t\r\n#":
        return "PNM"
    return None


def surely_a_picture(start: bytes) -> bool:
    """Whether a file is a picture whose name does not say so: text may begin as a PNM does."""
    kind = sniff(start)
    return kind is not None and (kind != "PNM" or _PNM_HEADER.match(start) is not None)


def foreign(content: bytes) -> str:
    """What a file is that is not a picture, for people."""
    if not content:
        return "the file is empty"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "the file is a HEIC picture, which is not read; convert it to JPEG or PNG"
    known = next((kind for magic, kind in _FOREIGN if content.startswith(magic)), None)
    if known is not None:
        return f"the file is {known}, not a picture that is read"
    return _foreign_text(content) or f"the content is no picture format that is read ({', '.join(SUFFIXES)})"


def _foreign_text(content: bytes) -> str | None:
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        return "the file is an SVG vector image, which is not read; export it as PNG"
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "the file is an HTML page, as a failed download leaves it"
    if not any(byte < 9 or 13 < byte < 32 for byte in content[:1024]):
        return "the file is text, not a picture"
    return None


def misnamed(name: str, content: bytes) -> str | None:
    """Why a picture's name misleads about its content, None if it does not."""
    kind = sniff(content[:32])
    suffix = splitext(name)[1].lower()  # noqa: PTH122 - a path object costs ten times as much
    if kind is None or suffix in SUFFIXES[kind]:
        return None
    usual = SUFFIXES[kind][0]
    if suffix in ("", "."):
        return f"the content is {kind}, the name has no extension; rename it to end in {usual}"
    return f"the content is {kind}, not {suffix}; rename it to end in {usual}"


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Size, colour components, and whether Adobe's marker says how they are stored."""

    size_hw: tuple[int, int]
    components: int
    adobe: bool


def jpeg_header(content: bytes) -> JpegHeader:
    """The frame header of a JPEG, found as libjpeg finds it: marker by marker.

    Raises:
        BadPicture: the file ends or turns to noise before its size is told.
    """
    at, adobe = 2, False
    while True:
        at = content.find(b"\xff", at)
        while at >= 0 and content[at + 1 : at + 2] == b"\xff":
            at += 1
        if at < 0 or at + 4 > len(content):
            raise BadPicture("the JPEG is cut short in its header: no pixel can be had")
        marker = content[at + 1]
        if marker == 0 or marker in _LONE_MARKERS:
            at += 2
            continue
        if marker in (_SCAN, _END):
            raise BadPicture("the JPEG's header is damaged: its size is missing")
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _FRAME_MARKERS:
            if at + 10 > len(content):
                raise BadPicture("the JPEG is cut short in its header: no pixel can be had")
            height, width, components = struct.unpack_from(">HHB", content, at + 5)
            return JpegHeader((height, width), components, adobe or _adobe_follows(content, at + 2 + length))
        adobe = adobe or (marker == 0xEE and content[at + 4 : at + 9] == b"Adobe")
        at += 2 + max(length, 2)


def _adobe_follows(content: bytes, at: int) -> bool:
    """Whether Adobe's marker stands between the frame header and the pixels, where it is rare but legal."""
    scan = content.find(b"\xff\xda", at)
    return b"\xff\xee\x00\x0eAdobe" in content[at : scan if scan >= 0 else len(content)]


def png_size(content: bytes) -> tuple[int, int]:
    """Height and width of a PNG, from a header whose checksum is right.

    Raises:
        BadPicture: the header is missing or its checksum is wrong, so its numbers cannot be trusted.
    """
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise BadPicture("the PNG is cut short or damaged in its header: no pixel can be had")
    if zlib.crc32(content[12:29]) != int.from_bytes(content[29:33], "big"):
        raise BadPicture("the checksum of the PNG's header is wrong, so its size cannot be trusted")
    width, height = struct.unpack_from(">II", content, 16)
    return height, width


def png_damage(content: bytes) -> str | None:
    """What is wrong with the chunks of a PNG's pixel data, None if nothing is."""
    at, view = 8, memoryview(content)
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        if kind == b"IEND":
            return None
        if end + 4 > len(content):
            break
        if kind == b"IDAT" and zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return "the checksum of the PNG's pixel data is wrong; parts of the picture may be wrong"
        at = end + 4
    return "the PNG is cut short: its end is missing"
