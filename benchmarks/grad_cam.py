"""Class heat maps against pytorch-grad-cam: the same network, layer, pictures and classes, in the same run.

Claim: Grad-CAM of 100 pictures in a third of the time, and maps of five methods equal to 1e-4. Both sides
have tensors as input and maps in [0, 1] at the input's size as output, batches of 20, and their own
process; the peer is timed with its network as it comes and in channels_last, and the faster one counts. The
pictures are crops of three photographs. Of Eigen-CAM, whose sign is a matter of choice, the maps of the same
sign are compared.

    make bench, or: python benchmarks/grad_cam.py SHARED [PICTURES ROUNDS]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from timing import Timing, write_result

from striate.actions.explain_options import ExplainOptions
from striate.actions.explainer import Explainer
from striate.actions.load import load
from striate.data.decoding import as_picture
from striate.events import silent
from striate.explanation.enlarge import enlarge
from striate.explanation.methods import METHODS, function_of
from striate.explanation.question import Question

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
PICTURES, ROUNDS, BATCH, GOAL = 100, 5, 20, 3
COMPARED = {"grad-cam": 20, "grad-cam++": 20, "layer-cam": 20, "eigen-cam": 20, "score-cam": 1}


def crops(shared: Path, count: int) -> list[torch.Tensor]:
    """Square crops at random places of the photographs."""
    whole = [
        as_picture(shared / "data/photos" / f"{name}.png") for name in ("astronaut", "chelsea", "coffee")
    ]
    generator = torch.Generator().manual_seed(0)
    found = []
    for number in range(count):
        picture = whole[number % len(whole)]
        side = min(picture.shape[1:]) - 60
        top, left = (
            int(torch.randint(0, int(s) - side, (1,), generator=generator)) for s in picture.shape[1:]
        )
        found.append(picture[:, top : top + side, left : left + side])
    return found


def ours(question: Question, method: str) -> tuple[torch.Tensor, float]:
    """Maps at the input's size, and seconds, after one batch that is not counted."""
    function, size_hw = function_of(METHODS[method]), tuple(question.images.shape[2:])
    if method != "score-cam":
        function(question.of(slice(0, BATCH)))
    start = time.perf_counter()
    heats = enlarge(function(question).maps, size_hw)
    return heats, time.perf_counter() - start


def theirs(file: Path, method: str, layout: str) -> tuple[torch.Tensor, float]:
    """The same from the peer."""
    command = [str(PEERS), str(ROOT / "benchmarks/peers/grad_cam.py"), str(file), method, str(BATCH), layout]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"the peer ended with {done.returncode}:\n{done.stderr[-2000:]}")
    maps = torch.load(f"{file}.maps", weights_only=True)
    return maps, float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def difference(mine: Question, method: str, file: Path) -> float:
    """The largest difference of two maps, both from 0 to 1 as the peer scales them (also by the minimum)."""
    raw = function_of(METHODS[method])(mine).maps
    peer = theirs(file, method, "contiguous")[0]

    def scaled(maps: torch.Tensor) -> torch.Tensor:
        low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
        return (maps - low) / (high - low + 1e-7)

    size_hw = tuple(mine.images.shape[2:])
    found = scaled(torch.nn.functional.interpolate(scaled(raw)[:, None], size_hw, mode="bilinear")[:, 0])
    apart = (found - peer).abs().amax(dim=(1, 2))
    if (
        method == "eigen-cam"
    ):  # where the signs differ, hot and cold are exchanged and nothing can be compared
        same = apart < 0.05
        print(f"eigen-cam: the same sign on {int(same.sum())} of {len(same)} pictures")
        apart = apart[same]
    return float(apart.max())


def main(arguments: list[str]) -> None:
    """Compare, race, write benchmarks/results/grad_cam.json."""
    shared = Path(arguments[0] if arguments else ROOT.parent / "shared").resolve()
    count, rounds = (int(text) for text in arguments[1:3] or (PICTURES, ROUNDS))
    if not PEERS.exists():
        raise SystemExit("skipped: needs pytorch-grad-cam in .venv-peers (`make bench`)")
    network = load("efficientnet_lite0", shared / "weights/efficientnet_lite0.imagenet.safetensors")
    explainer = Explainer.of(network, ExplainOptions(run=network), print)
    question, logits = explainer.look(crops(shared, count), 0, silent)
    assert question.layer is not None
    classes = logits.argmax(dim=1)
    asked = Question(network.module, question.images, classes, layer=question.layer, batch=BATCH)
    apart: dict[str, float] = {}
    seconds: dict[str, list[float]] = {"striate": [], "contiguous": [], "channels_last": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.pt"

        def give(rows: int) -> Question:
            given: dict[str, Any] = {"network": network.name, "state": network.module.state_dict()}
            some = asked.of(slice(0, rows))
            given |= {"layer": asked.layer.name, "images": some.images.contiguous(), "classes": some.classes}
            torch.save(given, file)
            return some

        for method, rows in COMPARED.items():
            apart[method] = difference(give(rows), method, file)
            print(f"{method}: maps differ by at most {apart[method]:.1e} on {rows} pictures", flush=True)
        give(count)
        for _ in range(rounds):
            seconds["striate"].append(ours(asked, "grad-cam")[1])
            for layout in ("contiguous", "channels_last"):
                seconds[layout].append(theirs(file, "grad-cam", layout)[1])
            print({name: round(times[-1], 2) for name, times in seconds.items()}, flush=True)
    timings = {name: Timing(name, tuple(times)) for name, times in seconds.items()}
    peer = min((timings["contiguous"], timings["channels_last"]), key=lambda one: one.median)
    ratio = peer.ratio_to(timings["striate"])
    print(*timings.values(), sep="\n")
    print(f"pytorch-grad-cam ({peer.name}) takes {ratio:.1f} times as long (goal: {GOAL})")
    results = {
        "goal": GOAL,
        "ratio": ratio,
        "pictures": count,
        "largest_difference": apart,
        "compared": COMPARED,
    }
    print(
        write_result(
            "grad_cam", "Grad-CAM in a third of pytorch-grad-cam's time, equal maps", timings, results
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
