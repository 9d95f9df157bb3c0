"""Converted networks are kept, found again, made again where they are damaged, and bounded."""

import hashlib
import json
import os
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from tests.engines.nets import small_net
from torch import nn

from striate.engines import compiled_cache
from striate.engines.compiled_cache import Stale, cached, clear, networks_folder
from striate.engines.fingerprint import fingerprint
from striate.engines.opening import open_engine


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "1000000")
    return tmp_path / "cache" / "networks"


class Maker:
    """Counts how often it has to build."""

    def __init__(self, content: bytes = b"content") -> None:
        self.content, self.built = content, 0

    def build(self, folder: Path) -> None:
        self.built += 1
        (folder / "file").write_bytes(self.content)

    def get(self, key: str | None) -> bytes:
        return cached(key, self.build, lambda folder: (folder / "file").read_bytes())


def test_the_second_time_nothing_is_built(cache):
    maker = Maker()
    assert [maker.get("one"), maker.get("one")] == [b"content", b"content"]
    assert maker.built == 1
    assert sorted(path.name for path in (cache / "one").iterdir()) == ["digests.json", "file"]


@pytest.mark.parametrize("damage", ["cut", "changed", "no digests", "digests no JSON", "one file more"])
def test_what_is_damaged_is_built_again(cache, damage):
    maker = Maker()
    maker.get("one")
    match damage:
        case "cut":
            (cache / "one" / "file").write_bytes(b"con")
        case "changed":
            (cache / "one" / "file").write_bytes(b"CONTENT")
        case "no digests":
            (cache / "one" / "digests.json").unlink()
        case "digests no JSON":
            (cache / "one" / "digests.json").write_text("{", encoding="utf-8")
        case "one file more":
            (cache / "one" / "other").write_bytes(b"")
    assert maker.get("one") == b"content"
    assert maker.built == 2
    assert maker.get("one") == b"content"
    assert maker.built == 2


def test_without_a_key_or_without_room_nothing_is_kept(cache, monkeypatch):
    maker = Maker()
    assert maker.get(None) == b"content"
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "0")
    assert maker.get("one") == b"content"
    assert not cache.exists()


def test_a_cache_that_cannot_be_made_is_done_without(cache):
    cache.parent.write_text("a file where the folder should be", encoding="utf-8")
    assert Maker().get("one") == b"content"


def test_the_least_recently_used_goes_first(cache, monkeypatch):
    maker = Maker(b"x" * 1000)
    for age, key in enumerate(["old", "older", "oldest"]):
        maker.get(key)
        os.utime(cache / key, (1000 - age, 1000 - age))
    maker.get("oldest")  # used again: now the youngest
    monkeypatch.setattr(compiled_cache, "LARGEST", 3100)
    maker.get("new")
    assert {path.name for path in cache.iterdir()} == {"oldest", "new"}


def test_what_is_larger_than_the_room_is_not_kept(cache, monkeypatch):
    monkeypatch.setattr(compiled_cache, "LARGEST", 500)
    assert len(Maker(b"x" * 1000).get("large")) == 1000
    assert list(cache.iterdir()) == []


def test_clear_says_what_it_freed(cache):
    Maker(b"x" * 1000).get("one")
    assert clear() >= 1000
    assert not networks_folder().exists()
    assert clear() == 0


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners and permissions")
@pytest.mark.parametrize("whose", ["another user's", "the group may write", "everybody may write", "a link"])
def test_what_somebody_else_may_have_written_is_never_read(cache, monkeypatch, tmp_path, whose):
    Maker(b"theirs").get("one")
    match whose:
        case "another user's":
            own = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: own + 1)
        case "the group may write":
            (cache / "one").chmod(0o770)
        case "everybody may write":
            (cache / "one").chmod(0o707)
        case "a link":
            (cache / "one").rename(tmp_path / "elsewhere")
            (cache / "one").symlink_to(tmp_path / "elsewhere")
    assert Maker(b"ours").get("one") == b"ours"
    if whose == "a link":
        assert (tmp_path / "elsewhere" / "file").read_bytes() == b"theirs"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners and permissions")
def test_entries_are_closed_to_others(cache):
    Maker().get("one")
    assert (cache / "one").stat().st_mode & 0o077 == 0
    assert cache.stat().st_mode & 0o077 == 0


