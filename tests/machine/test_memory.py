"""Oracles: the kernel's files written by hand, and sysconf on this machine."""

import os
import sys
from pathlib import Path

import pytest
from tests.machine.interpreters import files

from striate.machine.memory import Memory, memory

MEMINFO = "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n"


@pytest.fixture
def another_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root whose /proc psutil reads."""
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path / "proc"), raising=False)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc/meminfo")
def test_memory_is_the_kernels_and_unknown_without_one(another_kernel: Path) -> None:
    assert memory(another_kernel) == Memory(None, None)
    assert memory(files(another_kernel, proc__meminfo=MEMINFO)) == Memory(8_192_000_000, 6_144_000_000)


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
    assert memory(tmp_path) == Memory(2_000_000_000, 1_500_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's /proc/meminfo")
def test_an_old_containers_unlimited_number_is_no_limit(another_kernel: Path) -> None:
    tmp_path = another_kernel
    files(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="4:memory:/\n")
    group = tmp_path / "sys/fs/cgroup/memory"
    files(group, memory_dot_limit_in_bytes="9223372036854771712\n", memory_dot_usage_in_bytes="1\n")
    assert memory(tmp_path).total == 8_192_000_000
    files(group, memory_dot_limit_in_bytes="1000\n", memory_dot_usage_in_bytes="5000\n")
    assert memory(tmp_path) == Memory(1000, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="compares with sysconf")
def test_this_machines_memory_is_at_most_what_sysconf_says() -> None:
    found = memory()
    assert found.total is not None
    assert found.available is not None
    assert 0 < found.available <= found.total <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
