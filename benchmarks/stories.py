"""The course's three stories, replayed: LeNet-5 of 1998, degradation, fewer steps by normalising.

There is no peer and no clock here; each story compares two networks, or one with its paper.

lenet5          `striate.train` with the published network, its radial-basis output and loss, on all of MNIST;
                the paper reports 99.05 % after 20 passes. Goal: 98.5 % of the test part.
degradation     plain-20 against ResNet-20 and plain-56 against ResNet-56 by the loss on the 10,000 digits
                that they learn from. Optimiser, seed, order of pictures and precision are the same.
normalisation   the same network with and without batch normalisation: training steps until validation reads a
                fixed share right, each at the best rate of the same grid.

    python benchmarks/stories.py [lenet5 degradation normalisation] [--data FOLDER-WITH-IDX-FILES]

Sections may run one by one: each replaces its own part of results/stories.json and leaves the others.
"""

import argparse
import gzip
import json
import math
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stories_page import write_page
from timing import RESULTS, write_result
from torch import Tensor, nn
from torch.nn import functional as F

import striate
from striate.drawing.svg.charts import Line, line_chart
from striate.machine.cpu import cpu
from striate.training.devices.precision import choose_precision

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "docs/pictures/degradation.svg"
CLAIM = "what the papers tell of LeNet-5, of deep plain networks and of batch normalisation can be seen here"

LENET_EPOCHS, LENET_GOAL = 5, 0.985
DIGITS, PASSES, BATCH = 10_000, 5, 128
DEPTHS = (20, 56)
HELD_OUT = 2_000  # the last training digits, for the steps to a validation accuracy
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
SEEDS = (0, 1, 2)
PAIRS = {  # pattern with a place for the norm, batch, validation accuracy, steps between looks, most steps
    "three sigmoid layers of 100": (
        "INPUT 28x28x1 -> [FC100 -> {norm}SIGMOID]*3 -> FC10",
        *(60, 0.95, 50, 8000),
    ),
    "six 3x3 convolutions": (
        (
            "INPUT 28x28x1 -> [CONV3-8 -> {norm}RELU]*2 -> POOL2 -> [CONV3-16 -> {norm}RELU]*2 -> POOL2 -> "
            "[CONV3-32 -> {norm}RELU]*2 -> GAP -> FC10"
        ),
        *(64, 0.97, 20, 1500),
    ),
}


