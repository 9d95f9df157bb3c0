"""What it costs and saves that waiting threads sleep (OMP_WAIT_POLICY=PASSIVE, which Striate sets).

Claim: two trainings side by side are faster with sleeping threads than with spinning ones; alone, the
smallest networks pay for it. The peer is the same process with OMP_WAIT_POLICY=ACTIVE.

    python benchmarks/waiting_threads.py [ROUNDS]
"""

import os
import subprocess
import sys
from collections.abc import Callable

from timing import alternate, write_result

ROUNDS = 5
STEPS = {"lenet5": (32, 64, 60), "resnet18": (64, 16, 12)}  # image size, batch size, steps
CODE = """
import sys, time
from striate import tune_process
tune_process()
import torch
from striate.models.build import create_model
name, size, batch, steps = sys.argv[1], *map(int, sys.argv[2:])
network = create_model(name, num_classes=10, image_size=size).to(memory_format=torch.channels_last)
channels = 1 if name == "lenet5" else 3
images = torch.randn(batch, channels, size, size).contiguous(memory_format=torch.channels_last)
labels = torch.arange(batch) % 10
optimizer = torch.optim.AdamW(network.parameters(), fused=True)
for step in range(steps + 3):
    if step == 3:
        start = time.perf_counter()
    loss = torch.nn.functional.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print((time.perf_counter() - start) / steps)
"""


def steps(policy: str, model: str, processes: int, found: list[float]) -> Callable[[], None]:
    """A side: `processes` trainings at once; the slowest one's seconds a step go to `found`."""

    def run() -> None:
        command = [sys.executable, "-c", CODE, model, *map(str, STEPS[model])]
        environment = {**os.environ, "OMP_WAIT_POLICY": policy}
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        found.append(max(float(process.communicate()[0]) for process in running))

    return run


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/waiting_threads.json."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    results = {}
    timings = {}
    for model in STEPS:
        for processes in (1, 2):
            inside: dict[str, list[float]] = {"PASSIVE": [], "ACTIVE": []}
            sides = {p: steps(p, model, processes, inside[p]) for p in inside}
            whole = alternate(sides, rounds, warmup=0)
            medians = {policy: sorted(values)[len(values) // 2] for policy, values in inside.items()}
            name = f"{model}, {processes} at once"
            timings |= {f"{name}, {policy}": timing for policy, timing in whole.items()}
            results[name] = {
                "seconds_a_step": medians,
                "all_steps": inside,
                "passive_to_active": medians["PASSIVE"] / medians["ACTIVE"],
            }
            print(
                f"{name:<24} PASSIVE {1000 * medians['PASSIVE']:8.1f} ms a step, ACTIVE "
                f"{1000 * medians['ACTIVE']:8.1f} ms, ratio {results[name]['passive_to_active']:.2f}"
            )
    claim = "sleeping threads make two trainings side by side faster, and cost the smallest networks alone"
    print(write_result("waiting_threads", claim, timings, results))


if __name__ == "__main__":
    main(sys.argv[1:])
