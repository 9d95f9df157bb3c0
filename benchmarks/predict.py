"""Predictions for 500 JPEG files, decoding included: Striate against the bare engine and against torch.

Claim: within 5 % of a hand-written pipeline around bare OpenVINO, 6 times a pipeline of torch eager in fp32.
All sides read the same files with one EfficientNet-Lite0, decode in two threads while the network computes,
squeeze to 224 x 224 and end with the most probable class of every file:
    striate   `predict` of a run, from the open network on; with damage found, calibration and the five best
    bare      torchvision's decode_jpeg and antialiased resize, OpenVINO in the same precision, batches of 8
    torch     the same reading, then timm's network in eager fp32, contiguous, batches of 16
The peers are processes of their own without Striate (`peers/bare_openvino.py`, `peers/eager_torch.py`), so
its settings of threads and memory are not theirs. Pretrained weights, in fp32 and, where the CPU has it, in
bf16; a run of yours is served in bf16 only if that agrees with torch on its validation pictures. Imports,
conversion and compiling are not counted on any side.

    python benchmarks/predict.py [ROUNDS] [FILES]
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from timing import alternate, write_result

from striate.actions.load import load
from striate.engines.choosing import CHOICES
from striate.engines.normalised import NormalisedModule
from striate.engines.opening import has_bf16
from striate.engines.openvino_engine import convert, import_openvino
from striate.inference.ensemble import Ensemble
from striate.inference.pictures.streaming import predictions_of
from striate.inference.predictor import Predictor

ROUNDS, FILES = 5, 500
MODEL = "efficientnet_lite0"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PEERS = Path(__file__).resolve().parent / "peers"


def write_files(folder: Path, count: int) -> None:
    """`count` JPEG files, copied where there are fewer."""
    found = sorted((SHARED / "textures").rglob("*.jpg"))
    folder.mkdir()
    for number, path in enumerate(islice(cycle(found), count)):
        shutil.copy(path, folder / f"{number:04}.jpg")


class Peer:
    """A script of `peers/` in a process of its own."""

    def __init__(self, script: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PEERS / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.heard()

    def heard(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended with {self.process.wait()}")
        return line

    def classes(self) -> list[int]:
        """The most probable class of every file."""
        assert self.process.stdin is not None
        print("files", file=self.process.stdin, flush=True)
        found: list[int] = json.loads(self.heard())
        return found


def ours(network: Predictor, files: Path, name: str) -> Callable[[], list[int]]:
    """`predict` with an engine that is open already."""
    served = Ensemble((network.served_by(CHOICES[name]),))
    place = {label: index for index, label in enumerate(network.labels)}

    def run() -> list[int]:
        answers = [one.answer for one in predictions_of(served, [files])]
        return [place[answer.label] for answer in answers if answer is not None]

    return run


def sides_of(network: Predictor, names: dict[str, str], place: Path) -> dict[str, Callable[[], list[int]]]:
    """All sides; `names` are engines of ours, each with its precision in OpenVINO's words."""
    files, weights, plain = place / "files", place / "weights.safetensors", place / "network.xml"
    tensors = network.module.state_dict().values()
    save_file({f"{n:03}": tensor.contiguous() for n, tensor in enumerate(tensors)}, weights)
    example = torch.zeros(2, 3, 224, 224, dtype=torch.uint8)
    converted = convert(NormalisedModule(network.module, network.preprocessing), example)
    import_openvino().save_model(converted, plain, compress_to_fp16=False)
    sides: dict[str, Callable[[], list[int]]] = {"torch": Peer("eager_torch.py", files, weights).classes}
    for name, hint in names.items():
        sides[f"striate {name}"] = ours(network, files, name)
        sides[f"bare {name}"] = Peer("bare_openvino.py", files, plain, hint).classes
    return sides


def main() -> None:
    """Measure, print, write the result."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    count = int(sys.argv[2]) if len(sys.argv) > 2 else FILES
    names = {"openvino": "f32", **({"openvino-bf16": "bf16"} if has_bf16() else {})}
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder) / "files", count)
        sides = sides_of(load(MODEL, weights="imagenet"), names, Path(folder))
        found = {side: run() for side, run in sides.items()}  # all that is slow once happens here
        timings = alternate(sides, rounds, warmup=0)
    agreement = {
        side: sum(a == b for a, b in zip(classes, found["torch"], strict=True)) / count
        for side, classes in found.items()
    }
    results: dict[str, Any] = {"files": count, "agreement_with_torch": agreement}
    for timing in timings.values():
        print(timing)
    for name in names:
        mine = timings[f"striate {name}"]
        results[f"{name}: times as long as bare"] = mine.ratio_to(timings[f"bare {name}"])
        results[f"{name}: torch takes times as long"] = timings["torch"].ratio_to(mine)
    for what, value in results.items():
        print(what, value)
    claim = "predict within 5 % of the bare engine, decoding included, and 6 times torch eager fp32"
    print(write_result("predict", claim, timings, results))


if __name__ == "__main__":
    main()
