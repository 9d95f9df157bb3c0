"""Is the heat on the object, and does the answer go with it? Every method of `striate explain`, one net.

Pictures: photographic cut-outs (`shared/data/stamps`), whose alpha is the truth, laid over photographs at a
random place and size, and EfficientNet-Lite0's 1,000 classes; the class is the cut-out's, not the answer.
Kept are pictures on which it is among the five most probable classes. Baselines are seen beside: random heat
of 7x7 cells, and a bump in the middle of the picture.

Pointing: how often the hottest pixel is on the object. Share: of all heat, how much is on it. Deletion: area
under the class's probability while the hottest pixels turn black (low is good); insertion: while they become
sharp in a blurred picture (high is good). Score-CAM, which asks the
network 1,280 times a picture, is measured on fewer pictures.

    python benchmarks/explanations.py SHARED [PICTURES CURVES MASKED]
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from timing import write_result

from striate.actions.explain_options import ExplainOptions
from striate.actions.explainer import Explainer
from striate.actions.load import load
from striate.events import silent
from striate.explanation.enlarge import enlarge
from striate.explanation.methods import METHODS
from striate.explanation.quality import area, deletion, insertion, points_inside, share_inside
from striate.explanation.question import Question, class_probabilities

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


def pictures(
    shared: Path, explainer: Explainer, wanted: int
) -> tuple[list[Any], list[Any], list[int], float]:
    """Pictures, masks and classes that the network has among its first five; and the share that it has."""
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
    return *found, wanted / tried


def measure(
    question: Question, explainer: Explainer | None, masks: torch.Tensor, curves: int, kind: str, start: float
) -> Any:
    """One row of the table."""
    if explainer is None:
        generator = torch.Generator().manual_seed(1)
        count = len(question.images)
        maps = torch.rand(count, 7, 7, generator=generator)
        if kind == "middle":
            across = torch.exp(-(torch.linspace(-1, 1, 56) ** 2) / 0.5)
            maps = (across[:, None] * across).expand(count, -1, -1)
    else:
        maps = explainer.heat(question, question.classes, None).maps
    seconds = time.perf_counter() - start
    heats = enlarge(maps, (question.images.shape[2], question.images.shape[3]))
    some = question.of(slice(0, curves))
    figures = {
        "pointing": float(points_inside(heats, masks).float().mean()),
        "share": float(share_inside(heats, masks).mean()),
        "deletion": float(area(deletion(some, heats[:curves], STEPS)).mean()),
        "insertion": float(area(insertion(some, heats[:curves], STEPS)).mean()),
        "n": len(heats),
        "n_curves": min(curves, len(heats)),
        "milliseconds_a_picture": 1000 * seconds / len(heats),
    }
    print(kind, {name: round(value, 3) for name, value in figures.items()}, flush=True)
    return figures


def main(arguments: list[str]) -> None:
    """Measure every method, write benchmarks/results/explanations.json."""
    shared = Path(arguments[0] if arguments else "../shared").resolve()
    wanted, curves, masked = (int(text) for text in arguments[1:4] or ("50", "16", "6"))
    weights = shared / "weights/efficientnet_lite0.imagenet.safetensors"
    network = load("efficientnet_lite0", weights)
    rows: dict[str, Any] = {}
    options = ExplainOptions(run=network)
    found, masks, classes, kept = pictures(shared, Explainer.of(network, options, print), wanted)
    small = torch.nn.functional.interpolate(
        torch.stack(masks)[:, None].float(), network.preprocessing.size_hw
    )
    inside = small[:, 0] > 0.5
    for method in ["random", "middle", *(name for name, row in METHODS.items() if row.kind != "page")]:
        asked = options if method in ("random", "middle") else ExplainOptions(run=network, method=method)
        explainer = Explainer.of(network, asked, print)
        n = masked if method == "score-cam" else wanted
        start = time.perf_counter()
        question, logits = explainer.look(found[:n], 0, silent)
        labels = torch.tensor(classes[:n])
        maker = None if method in ("random", "middle") else explainer
        about = replace(question, classes=labels)
        rows[method] = measure(about, maker, inside[:n], min(curves, n), method, start)
        rows[method]["mean_probability"] = float(class_probabilities(logits, labels).mean())
    results = {"methods": rows, "kept": kept, "side": SIDE, "steps": STEPS}
    print(write_result("explanations", "heat is on the object (figures, no goal)", {}, results))


if __name__ == "__main__":
    main(sys.argv[1:])
