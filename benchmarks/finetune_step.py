"""A step of fine-tuning all of EfficientNet-Lite0, 32 pictures of 224 x 224, against torch as usual.

Claim: three times as fast. The peer is 32 bits and contiguous, in a process in which torch keeps its own
settings of threads and memory; beside it the same with channels last and with bfloat16, as its user could
write them. Ours is what `train` does on this machine: channels last, bfloat16, `QuickDepthwise`, our
settings. All sides: the same network and pictures, AdamW, forward, backward and step; each round is a process
of its own, whose first two steps do not count.

    python benchmarks/finetune_step.py [ROUNDS] [STEPS]
"""

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext

SIDES = {
    # name: (ours, channels last, bfloat16)
    "torch, 32 bits": (False, False, False),
    "torch, channels last": (False, True, False),
    "torch, bfloat16": (False, True, True),
    "striate": (True, True, True),
}
GOAL = 3.0
BATCH, SIDE = 32, 224


def steps(side: str, count: int) -> list[float]:
    """Seconds of each step, in this process."""
    ours, last, half = SIDES[side]
    import torch  # before striate for the peers, which then leaves torch's threads as they are

    from striate.models.build import create_model
    from striate.training.devices.depthwise import QuickDepthwise

    torch.manual_seed(0)
    layout = torch.channels_last if last else torch.contiguous_format
    network = create_model("efficientnet_lite0", num_classes=10).to(memory_format=layout).train()
    pictures = torch.randn(BATCH, 3, SIDE, SIDE).to(memory_format=layout)
    labels = torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    seconds = []
    for _ in range(count + 2):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=half), QuickDepthwise() if ours else nullcontext():
            loss = torch.nn.functional.cross_entropy(network(pictures), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    return seconds[2:]


def in_process(side: str, count: int) -> float:
    """The median step of a new process."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "MALLOC_"))
    }
    if not SIDES[side][0]:
        environment["GLIBC_TUNABLES"] = ""  # set, if to nothing: striate leaves the memory's settings alone
    given = [sys.executable, __file__, "--side", side, str(count)]
    done = subprocess.run(given, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr[-2000:]}")
    return statistics.median(json.loads(done.stdout.splitlines()[-1]))


def main(arguments: list[str]) -> None:
    """Measure in turn, print, write benchmarks/results/finetune_step.json."""
    from timing import Timing, write_result

    rounds = int(arguments[0]) if arguments else 5
    count = int(arguments[1]) if len(arguments) > 1 else 5
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    for turn in range(rounds):
        for side in list(SIDES)[:: 1 if turn % 2 == 0 else -1]:
            seconds[side].append(in_process(side, count))
    timings = {side: Timing(side, tuple(times)) for side, times in seconds.items()}
    ratios = {side: timing.ratio_to(timings["striate"]) for side, timing in timings.items()}
    for side, timing in timings.items():
        print(f"{timing}   {ratios[side]:.2f} times ours")
    reached = "reached" if ratios["torch, 32 bits"] >= GOAL else "missed"
    print(f"goal {GOAL:g} times: {reached}")
    print(
        write_result("finetune_step", __doc__.splitlines()[0], timings, {"times_ours": ratios, "goal": GOAL})
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        if SIDES[sys.argv[2]][0]:
            import striate

            striate.tune_process()  # as the command does, before torch
        print(json.dumps(steps(sys.argv[2], int(sys.argv[3]))))
    else:
        main(sys.argv[1:])
