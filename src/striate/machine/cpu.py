"""The processor: its name, its vector instructions, cores. What the system does not tell is None or empty.

torch is imported inside functions only.
"""

import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.machine.system_files import ROOT, cgroups, number, read

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
# Instructions that multiply bfloat16, as `FEATURES` spells them.
BF16_OF_X86 = frozenset({"avx512_bf16", "amx_bf16"})
BF16 = BF16_OF_X86 | {"bf16"}  # and of ARM


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor. Where the system does not tell, `features` is empty and `physical_cores` None.

    `usable_cores` is what this process may use: affinity and container limits are taken off.
    """

    name: str
    features: tuple[str, ...]
    physical_cores: int | None
    usable_cores: int


def cpu(root: Path = ROOT) -> Cpu:
    """The processor of this machine. Imports torch, which knows best what the system has enabled.

    Args:
        root: where /proc and /sys are; another folder in tests.
    """
    info = read(root / "proc/cpuinfo") or ""
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
    for folder in cgroups(root, "cpu"):
        share = (read(folder / "cpu.max") or "").split()  # version 2: "200000 100000" or "max 100000"
        if not share:
            share = [(read(folder / f"cpu.cfs_{name}_us") or "").strip() for name in ("quota", "period")]
        quota, period = (number(text) for text in (*share, "", "")[:2])
        if quota and period:
            cores = min(cores, math.ceil(quota / period))
    return max(cores, 1)


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
