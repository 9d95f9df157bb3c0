"""Oracles: other machines' files, written here by hand, and the system's own tools on this one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from striate.machine import hardware as machine

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


CALM = "from striate.machine import threads; threads.calm_threads()"


def files(root: Path, **contents: str) -> Path:
    """A root with the given files; `__` in a name is a slash, `_dot_` a dot."""
    for name, content in contents.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def fresh(code: str, **environment: str) -> str:
    """What a new interpreter prints."""
    kept = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_features_of_linux_on_intel_and_arm_and_of_macos_have_one_spelling() -> None:
    assert machine.system_features(TWO_CORES_FOUR_THREADS) == (
        *("sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16"),
    )
    assert machine.system_features(RASPBERRY) == ("neon", "fp16", "dotprod")
    assert machine.sysctl_features(APPLE) == ("neon", "bf16", "i8mm")


def test_torchs_own_answer_and_its_spelling_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"avx512_f": True, "fma3": True, "amx_bf16": False, "num_physical_cores": 8, "cpu_name": "Ryzen"}
    monkeypatch.setattr("psutil.cpu_count", lambda **_: None)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: answer, raising=False)
    found = machine.cpu(tmp_path)  # no /proc there
    assert (found.features, found.name, found.physical_cores) == (("fma", "avx512f"), "Ryzen", 8)


def test_a_torch_without_capabilities_leaves_it_to_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("torch.cpu.get_capabilities", raising=False)
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 8 if logical else 2)
    found = machine.cpu(files(tmp_path, proc__cpuinfo=TWO_CORES_FOUR_THREADS))
    assert found.name == "Intel(R) Xeon(R) 8488C"
    assert found.physical_cores == 2
    assert "amx_bf16" in found.features


def test_the_last_resort_is_the_level_that_torch_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("torch.cpu.get_capabilities", raising=False)
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "AVX2")
    assert machine.cpu(tmp_path).features == ("avx", "fma", "avx2")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "DEFAULT")
    assert machine.cpu(tmp_path).features == ()


def test_a_torch_that_does_not_load_still_gives_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("torch", "torch.backends"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "avx2" in machine.cpu(files(tmp_path, proc__cpuinfo=TWO_CORES_FOUR_THREADS)).features


@pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux's /proc/cpuinfo")
def test_torch_and_the_kernel_name_the_same_features_of_this_machine() -> None:
    asked = set(machine.cpu().features)
    assert asked == set(machine.system_features(Path("/proc/cpuinfo").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is Linux's")
def test_usable_cores_are_those_of_nproc() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    counted = int(subprocess.check_output(["nproc"], env=environment, text=True))
    assert machine.usable_cores(Path("/nowhere")) == counted
    assert 1 <= machine.usable_cores() <= counted


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
    assert machine.usable_cores(tmp_path) == cores


MEMINFO = "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n"


@pytest.fixture
def another_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root whose /proc psutil reads."""
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path / "proc"), raising=False)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc/meminfo")
def test_memory_is_the_kernels_and_unknown_without_one(another_kernel: Path) -> None:
    assert machine.memory(another_kernel) == machine.Memory(None, None)
    assert machine.memory(files(another_kernel, proc__meminfo=MEMINFO)) == machine.Memory(
        8_192_000_000, 6_144_000_000
    )


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc/meminfo")
def test_a_containers_memory_is_its_limit_less_what_it_uses_and_cannot_give_back(
    another_kernel: Path,
) -> None:
    tmp_path = another_kernel
    files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/\n")
    files(
        tmp_path / "sys/fs/cgroup",
        memory_dot_max="2000000000\n",
        memory_dot_current="900000000\n",
        memory_dot_stat="anon 5\ninactive_file 400000000\n",
    )
    assert machine.memory(tmp_path) == machine.Memory(2_000_000_000, 1_500_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc/meminfo")
def test_an_old_containers_unlimited_number_is_no_limit(another_kernel: Path) -> None:
    tmp_path = another_kernel
    files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="4:memory:/\n")
    group = tmp_path / "sys/fs/cgroup/memory"
    files(group, memory_dot_limit_in_bytes="9223372036854771712\n", memory_dot_usage_in_bytes="1\n")
    assert machine.memory(tmp_path).total == 8_192_000_000
    files(group, memory_dot_limit_in_bytes="1000\n", memory_dot_usage_in_bytes="5000\n")
    assert machine.memory(tmp_path) == machine.Memory(1000, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="compares with sysconf")
def test_this_machines_memory_is_at_most_what_sysconf_says() -> None:
    found = machine.memory()
    assert found.total is not None
    assert found.available is not None
    assert 0 < found.available <= found.total <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_versions_are_those_of_the_packages_and_need_no_torch() -> None:
    import numpy
    import PIL

    found = machine.versions()
    assert found["numpy"] == numpy.__version__
    assert found["pillow"] == PIL.__version__
    assert found["python"] == ".".join(str(n) for n in sys.version_info[:3])
    code = (
        "import sys; from striate.machine.hardware import versions; versions(); print('torch' in sys.modules)"
    )
    assert fresh(code) == "False"


def test_a_package_that_is_not_there_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PACKAGES", ["numpy", "no-such-package"])
    assert machine.versions()["no-such-package"] is None


def test_the_environment_of_a_run_has_its_keys_and_torchs_threads() -> None:
    import torch

    found = machine.describe()
    assert list(found) == [
        *("striate", "python", "torch", "torchvision", "numpy", "pillow", "lightning-fabric"),
        *("platform", "cpu", "threads", "memory_bytes"),
    ]
    assert list(found["cpu"]) == ["name", "features"]
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()


def test_waiting_threads_are_calmed_before_torch_unless_the_user_decided() -> None:
    ask = f"import os; {CALM}; print(os.environ.get('OMP_WAIT_POLICY'))"
    assert fresh(ask) == "PASSIVE"
    assert fresh(ask, OMP_WAIT_POLICY="active") == "active"


def test_after_torch_the_policy_is_left_as_it_is() -> None:
    ask = f"import torch, os; {CALM}; print('OMP_WAIT_POLICY' in os.environ)"
    assert fresh(ask) == "False"


def test_waiting_threads_turn_a_little_unless_the_user_said_how_they_wait():
    ask = f"import os; {CALM}; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert fresh(ask) == "1000"
    assert fresh(ask, OMP_WAIT_POLICY="active") == "None"
    assert fresh(ask, GOMP_SPINCOUNT="7") == "7"
