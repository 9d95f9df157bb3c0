"""Features of a frozen trunk are used as they were written or not at all."""

import os

import pytest
import torch

from striate.data.caching.feature_cache import entry_path, keep_features, read_features
from striate.events import silent


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "100000000")
    return entry_path({"of": "these"})


def test_what_was_kept_comes_back(entry):
    features = torch.arange(12.0).view(3, 4)
    keep_features(entry, features, silent)
    assert torch.equal(read_features(entry, 3), features)
    assert read_features(entry, 4) is None


def test_a_flipped_bit_is_seen(entry):
    keep_features(entry, torch.arange(12.0).view(3, 4), silent)
    content = bytearray(entry.read_bytes())
    at = content.rindex(torch.tensor([11.0]).numpy().tobytes())
    content[at] ^= 1  # still a finite number
    entry.write_bytes(content)
    assert read_features(entry, 3) is None


def test_a_named_pipe_is_no_entry_and_does_not_wait(entry):
    entry.parent.mkdir(parents=True)
    os.mkfifo(entry)
    assert read_features(entry, 3) is None