def digits(data: Path, part: str) -> tuple[Tensor, Tensor]:
    """Pictures (N, 1, 28, 28) with zero mean and unit spread, and labels (N,)."""

    def bytes_of(name: str, header: int) -> np.ndarray:
        return np.frombuffer(gzip.decompress((data / f"{name}.gz").read_bytes()), np.uint8, offset=header)

    pixels = bytes_of(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    pictures = torch.from_numpy(pixels.astype(np.float32)) / 255
    labels = torch.from_numpy(bytes_of(f"{part}-labels-idx1-ubyte", 8).astype(np.int64))
    return (pictures - 0.1307) / 0.3081, labels


def shuffled(count: int, size: int, seed: int) -> Iterator[Tensor]:
    """Rows of one batch after another, pass after pass, without end; the seed alone decides the order."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(count, generator=generator).split(size)


def lenet5(data: Path) -> dict[str, Any]:
    """LeNet-5 of 1998 through `striate.train`, its own recipe, five passes."""
    with tempfile.TemporaryDirectory() as out:
        run = striate.train(data, model="lenet5_1998", epochs=LENET_EPOCHS, out=out)
        answer = run.result
    accuracy = answer["metrics"]["accuracy"]
    print(f"lenet5_1998: {accuracy:.4f} of the test part, goal {LENET_GOAL}", flush=True)
    return {
        "goal": LENET_GOAL,
        "reached": accuracy >= LENET_GOAL,
        "epochs": LENET_EPOCHS,
        "accuracy": accuracy,
        "interval": answer["metrics"]["accuracy_interval"],
        "pictures": answer["pictures"],
        "seconds": answer["seconds"],
    }


def degradation(data: Path) -> dict[str, Any]:
    """Mean training loss of every pass, for two depths, with and without shortcuts."""
    pictures, labels = (part[:DIGITS] for part in digits(data, "train"))
    precision = choose_precision("auto", "cpu", cpu().features, wide=True)
    losses = {}
    for depth in DEPTHS:
        for kind in ("plain", "resnet"):
            name = f"{kind}{depth}_cifar"
            losses[name] = training_losses(name, pictures, labels, precision)
            print(f"{name}: {[round(loss, 4) for loss in losses[name]]}", flush=True)
    lines = [Line(name.removesuffix("_cifar"), values, "resnet" in name) for name, values in losses.items()]
    chart = line_chart("Training loss on 10,000 digits", lines)
    CHART.write_text(chart.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1), encoding="utf-8")
    return {
        "digits": DIGITS,
        "batch_size": BATCH,
        "optimizer": "SGD, rate 0.1, momentum 0.9, decay 1e-4, as in the paper",
        "precision": precision,
        "training_loss_by_pass": losses,
        "plain_minus_resnet_at_the_end": {
            str(depth): losses[f"plain{depth}_cifar"][-1] - losses[f"resnet{depth}_cifar"][-1]
            for depth in DEPTHS
        },
    }


def training_losses(name: str, pictures: Tensor, labels: Tensor, precision: str) -> list[float]:
    """Mean loss of the steps of each pass, at seed 0."""
    torch.manual_seed(0)
    network = striate.create_model(name, num_classes=10, in_channels=1)
    network = network.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    batches, means = shuffled(len(pictures), BATCH, seed=0), []
    for _ in range(PASSES):
        total = 0.0
        for _ in range(math.ceil(len(pictures) / BATCH)):
            rows = next(batches)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
                logits = network(pictures[rows].contiguous(memory_format=torch.channels_last))
            total += step(optimizer, F.cross_entropy(logits.float(), labels[rows])) * len(rows)
        means.append(total / len(pictures))
    return means


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    """One step down, and the loss before it."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def normalisation(data: Path) -> dict[str, Any]:
    """Steps to a validation accuracy with and without batch normalisation, each at its best rate."""
    pictures, labels = digits(data, "train")
    results = {}
    for title, (pattern, batch, goal, every, most) in PAIRS.items():
        sides: dict[str, Any] = {}
        for side, norm in (("without", ""), ("with", "BN -> ")):
            text = pattern.format(norm=norm)

            def steps(rate: float, seed: int, text: str = text) -> int | None:
                return steps_to(text, pictures, labels, rate, seed, (batch, goal, every, most))  # noqa: B023

            sides[side] = best_of_grid(steps)
            print(f"{title}, {side} normalisation: {sides[side]}", flush=True)
        medians = [sides[side]["median_steps"] for side in ("without", "with")]
        ratio = medians[0] / medians[1] if all(medians) else None
        results[title] = {
            "pattern": pattern.format(norm="(BN -> )"),
            "goal": goal,
            "batch_size": batch,
            "looked_every": every,
            "most_steps": most,
            **sides,
            "times_as_many_steps_without": ratio,
        }
    return results


def best_of_grid(steps: Callable[[float, int], int | None]) -> dict[str, Any]:
    """The rate that needs fewest steps at seed 0, and the steps of all seeds at it (None: not reached)."""
    grid = {rate: steps(rate, 0) for rate in RATES}
    best = min(RATES, key=lambda rate: math.inf if grid[rate] is None else grid[rate])
    counts = [grid[best], *(steps(best, seed) for seed in SEEDS[1:])]
    reached = [count for count in counts if count is not None]
    return {
        "steps_by_rate_at_seed_0": {str(rate): count for rate, count in grid.items()},
        "best_rate": best,
        "steps_by_seed": counts,
        "median_steps": statistics.median(reached) if len(reached) == len(counts) else None,
    }


def steps_to(
    pattern: str,
    pictures: Tensor,
    labels: Tensor,
    rate: float,
    seed: int,
    limits: tuple[int, float, int, int],
) -> int | None:
    """Steps of SGD with momentum 0.9 until the held-out digits are read well enough, or None."""
    batch, goal, every, most = limits
    torch.manual_seed(seed)
    network = striate.create_model(pattern)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    batches = shuffled(len(pictures) - HELD_OUT, batch, seed)
    for done in range(1, most + 1):
        rows = next(batches)
        loss = step(optimizer, F.cross_entropy(network(pictures[rows]), labels[rows]))
        if not math.isfinite(loss):
            return None
        if done % every == 0 and accuracy(network, pictures[-HELD_OUT:], labels[-HELD_OUT:]) >= goal:
            return done
    return None


def accuracy(network: nn.Module, pictures: Tensor, labels: Tensor) -> float:
    """Share read right, in evaluation mode; the network trains on afterwards."""
    network.eval()
    with torch.inference_mode():
        right = sum(
            int((network(some).argmax(1) == truth).sum())
            for some, truth in zip(pictures.split(1000), labels.split(1000), strict=True)
        )
    network.train()
    return right / len(labels)


SECTIONS = {"lenet5": lenet5, "degradation": degradation, "normalisation": normalisation}


def main() -> None:
    """Run the sections named, or all, and put their figures into the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/mnist")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown or not given.data.is_dir():
        raise SystemExit(f"sections are {', '.join(SECTIONS)}; --data is a folder with MNIST's IDX files")
    for name in given.sections or SECTIONS:
        figures = SECTIONS[name](given.data)
        known = RESULTS / "stories.json"
        results = json.loads(known.read_text(encoding="utf-8"))["results"] if known.exists() else {}
        taken = {"taken": datetime.now(UTC).isoformat(timespec="seconds"), "threads": torch.get_num_threads()}
        results |= {name: {**taken, **figures}}
        print(write_result("stories", CLAIM, {}, results))
        write_page(results)


if __name__ == "__main__":
    main()
