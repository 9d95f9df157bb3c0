"""Is the heat on the object, and does the answer go with it? Every method of `striate explain`, one net.

Pictures: photographic cut-outs (`shared/data/stamps`), whose alpha is the truth, laid over photographs at a
random place and size, and EfficientNet-Lite0's 1,000 classes; the class is the cut-out's, not the answer.
Kept are pictures on which it is among the five most probable classes. Baselines are seen beside: random heat
of 7x7 cells, and a bump in the middle of the picture.

Pointing: how often the hottest pixel is on the object. Share: of all heat, how much is on it. Deletion: area
under the class's probability while the hottest pixels turn black (low is good); insertion: while they become
sharp in a blurred picture (high is good). Each with its 95 % interval over pictures: Wilson's of pointing,
the bootstrap's of the rest; and the mean difference to Grad-CAM on the same pictures. Heat is taken as the
method gives it: that of single pixels is not blurred.

Methods are measured one by one, and each is written as soon as it is there: what an earlier run found for
the same pictures stays. Score-CAM, which asks the network 1,280 times a picture, sees the first 12 only.

    python benchmarks/explanations.py [SHARED] [--methods NAME...] [--pictures 50] [--few 12]
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from timing import RESULTS, write_result

from striate.actions.load import load
from striate.events import silent
from striate.explaining.explainer import Explainer
from striate.explaining.options import ExplainOptions
from striate.explanation.heat.enlarge import enlarge
from striate.explanation.heat.question import Maps
from striate.explanation.methods import DEFAULT, METHODS
from striate.explanation.quality import area, deletion, insertion, points_inside, share_inside
from striate.inference.predictor import Predictor
from striate.metrics.accuracy import wilson_interval

CLASSES = {
    "food/fruit_apple_granny_smith": "Granny Smith",
    "food/fruit_orange": "orange",
    "food/fruit_lemon": "lemon",
    "food/fruit_pomegranate": "pomegranate",
    "food/fruit_Strawberry2": "strawberry",
    "food/vegetables_broccoli": "broccoli",
    "food/vegetables_corn": "corn",
    "food/vegetables_pepper": "bell pepper",
    "food/vegetables_yellowpepper": "bell pepper",
    "food/vegetables_mushroom": "mushroom",
    "animals/birds_hen": "hen",
    "animals/birds_rooster": "cock",
    "animals/birds_ostrich": "ostrich",
    "animals/birds_peacock": "peacock",
    "animals/birds_pink_flamingo": "flamingo",
    "animals/birds_tucan": "toucan",
    "animals/birds_vulture": "vulture",
    "animals/birds_drake": "drake",
    "animals/birds_crowned_crane": "crane bird",
    "animals/birds_penguin": "king penguin",
    "animals/fish_lionfish": "lionfish",
    "animals/fish_lobster": "American lobster",
    "animals/insects_grasshopper": "grasshopper",
    "animals/insects_mantis": "mantis",
    "animals/lizards_iguana": "common iguana",
    "animals/mammals_apes_gorilla": "gorilla",
    "animals/mammals_aquatic_orca": "killer whale",
    "animals/mammals_aquatic_sea_lion": "sea lion",
    "animals/mammals_badger": "badger",
    "animals/mammals_bears_bear": "brown bear",
    "animals/mammals_bovines_bison": "bison",
    "household/dishes_mug": "coffee mug",
    "household/tools_hammer": "hammer",
    "household/toilet": "toilet seat",
    "vehicles/auto_sportscar2": "sports car",
    "vehicles/emergency_firetruck": "fire engine",
    "vehicles/garbagetruck": "garbage truck",
    "vehicles/flight_balloon360": "balloon",
    "vehicles/race_indycar": "racer",
    "vehicles/cycle_pink_tricycle": "tricycle",
}
SIDE = 448  # pixels of a composed picture
SHARES = (0.35, 0.6)  # of that side, of the longer side of a cut-out
STEPS = 14
BASELINES = ("random", "middle")
SLOW = ("score-cam",)
FIGURES = ("pointing", "share", "deletion", "insertion")
RESAMPLES = 10_000
NAME = "explanations"


@dataclass(frozen=True)
class Pictures:
    """What every method explains.

    Attributes:
        pictures: (3, 448, 448) each, 8 bit.
        inside: (B, H, W), at the network's size: what is the object.
        classes: what each is, an index.
        kept: the share of composed pictures whose class was among the first five.
    """

    pictures: list[torch.Tensor]
    inside: torch.Tensor
    classes: torch.Tensor
    kept: float


def compose(shared: Path, name: str, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A cut-out over a photograph, (3, 448, 448) 8 bit, and its mask (448, 448)."""
    draws = torch.rand(4, generator=generator).tolist()
    scenes = sorted((shared / "data/scenes/photos").glob("*.jpg"))
    with Image.open(scenes[int(draws[0] * len(scenes))]) as file:
        ground = file.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    with Image.open(shared / "data/stamps" / f"{name}.png") as file:
        stamp = file.convert("RGBA")
    longest = SIDE * (SHARES[0] + draws[1] * (SHARES[1] - SHARES[0]))
    ratio = longest / max(stamp.size)
    stamp = stamp.resize((max(1, round(stamp.width * ratio)), max(1, round(stamp.height * ratio))))
    place = (int(draws[2] * (SIDE - stamp.width)), int(draws[3] * (SIDE - stamp.height)))
    alpha = Image.new("L", (SIDE, SIDE))
    alpha.paste(stamp.getchannel("A"), place)
    ground.paste(stamp, place, stamp)
    pixels = torch.frombuffer(bytearray(ground.tobytes()), dtype=torch.uint8).view(SIDE, SIDE, 3)
    mask = torch.frombuffer(bytearray(alpha.tobytes()), dtype=torch.uint8).view(SIDE, SIDE) > 127
    return pixels.permute(2, 0, 1).contiguous(), mask


