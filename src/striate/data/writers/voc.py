"""Writes scenes as PASCAL VOC: `JPEGImages`, `Annotations`, `ImageSets/Main` and the two kinds of masks.

Boxes are VOC's: numbers of the first and the last pixel, counted from 1. Masks are PNGs with VOC's palette:
pixel values count the objects (`SegmentationObject`) or the classes (`SegmentationClass`) from 1.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
import numpy.typing as npt
from PIL import Image

from striate.data.composing.scene import Scene
from striate.data.dataset import Part

SETS: Mapping[Part, str] = {"train": "train", "validation": "val", "test": "test"}
MOST = 254  # objects or classes that a mask can count; 255 means: nothing is known
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def annotation_xml(file_name: str, scene: Scene, classes: Sequence[str], info: Mapping[str, Any]) -> bytes:
    """The annotation of one scene; `<source>` says that it is composed, and of what."""
    channels, height, width = scene.picture.shape
    root = Element("annotation")
    _text(root, "folder", "JPEGImages")
    _text(root, "filename", file_name)
    source = SubElement(root, "source")
    _text(source, "database", str(info["description"]))
    _text(source, "annotation", "composed")
    _text(source, "image", scene.background)
    size = SubElement(root, "size")
    for name, pixels in (("width", width), ("height", height), ("depth", channels)):
        _text(size, name, str(pixels))
    _text(root, "segmented", "1")
    for at, box in enumerate(scene.boxes.tolist()):
        one = SubElement(root, "object")
        _text(one, "name", classes[int(scene.labels[at])])
        for name, value in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            _text(one, name, value)
        _text(one, "cut_out", scene.cut_outs[at])
        bounds = SubElement(one, "bndbox")
        x1, y1, x2, y2 = (int(value) for value in box)
        for name, number in (("xmin", x1 + 1), ("ymin", y1 + 1), ("xmax", x2), ("ymax", y2)):
            _text(bounds, name, str(number))
    indent(root)
    return str(tostring(root, encoding="unicode")).encode() + b"\n"


def objects_png(scene: Scene) -> bytes:
    """Which object each pixel is of."""
    return _png(scene, [at + 1 for at in range(len(scene.labels))])


def classes_png(scene: Scene) -> bytes:
    """Which class each pixel is of."""
    return _png(scene, [int(label) + 1 for label in scene.labels])


def _png(scene: Scene, values: Sequence[int]) -> bytes:
    pixels = np.zeros(scene.picture.shape[1:], dtype=np.uint8)
    for mask, value in zip(scene.masks.numpy(), values, strict=True):
        pixels[mask] = value
    image = Image.fromarray(pixels)
    image.putpalette(palette().reshape(-1).tolist())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def palette() -> npt.NDArray[np.uint8]:
    """VOC's 256 colours (256, 3): three bits of the number go to the highest bits of red, green and blue."""
    numbers = np.arange(256)
    colours = np.zeros((256, 3), dtype=np.uint8)
    for step in range(8):
        for channel in range(3):
            colours[:, channel] |= ((numbers >> (3 * step + channel) & 1) << (7 - step)).astype(np.uint8)
    return colours


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub("\ufffd", text)
