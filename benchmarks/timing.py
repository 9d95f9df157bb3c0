"""What the benchmarks share: alternating runs, medians with their spread, the machine, the result file."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from striate import tune_process
from striate.machine.cpu import cpu
from striate.machine.description import describe

tune_process()  # our side as the command has it, where torch is not imported yet

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Timing:
    """The counted times of one side, in seconds, in the order in which they were taken."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle time."""
        return statistics.median(self.seconds)

    @property
    def middle_half(self) -> tuple[float, float]:
        """The first and third quartile: half of all times lie between them."""
        if len(self.seconds) < 2:
            return self.seconds[0], self.seconds[0]
        first, _, third = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return first, third

    def ratio_to(self, peer: "Timing") -> float:
        """How many times as long as `peer` this takes, by medians."""
        return self.median / peer.median

    def to_json(self) -> dict[str, Any]:
        """Figures and all single times."""
        first, third = self.middle_half
        return {
            "median": self.median,
            "middle_half": [first, third],
            "fastest": min(self.seconds),
            "slowest": max(self.seconds),
            "n": len(self.seconds),
            "seconds": list(self.seconds),
        }

    def __str__(self) -> str:
        first, third = self.middle_half
        return (
            f"{self.name:<28} {1000 * self.median:9.1f} ms   "
            f"middle half {1000 * first:.1f} to {1000 * third:.1f} ms, n = {len(self.seconds)}"
        )


def alternate(sides: Mapping[str, Callable[[], object]], rounds: int, warmup: int = 1) -> dict[str, Timing]:
    """Call the sides in turn, `rounds` times each after `warmup` rounds that are not counted.

    The order turns round by round (A B, B A, A B...), so that no side always follows the same one.
    """
    if rounds < 1:
        raise SystemExit(f"a benchmark needs at least one round, got {rounds}")
    names = list(sides)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(-warmup, rounds):
        for name in names if turn % 2 == 0 else names[::-1]:
            start = time.perf_counter()
            sides[name]()
            elapsed = time.perf_counter() - start
            if turn >= 0:
                seconds[name].append(elapsed)
    return {name: Timing(name, tuple(times)) for name, times in seconds.items()}


def command(arguments: Sequence[str]) -> Callable[[], None]:
    """A side that runs a process to its end with its output kept away; a failure ends the benchmark."""

    def run() -> None:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")

    return run


def this_machine() -> dict[str, Any]:
    """Processor, cores, threads, memory and versions, with the policy of waiting threads."""
    processor = cpu()
    return {
        **describe(),
        "physical_cores": processor.physical_cores,
        "usable_cores": processor.usable_cores,
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY"),
    }


def write_result(
    name: str, claim: str, timings: Mapping[str, Timing], results: Mapping[str, Any], folder: Path = RESULTS
) -> Path:
    """Write `folder/name.json`: the claim, when, the machine, all times, and what follows from them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {
        "benchmark": name,
        "claim": claim,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine(),
        "timings": {side: timing.to_json() for side, timing in timings.items()},
        "results": dict(results),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path