def composed_pictures(shared: Path, explainer: Explainer, wanted: int) -> Pictures:
    """The first `wanted` pictures of whose class the network thinks among its first five."""
    found: tuple[list[Any], list[Any], list[int]] = ([], [], [])
    generator = torch.Generator().manual_seed(0)
    tried = 0
    while len(found[0]) < wanted:
        for name, label in CLASSES.items():
            if len(found[0]) == wanted:
                break
            tried += 1
            picture, mask = compose(shared, name, generator)
            index = explainer.index(label)
            with torch.no_grad():
                best = explainer.network.module(explainer.images([picture]))[0].topk(5).indices.tolist()
            if index in best:
                for place, one in zip(found, (picture, mask, index), strict=True):
                    place.append(one)
    pictures, masks, classes = found
    size_hw = explainer.preprocessing.size_hw
    small = torch.nn.functional.interpolate(torch.stack(masks)[:, None].float(), size_hw)
    return Pictures(pictures, small[:, 0] > 0.5, torch.tensor(classes), wanted / tried)


def baseline(kind: str, count: int) -> Maps:
    """Heat that has not looked: (count, h, w)."""
    if kind == "random":
        return torch.rand(count, 7, 7, generator=torch.Generator().manual_seed(1))
    across = torch.exp(-(torch.linspace(-1, 1, 56) ** 2) / 0.5)
    return (across[:, None] * across).expand(count, -1, -1)


