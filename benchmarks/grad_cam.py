"""Class heat maps against pytorch-grad-cam: the same network, layer, pictures and classes, in the same run.

Claim: Grad-CAM of 100 pictures in a third of the time, and maps of five methods equal to 1e-4. Both sides
have tensors as input and maps in [0, 1] at the input's size as output, batches of 20, and their own process;
the peer's waits for the next call, so that its start is not counted. It is timed with its network as it comes
and in channels_last, on 20 pictures first, and races in the quicker one. The pictures are crops of three
photographs.

Maps are compared as the peer scales them, by minimum and maximum, at the layer's size and again at the
picture's. Of Eigen-CAM, whose sign is a matter of choice, the peer's map is compared with ours of the same
sign. Score-CAM, which asks the network 1,280 times a picture, is compared on few.

    make bench, or: python benchmarks/grad_cam.py [SHARED] [--pictures 100] [--rounds 3] [--methods NAME...]

Without --methods all but Score-CAM are compared; --rounds 0 leaves the race out. What an earlier run found
stays.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from timing import RESULTS, Timing, write_result

from striate.actions.load import load
from striate.data.decoding.decode import as_picture
from striate.events import silent
from striate.explaining.explainer import Explainer
from striate.explaining.options import ExplainOptions
from striate.explanation.heat.eigen_cam import principal_maps
from striate.explanation.heat.enlarge import enlarge
from striate.explanation.heat.question import Question
from striate.explanation.methods import METHODS, function_of

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
BATCH, GOAL, NAME = 20, 3, "grad_cam"
LAYOUTS = ("contiguous", "channels_last")
SLOW = "score-cam"
COMPARED = {"grad-cam": 20, "grad-cam++": 20, "layer-cam": 20, "eigen-cam": 20, SLOW: 2}


class Peer:
    """pytorch-grad-cam in its own process, which waits between the calls."""

    def __init__(self, file: Path) -> None:
        script = ROOT / "benchmarks/peers/grad_cam.py"
        self._file = file
        self._process = subprocess.Popen(
            [str(PEERS), str(script), str(file), str(BATCH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        self._answer()  # it has loaded everything

    def explain(self, method: str, layout: str, count: int) -> tuple[torch.Tensor, float]:
        """Maps (count, H, W) at the pictures' size and seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{method} {layout} {count}\n")
        self._process.stdin.flush()
        seconds = float(self._answer()["seconds"])
        return torch.load(f"{self._file}.maps", weights_only=True), seconds

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended with {self._process.wait()}; its reason stands above")
        return dict(json.loads(line))


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


def ask(shared: Path, count: int) -> tuple[Question, str]:
    """The question about the most probable class of each crop, and the network's name."""
    network = load("efficientnet_lite0", shared / "weights/efficientnet_lite0.imagenet.safetensors")
    explainer = Explainer.of(network, ExplainOptions(run=network), print)
    question, logits = explainer.look(crops(shared, count), 0, silent)
    classes = logits.argmax(dim=1)
    return Question(network.module, question.images, classes, layer=question.layer, batch=BATCH), network.name


def given_to_peer(asked: Question, network: str) -> dict[str, Any]:
    """Everything that the peer needs to ask the same."""
    assert asked.layer is not None
    given: dict[str, Any] = {"network": network, "state": asked.network.state_dict()}
    return given | {
        "layer": asked.layer.name,
        "images": asked.images.contiguous(),
        "classes": asked.classes,
    }


def compare(asked: Question, method: str, peer: Peer) -> dict[str, Any]:
    """The largest difference of the maps, both from 0 to 1, picture by picture."""
    some = asked.of(slice(0, COMPARED[method]))
    theirs = peer.explain(method, "channels_last", len(some.images))[0]
    size_hw = (some.images.shape[2], some.images.shape[3])
    if method != "eigen-cam":
        apart = _apart(function_of(METHODS[method])(some).maps, theirs, size_hw)
        return {"pictures": len(apart), "largest": float(apart.max()), "each": apart.tolist()}
    maps = torch.cat([principal_maps(reading.maps.detach()) for _, reading in some.readings()])
    ours, turned = (_apart(sign * maps, theirs, size_hw) for sign in (1, -1))
    apart = torch.minimum(ours, turned)
    same = int((ours <= turned).sum())
    return {
        "pictures": len(apart),
        "largest": float(apart.max()),
        "each": apart.tolist(),
        "same_sign": same,
    }


