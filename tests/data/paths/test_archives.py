"""Archives of strangers: what is wanted comes out, whole or not at all."""

import io
import tarfile
from pathlib import Path

import pytest

from striate.data.paths.archives import unpack


def archive(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            file.addfile(link)
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def test_only_what_is_wanted_is_written_and_nothing_leaves_the_folder(tmp_path: Path):
    members = {"in/a.bin": b"aa", "../evil": b"x", "/abs": b"x", "in/../../b.bin": b"bb", "in/readme": b"x"}
    source = archive(tmp_path / "a.tar.gz", members, {"in": "/tmp"})
    unpack(source, {"in/a.bin": 2, "in/../../b.bin": 5}, tmp_path / "deep" / "out")
    assert {p.name: p.read_bytes() for p in (tmp_path / "deep" / "out").iterdir()} == {
        "a.bin": b"aa",
        "b.bin": b"bb",
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar.gz", "deep"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"a": 3}, "member a has 4 bytes"),
        ({"a": 4, "z": 1}, "member z is missing"),
        ({"link": 9}, "link is missing"),
    ],
)
def test_a_wrong_member_leaves_nothing_behind(tmp_path: Path, wanted: dict[str, int], words: str):
    source = archive(tmp_path / "a.tar.gz", {"a": b"1234"}, {"link": "/etc/passwd"})
    with pytest.raises(ValueError, match=words):
        unpack(source, wanted, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("cut", [0, 1, 20, 60])
def test_a_damaged_archive_is_a_value_error(tmp_path: Path, cut: int):
    source = archive(tmp_path / "a.tar.gz", {"a": bytes(range(256)) * 20})
    source.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"damaged|missing"):
        unpack(source, {"a": 9999}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_endless_members_are_cut_off(tmp_path: Path):
    source = archive(tmp_path / "a.tar.gz", {f"m{number}": b"" for number in range(1001)})
    with pytest.raises(ValueError, match="more than 1000 members"):
        unpack(source, {"never": 1}, tmp_path / "out")
