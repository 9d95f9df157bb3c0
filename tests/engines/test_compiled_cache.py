"""Converted networks are kept, found again, made again where they are damaged, and bounded."""

import os
from functools import partial
from pathlib import Path

import pytest
import torch
from tests.engines.nets import small_net
from torch import nn

from striate.engines import compiled_cache
from striate.engines.compiled_cache import cached, clear, networks_folder
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


def test_an_engine_from_the_cache_computes_the_same(cache):
    images = torch.randn(2, 3, 8, 8)
    fresh = open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)
    (entry,) = cache.iterdir()
    network = entry / "network.xml"
    before = network.stat().st_mtime_ns
    assert torch.equal(open_engine(small_net(), (3, 8, 8), engine="openvino").run(images), fresh)
    assert network.stat().st_mtime_ns == before
    open_engine(small_net(seed=1), (3, 8, 8), engine="openvino")
    assert len(list(cache.iterdir())) == 2


def test_a_damaged_network_is_converted_again(cache):
    images = torch.randn(2, 3, 8, 8)
    fresh = open_engine(small_net(), (3, 8, 8), engine="openvino").run(images)
    (entry,) = cache.iterdir()
    weights = bytearray((entry / "network.bin").read_bytes())
    weights[40:44] = b"\x00\x00\x80\x7f"  # an infinity
    (entry / "network.bin").write_bytes(weights)
    assert torch.equal(open_engine(small_net(), (3, 8, 8), engine="openvino").run(images), fresh)


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
