"""Pictures come back from their PNG with the pixels that went in."""

import base64
import io

import numpy as np
import torch
from PIL import Image

from striate.drawing.grid import picture_png, picture_uri


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_digit_grows_by_a_whole_factor_and_keeps_its_pixels():
    digit = np.arange(28 * 28, dtype=np.uint32).reshape(1, 28, 28).astype(np.uint8)
    shown = decoded(picture_png(digit))
    assert shown.shape == (140, 140)
    assert (shown[2::5, 2::5] == digit[0]).all()
    assert (shown[0:5, 5:10] == digit[0, 0, 1]).all()


def test_a_tensor_and_an_array_give_the_same_bytes():
    colours = np.random.default_rng(0).integers(0, 256, (3, 150, 200), dtype=np.uint8)
    assert picture_png(colours) == picture_png(torch.from_numpy(colours))
    assert (decoded(picture_png(colours)) == colours.transpose(1, 2, 0)).all()


def test_a_photo_shrinks_in_proportion():
    assert decoded(picture_png(np.zeros((3, 1000, 2000), np.uint8))).shape == (240, 480, 3)
    assert decoded(picture_png(np.zeros((1, 1, 5000), np.uint8))).shape == (1, 480)


def test_a_file_becomes_a_data_uri_and_anything_else_none(tmp_path):
    content = picture_png(np.zeros((1, 8, 8), np.uint8))
    (tmp_path / "good.png").write_bytes(content)
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.png").write_text("<svg onload='alert(1)'/>")
    uri = picture_uri(tmp_path / "good.png")
    assert uri is not None
    assert base64.b64decode(uri.removeprefix("data:image/png;base64,")) == content
    assert picture_uri(tmp_path / "cut.png") is None
    assert picture_uri(tmp_path / "text.png") is None
    assert picture_uri(tmp_path / "missing.png") is None


def test_a_large_file_is_embedded_small(tmp_path):
    Image.new("RGB", (1200, 600), (200, 10, 10)).save(tmp_path / "photo.jpg")
    uri = picture_uri(tmp_path / "photo.jpg")
    assert uri is not None
    assert decoded(base64.b64decode(uri.split(",")[1])).shape == (240, 480, 3)
