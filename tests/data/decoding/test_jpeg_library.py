"""The JPEG decoder without torchvision: the same pixels, and torchvision where its library is not found."""

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from striate.data.decoding import decode, jpeg_library
from striate.data.decoding.jpeg_library import decoder_files, load_jpeg_decoder

ALONE = """
import sys, torch
from striate.data.decoding.decode import decode
picture, damage = decode(open({path!r}, "rb").read())
print(damage, [name for name in ("torchvision", "torch._dynamo") if name in sys.modules])
torch.save(picture, {path!r} + ".pt")
"""


def jpeg() -> bytes:
    """A picture with a gradient in each colour."""
    picture = Image.new("RGB", (40, 24))
    picture.putdata([(6 * x, 10 * y, 3 * (x + y)) for y in range(24) for x in range(40)])
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()


def test_a_jpeg_is_decoded_without_torchvision_to_torchvision_s_pixels(tmp_path):
    import torchvision.io  # noqa: F401

    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg())
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(path=str(path))], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None []"
    encoded = torch.frombuffer(bytearray(jpeg()), dtype=torch.uint8)
    expected = torch.ops.image.decode_jpeg(encoded, 0, True)
    assert torch.equal(torch.load(f"{path}.pt", weights_only=True), expected)


def test_where_the_library_is_not_found_or_cannot_be_loaded_torchvision_registers_it(tmp_path, monkeypatch):
    broken = tmp_path / "image.so"
    broken.write_bytes(b"no library")
    for files in ([], [broken]):
        monkeypatch.setattr(jpeg_library, "decoder_files", lambda files=files: files)
        monkeypatch.delitem(sys.modules, "torchvision.io", raising=False)
        load_jpeg_decoder.cache_clear()
        load_jpeg_decoder()
        assert "torchvision.io" in sys.modules
        assert callable(torch.ops.image.decode_jpeg)


def test_the_library_is_found_in_torchvision_s_folder():
    assert [file.parent.name for file in decoder_files()] == ["torchvision"] * len(decoder_files())
    assert decoder_files()


@pytest.mark.parametrize("error", [AttributeError, ImportError])
def test_without_torchvision_s_private_operator_pillow_decodes_the_same_picture(monkeypatch, error):
    expected, damage = decode.decode(jpeg())
    assert damage is None

    def gone():
        raise error("no such operator")

    monkeypatch.setattr(decode, "_jpeg_operator", gone)
    found, damage = decode.decode(jpeg())
    assert damage is None
    assert found.shape == expected.shape
    assert (found.int() - expected.int()).abs().max() <= 2  # two builds of one library round differently


def test_the_operator_is_looked_for_by_a_name_that_may_be_missing(monkeypatch):
    monkeypatch.setattr(decode, "load_jpeg_decoder", lambda: None)
    monkeypatch.setattr(decode.torch, "ops", SimpleNamespace(image=SimpleNamespace()))
    decode._jpeg_operator.cache_clear()
    try:
        picture, damage = decode.decode(jpeg())
    finally:
        decode._jpeg_operator.cache_clear()
    assert damage is None
    assert picture.shape == (3, 24, 40)