def measure(network: Predictor, method: str, given: Pictures, count: int) -> dict[str, Any]:
    """The figures of one method, picture by picture, on the first `count`."""
    is_baseline = method in BASELINES
    explainer = Explainer.of(
        network, ExplainOptions(run=network, method=None if is_baseline else method), print
    )
    start = time.perf_counter()
    question, _ = explainer.look(given.pictures[:count], 0, silent)
    question = replace(question, classes=given.classes[:count])
    maps = baseline(method, count) if is_baseline else explainer.heat(question, question.classes, None).maps
    seconds = time.perf_counter() - start
    heats, inside = enlarge(maps, explainer.preprocessing.size_hw), given.inside[:count]
    each = {
        "pointing": points_inside(heats, inside).float(),
        "share": share_inside(heats, inside),
        "deletion": area(deletion(question, heats, STEPS)),
        "insertion": area(insertion(question, heats, STEPS)),
    }
    told = {name: [round(value, 4) for value in values.tolist()] for name, values in each.items()}
    return {"n": count, "milliseconds_a_picture": 1000 * seconds / count, "each": told}


def summary(row: Mapping[str, Any], reference: Mapping[str, Any] | None) -> dict[str, Any]:
    """Means with their intervals, and the mean differences to another method on the same pictures."""
    found: dict[str, Any] = {}
    for name in FIGURES:
        values = row["each"][name]
        right = round(sum(values))
        interval = wilson_interval(right, len(values)) if name == "pointing" else bootstrap(values)
        found[name] = {"mean": float(np.mean(values)), "interval": list(interval)}
        if reference is not None:
            apart = np.subtract(values, reference["each"][name][: len(values)])
            found[name] |= {"minus_grad_cam": float(apart.mean()), "minus_interval": list(bootstrap(apart))}
    return found


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean over pictures that are drawn again, by percentiles."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(np.asarray(values)[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def table(rows: Mapping[str, Any]) -> str:
    """The figures as docs/explain.md has them."""
    lines = ["| heat | n | pointing | share | deletion | insertion |", "|---|---|---|---|---|---|"]
    for method, row in rows.items():
        name = f"{method} (baseline)" if method in BASELINES else f"`{method}`"
        shown = row["figures"]
        cells = [_percent(shown[one]) for one in FIGURES[:2]] + [_number(shown[one]) for one in FIGURES[2:]]
        lines.append(f"| {name} | {row['n']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _percent(figure: Mapping[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{100 * figure['mean']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _number(figure: Mapping[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['mean']:.3f} ({low:.3f} to {high:.3f})"


def earlier(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The methods that a run with the same settings has measured."""
    path = RESULTS / f"{NAME}.json"
    results = json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else {}
    same = all(results.get(name) == value for name, value in settings.items())
    return dict(results["methods"]) if same else {}


def main() -> None:
    """Measure the methods that are asked for; write benchmarks/results/explanations.json after each."""
    every = [*BASELINES, *(name for name, row in METHODS.items() if row.kind != "page")]
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", nargs="?", default="../shared", type=Path)
    parser.add_argument("--methods", nargs="+", default=every, choices=every)
    parser.add_argument("--pictures", default=50, type=int)
    parser.add_argument("--few", default=12, type=int, help=f"pictures of {', '.join(SLOW)}")
    asked = parser.parse_args()
    shared = asked.shared.resolve()
    network = load("efficientnet_lite0", shared / "weights/efficientnet_lite0.imagenet.safetensors")
    settings = {"pictures": asked.pictures, "side": SIDE, "steps": STEPS, "network": network.name}
    rows = earlier(settings)
    explainer = Explainer.of(network, ExplainOptions(run=network), print)
    given = composed_pictures(shared, explainer, asked.pictures)
    for method in asked.methods:
        rows[method] = measure(network, method, given, asked.few if method in SLOW else asked.pictures)
        ordered = {name: rows[name] for name in every if name in rows}
        for name, row in ordered.items():
            row["figures"] = summary(row, None if name == DEFAULT else ordered.get(DEFAULT))
        results = {**settings, "kept": given.kept, "methods": ordered}
        path = write_result(NAME, "heat is on the object (figures, no goal)", {}, results)
        print(table({method: rows[method]}), f"{rows[method]['milliseconds_a_picture']:.0f} ms", flush=True)
    print(table(ordered), path, sep="\n")


if __name__ == "__main__":
    main()
