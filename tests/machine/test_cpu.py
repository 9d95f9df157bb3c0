"""Oracles: other machines' files, written here by hand, and the system's own tools on this one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.machine.interpreters import files

from striate.machine.cpu import cpu, sysctl_features, system_features, usable_cores

TWO_CORES_FOUR_THREADS = "\n\n".join(
    f"processor\t: {n}\nmodel name\t: Intel(R) Xeon(R) 8488C\nphysical id\t: 0\ncore id\t\t: {n % 2}\n"
    "flags\t\t: fpu sse4_2 fma avx f16c avx2 avx512f avx512_bf16 amx_bf16 amx_tile"
    for n in range(4)
)
RASPBERRY = "processor\t: 0\nFeatures\t: fp asimd crc32 asimdhp asimddp\nCPU implementer\t: 0x41\n"
APPLE = """
hw.optional.AdvSIMD: 1
hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_SME: 0
hw.optional.arm.FEAT_I8MM: 1
"""


def test_features_of_linux_on_intel_and_arm_and_of_macos_have_one_spelling() -> None:
    assert system_features(TWO_CORES_FOUR_THREADS) == (
        *("sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16"),
    )
    assert system_features(RASPBERRY) == ("neon", "fp16", "dotprod")
    assert sysctl_features(APPLE) == ("neon", "bf16", "i8mm")


def test_torchs_own_answer_and_its_spelling_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"avx512_f": True, "fma3": True, "amx_bf16": False, "num_physical_cores": 8, "cpu_name": "Ryzen"}
    monkeypatch.setattr("psutil.cpu_count", lambda **_: None)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: answer, raising=False)
    found = cpu(tmp_path)  # no /proc there
    assert (found.features, found.name, found.physical_cores) == (("fma", "avx512f"), "Ryzen", 8)


def test_a_torch_without_capabilities_leaves_it_to_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("torch.cpu.get_capabilities", raising=False)
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 8 if logical else 2)
    found = cpu(files(tmp_path, proc__cpuinfo=TWO_CORES_FOUR_THREADS))
    assert found.name == "Intel(R) Xeon(R) 8488C"
    assert found.physical_cores == 2
    assert "amx_bf16" in found.features


def test_the_last_resort_is_the_level_that_torch_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("torch.cpu.get_capabilities", raising=False)
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "AVX2")
    assert cpu(tmp_path).features == ("avx", "fma", "avx2")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "DEFAULT")
    assert cpu(tmp_path).features == ()


def test_a_torch_that_does_not_load_still_gives_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("torch", "torch.backends"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "avx2" in cpu(files(tmp_path, proc__cpuinfo=TWO_CORES_FOUR_THREADS)).features


@pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux's /proc/cpuinfo")
def test_torch_and_the_kernel_name_the_same_features_of_this_machine() -> None:
    asked = set(cpu().features)
    assert asked == set(system_features(Path("/proc/cpuinfo").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is Linux's")
def test_usable_cores_are_those_of_nproc() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    counted = int(subprocess.check_output(["nproc"], env=environment, text=True))
    assert usable_cores(Path("/nowhere")) == counted
    assert 1 <= usable_cores() <= counted


@pytest.mark.parametrize(
    ("groups", "limits", "cores"),
    [
        ("0::/box\n", {"box__cpu_dot_max": "150000 100000\n"}, 2),
        ("0::/box\n", {"box__cpu_dot_max": "max 100000\n", "cpu_dot_max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu_dot_max": "max 100000\n"}, 8),
        ("0::/the/hosts/path\n", {"cpu_dot_max": "300000 100000\n"}, 3),
        (
            "2:cpu,cpuacct:/\n",
            {"cpu__cpu_dot_cfs_quota_us": "400000\n", "cpu__cpu_dot_cfs_period_us": "100000\n"},
            4,
        ),
        ("2:cpu:/\n", {"cpu__cpu_dot_cfs_quota_us": "-1\n", "cpu__cpu_dot_cfs_period_us": "100000\n"}, 8),
        ("2:cpuset:/\n", {}, 8),
        ("nonsense", {"cpu_dot_max": "\n"}, 8),
    ],
)
def test_a_containers_share_of_time_limits_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: str, limits: dict[str, str], cores: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    files(tmp_path, proc__self__cgroup=groups)
    files(tmp_path / "sys/fs/cgroup", **limits)
    assert usable_cores(tmp_path) == cores
