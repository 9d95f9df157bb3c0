"""Files from strangers: every bad one is a single sentence that names it, and none of them runs."""

import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save
from torch import nn

from striate.errors import StriateError
from striate.models.weights.weight_files import read_tensors


class Evil:
    """Unpickling it makes a folder."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (self.path,))


def pth(value: object, tmp_path, *, zipped: bool = True) -> bytes:
    path = tmp_path / "written"
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path.read_bytes()


def zipped(tmp_path) -> bytes:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("x", "y")
    return (tmp_path / "other.zip").read_bytes()


TENSORS = {"weight": torch.zeros(1000)}
BAD = {  # bytes, or what writes them into a folder
    "empty": (b"", "is empty"),
    "html": (b"<!DOCTYPE html><title>404</title>", "is a web page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer"),
    "keras": (b"\x89HDF\r\n\x1a\n" + bytes(100), "Keras file"),
    "noise": (bytes(range(100, 200)) * 9, "is no weights file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no weights file"),
    "short safetensors": (save(TENSORS)[:2000], "damaged safetensors"),
    "very short safetensors": (save(TENSORS)[:20], "damaged safetensors"),
    "short pth": (lambda tmp: pth(TENSORS, tmp)[:2000], "damaged or cut short"),
    "short old pth": (lambda tmp: pth(TENSORS, tmp, zipped=False)[:2000], "damaged or cut short"),
    "another archive": (zipped, "damaged or cut short"),
    "code in pth": (lambda tmp: pth({"w": Evil(str(tmp / "harm"))}, tmp), "no code from files is run"),
    "code in old pth": (
        lambda tmp: pth({"w": Evil(str(tmp / "harm"))}, tmp, zipped=False),
        "no code from files is run",
    ),
    "code in a pickle": (
        lambda tmp: pickle.dumps({"w": Evil(str(tmp / "harm"))}),
        "no code from files is run",
    ),
    "a whole network": (lambda tmp: pth(nn.Linear(2, 2), tmp), "torch.nn.modules.linear.Linear"),
    "one tensor": (lambda tmp: pth(torch.zeros(3), tmp), "holds no state_dict"),
    "numbers": (lambda tmp: pth({"epoch": 3}, tmp), "holds no state_dict"),
    "nothing in it": (lambda tmp: pth({}, tmp), "holds no state_dict"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_bad_file_is_one_sentence_whatever_its_name(tmp_path, kind, suffix):
    make, expected = BAD[kind]
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(make if isinstance(make, bytes) else make(tmp_path))
    with pytest.raises(StriateError) as caught:
        read_tensors(path)
    text = str(caught.value)
    assert expected in text
    assert str(path) in text
    assert "\n" not in text
    assert len(text) < 300 + len(str(path))
    assert not (tmp_path / "harm").exists()


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(StriateError, match=r"there is no weights file .*none.pth"):
        read_tensors(tmp_path / "none.pth")
    with pytest.raises(StriateError, match=r"cannot be read as weights .Is a directory"):
        read_tensors(tmp_path)