def _apart(raw: torch.Tensor, theirs: torch.Tensor, size_hw: tuple[int, int]) -> torch.Tensor:
    """For each picture the largest difference, ours rectified and scaled as the peer does it."""
    small = _scaled(raw.clamp(min=0))
    ours = _scaled(F.interpolate(small[:, None], size_hw, mode="bilinear")[:, 0])
    return (ours - theirs).abs().amax(dim=(1, 2))


def _scaled(maps: torch.Tensor) -> torch.Tensor:
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    return (maps - low) / (high - low + 1e-7)


def ours(asked: Question, method: str = "grad-cam") -> float:
    """Seconds to maps at the pictures' size."""
    size_hw = (asked.images.shape[2], asked.images.shape[3])
    start = time.perf_counter()
    enlarge(function_of(METHODS[method])(asked).maps, size_hw)
    return time.perf_counter() - start


def race(asked: Question, peer: Peer, rounds: int) -> dict[str, Timing]:
    """Both sides in turn; the peer in the memory format in which it is quicker."""
    first = asked.of(slice(0, BATCH))
    ours(first)
    for layout in LAYOUTS:
        peer.explain("grad-cam", layout, BATCH)  # a batch that is not counted
    tried = {layout: peer.explain("grad-cam", layout, BATCH)[1] for layout in LAYOUTS}
    layout = min(tried, key=lambda one: tried[one])
    print({name: round(seconds, 2) for name, seconds in tried.items()}, f"the peer races in {layout}")
    seconds: dict[str, list[float]] = {"striate": [], layout: []}
    for _ in range(rounds):
        seconds["striate"].append(ours(asked))
        seconds[layout].append(peer.explain("grad-cam", layout, len(asked.images))[1])
        print({name: round(times[-1], 2) for name, times in seconds.items()}, flush=True)
    return {name: Timing(name, tuple(times)) for name, times in seconds.items()}


def earlier() -> tuple[dict[str, Any], dict[str, Timing]]:
    """Results and timings of the last run."""
    path = RESULTS / f"{NAME}.json"
    if not path.is_file():
        return {"maps": {}}, {}
    read = json.loads(path.read_text(encoding="utf-8"))
    timings = {name: Timing(name, tuple(one["seconds"])) for name, one in read["timings"].items()}
    return read["results"], timings


def main() -> None:
    """Compare, race, write benchmarks/results/grad_cam.json."""
    usual = [method for method in COMPARED if method != SLOW]
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", nargs="?", default=ROOT.parent / "shared", type=Path)
    parser.add_argument("--pictures", default=100, type=int)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--methods", nargs="*", default=usual, choices=list(COMPARED))
    wanted = parser.parse_args()
    if not PEERS.exists():
        raise SystemExit("skipped: needs pytorch-grad-cam in .venv-peers (`make bench`)")
    results, timings = earlier()
    asked, network = ask(wanted.shared.resolve(), wanted.pictures)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "given.pt"
        torch.save(given_to_peer(asked, network), file)
        peer = Peer(file)
        if wanted.rounds:
            timings = race(asked, peer, wanted.rounds)
            striate, other = timings.values()
            results |= {"goal": GOAL, "ratio": other.ratio_to(striate), "pictures": wanted.pictures}
            print(*timings.values(), sep="\n")
            print(
                f"pytorch-grad-cam ({other.name}) takes {results['ratio']:.1f} times as long (goal: {GOAL})"
            )
        for method in wanted.methods:
            results["maps"][method] = found = compare(asked, method, peer)
            same = f", the same sign on {found['same_sign']}" if "same_sign" in found else ""
            print(f"{method}: at most {found['largest']:.1e} apart on {found['pictures']} pictures{same}")
        peer.close()
    claim = "Grad-CAM in a third of pytorch-grad-cam's time, equal maps"
    print(write_result(NAME, claim, timings, results))


if __name__ == "__main__":
    main()
