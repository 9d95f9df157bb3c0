"""docs/stories.md out of results/stories.json: the stories that have been replayed, with their figures.

python benchmarks/stories_page.py
"""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs/stories.md"
HEAD = """# Stories of the course, replayed

Written by `benchmarks/stories.py` from `benchmarks/results/stories.json`: what papers tell,
at a size that two cores compute in minutes. Each figure is one run, or the median of three where
it says so.
"""
NORMALISATION = """## Fewer steps by batch normalisation

Training steps until 2,000 held-out digits are read well enough, at the best of five rates (SGD with momentum
0.9; the rate chosen by the first seed; median of three seeds).

| network | goal | without | with | times as many without |
|---|---|---|---|---|
"""
PAPERS_TABLE = """## What the paper on batch normalisation reports

Steps of GoogLeNet's successor on ImageNet (Ioffe and Szegedy 2015, figure 3); x5 is five times
the first rate. Not measured here.

| network | steps to 72.2 % | highest accuracy |
|---|---|---|
| Inception | 31.0 million | 72.2 % |
| BN-Baseline | 13.3 million | 72.7 % |
| BN-x5 | 2.1 million | 73.0 % |
| BN-x30 | 2.7 million | 74.8 % |
| BN-x5-Sigmoid | - | 69.8 % |
"""


def page(results: dict[str, Any]) -> str:
    """docs/stories.md: the stories that have been replayed, with their figures."""
    parts = [HEAD]
    if found := results.get("lenet5"):
        (low, high), pictures, epochs = found["interval"], found["pictures"], found["epochs"]
        parts.append(
            f"## LeNet-5 of 1998\n\n`striate train mnist --model lenet5_1998 --epochs {epochs}` reads "
            f"**{100 * found['accuracy']:.2f} %** of the {pictures['test']:,} test digits right (95 %\n"
            f"interval {100 * low:.2f} to {100 * high:.2f} %), after {epochs} passes over "
            f"{pictures['train']:,} digits. The goal was {100 * found['goal']:.1f} %; the paper\nreports "
            "99.05 % after 20 passes over all 60,000. What differs from it is in "
            "`src/striate/tasks/recipes/lenet5_1998.py`.\n"
        )
    if found := results.get("degradation"):
        losses = found["training_loss_by_pass"]
        rows = [f"| {name} | {' | '.join(f'{loss:.4f}' for loss in row)} |" for name, row in losses.items()]
        passes = range(1, len(next(iter(losses.values()))) + 1)
        parts.append(
            f"## Degradation\n\nMean training loss on {found['digits']:,} digits in every pass "
            f"({found['optimizer']}, batches of {found['batch_size']}, {found['precision']}, one seed):\n\n"
            f"| network | {' | '.join(f'pass {number}' for number in passes)} |\n"
            f"|---|{'---|' * len(passes)}\n" + "\n".join(rows) + "\n\n"
            "![Training loss by pass](pictures/degradation.svg)\n\n"
            + verdicts(losses)
            + caution(len(passes), found)
        )
    if found := results.get("normalisation"):
        parts.append(
            NORMALISATION
            + "\n".join(_row_of(*item) for item in found.items() if isinstance(item[1], dict))
            + "\n"
        )
    return "\n".join([*parts, PAPERS_TABLE])


def verdicts(losses: dict[str, list[float]]) -> str:
    """One sentence a comparison, whichever way it came out."""
    ends = {name.removesuffix("_cifar"): row[-1] for name, row in losses.items()}
    pairs = [
        ("plain20", "resnet20"),
        ("plain56", "resnet56"),
        ("plain56", "plain20"),
        ("resnet56", "resnet20"),
    ]
    return "".join(
        f"- {one} ends {'above' if ends[one] > ends[other] else 'below'} {other}: {ends[one]:.4f} and "
        f"{ends[other]:.4f}.\n"
        for one, other in pairs
    )


def caution(passes: int, found: dict[str, Any]) -> str:
    """How short this is beside the paper's training."""
    steps = passes * -(-found["digits"] // found["batch_size"])
    return (
        f"\nThese are {steps:,} steps where the paper takes 64,000, and one seed: which of two networks ends "
        "lower after a\nwhole training is not shown by it.\n"
    )


def _row_of(title: str, pair: dict[str, Any]) -> str:
    never = f"more than {pair['most_steps']}"
    sides = [
        f"{pair[side]['median_steps'] or never} (rate {pair[side]['best_rate']})"
        for side in ("without", "with")
    ]
    ratio = pair["times_as_many_steps_without"]
    return (
        f"| {title} | {100 * pair['goal']:.0f} % | {sides[0]} | {sides[1]} | "
        f"{'-' if ratio is None else f'{ratio:.1f}'} |"
    )


def write_page(results: dict[str, Any]) -> None:
    """Write docs/stories.md anew."""
    PAGE.write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    write_page(json.loads((HERE / "results/stories.json").read_text(encoding="utf-8"))["results"])