def test_an_entry_that_cannot_be_used_is_made_again(cache):
    Maker(b"of another version").get("one")
    maker = Maker(b"of this version")

    def read(folder: Path) -> bytes:
        if (folder / "file").read_bytes() != b"of this version":
            raise Stale
        return b"read"

    assert cached("one", maker.build, read) == b"read"
    assert cached("one", maker.build, read) == b"read"
    assert maker.built == 1


def test_where_another_process_is_first_both_have_the_network(cache):
    other = Maker(b"made by the other")

    def build(folder: Path) -> None:
        other.get("one")
        (folder / "file").write_bytes(b"made here")

    assert cached("one", build, lambda folder: (folder / "file").read_bytes()) == b"made here"
    assert [path.name for path in cache.iterdir()] == ["one"]
    assert Maker().get("one") in (b"made here", b"made by the other")


def test_an_engine_from_the_cache_computes_the_same_and_converts_nothing(cache, monkeypatch):
    images = torch.randn(2, 3, 8, 8)
    fresh = open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)[0]
    (entry,) = cache.iterdir()
    open_engine(small_net(seed=1), (3, 8, 8), engine="openvino")
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setattr("striate.engines.openvino_engine.convert", None)
    assert torch.equal(open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)[0], fresh)
    assert [path.name for path in sorted(entry.iterdir())] == ["digests.json", "network.blob"]


def test_each_precision_has_a_network_of_its_own(cache):
    for precision in ("fp32", "bf16"):
        open_engine(small_net(), (3, 8, 8), engine="openvino", precision=precision)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("damage", ["a byte changed", "cut", "no network", "of another version"])
def test_a_damaged_network_is_converted_again(cache, monkeypatch, damage):
    images = torch.randn(2, 3, 8, 8)
    fresh = open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)[0]
    (entry,) = cache.iterdir()
    content = bytearray((entry / "network.blob").read_bytes())
    middle = len(content) // 2
    match damage:
        case "a byte changed":
            content[middle] ^= 1
        case "cut":
            del content[middle:]
        case "no network":
            content = bytearray(b"no network")
        case "of another version":
            place = content.index(version("openvino").encode())
            content[place : place + 4] = b"1999"
    (entry / "network.blob").write_bytes(content)
    if damage != "a byte changed":  # as if it had been written like that
        whole = hashlib.sha256(content).hexdigest()
        (entry / "digests.json").write_text(json.dumps({"network.blob": whole}), encoding="utf-8")
    assert torch.equal(open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)[0], fresh)
    monkeypatch.setattr("striate.engines.openvino_engine.convert", None)
    assert torch.equal(open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)[0], fresh)


class Scaled(nn.Module):
    """A setting that neither the weights nor the printed form show."""

    def __init__(self, factor: float, by: object = torch.relu) -> None:
        super().__init__()
        self.factor, self.by = factor, by
        self.layer = small_net()


def test_equal_networks_have_one_fingerprint():
    assert fingerprint(small_net()) == fingerprint(small_net())
    assert fingerprint(Scaled(2.0)) == fingerprint(Scaled(2.0))
    assert fingerprint(Scaled(2.0, partial(torch.clamp, min=0))) is not None


def test_weights_settings_facts_and_functions_tell_networks_apart():
    different = small_net()
    with torch.no_grad():
        different[0].weight[0, 0, 0, 0] += 1e-6
    texts = [
        fingerprint(small_net()),
        fingerprint(small_net(seed=1)),
        fingerprint(different),
        fingerprint(small_net(), "fact"),
        fingerprint(nn.Sequential(*small_net(), nn.ReLU())),
        fingerprint(Scaled(2.0)),
        fingerprint(Scaled(3.0)),
        fingerprint(Scaled(2.0, torch.tanh)),
        fingerprint(Scaled(2.0, partial(torch.clamp, min=0))),
        fingerprint(Scaled(2.0, partial(torch.clamp, min=1))),
        fingerprint(Scaled(2.0, torch.zeros(2))),
        fingerprint(Scaled(2.0, torch.ones(2))),
        fingerprint(Scaled(2.0, {"a": (1, None)})),
    ]
    assert None not in texts
    assert len(set(texts)) == len(texts)


def test_what_has_no_lasting_description_has_no_fingerprint():
    offset = 2
    hooked = small_net()
    hooked[0].register_forward_hook(lambda *_: None)
    assert fingerprint(hooked) is None
    assert fingerprint(Scaled(2.0, lambda value: value + offset)) is None
    assert fingerprint(Scaled(2.0, object())) is None
