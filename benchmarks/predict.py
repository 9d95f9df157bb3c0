"""Predictions for 500 JPEG files, decoding included: Striate against the bare engine and against torch.

Claim: within 5 % of a hand-written pipeline around bare OpenVINO, 6 times a pipeline of torch eager in fp32.
All sides read the same files with one EfficientNet-Lite0, decode in two threads while the network computes,
squeeze to 224 x 224 and end with the most probable class of every file:
    striate   `predict` of a run, from the open network on; with damage found, calibration and the five best
    bare      torchvision's decode_jpeg and antialiased resize, OpenVINO in the same precision, batches of 8
    torch     the same reading, then the module in eager fp32, contiguous, batches of 16
Pretrained weights, in fp32 and, where the CPU has it, in bf16; a run of yours is served in bf16 only if that
agrees with torch on its validation pictures. Imports and conversion are not counted on any side.

    python benchmarks/predict.py [ROUNDS] [FILES]
"""

import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from timing import alternate, write_result
from torch.nn import functional as F
from torchvision.io import ImageReadMode, decode_jpeg

from striate.actions.ensemble import Ensemble
from striate.actions.load import load
from striate.actions.predict import predictions_of
from striate.engines.choosing import CHOICES
from striate.engines.opening import has_bf16
from striate.engines.openvino_engine import convert, import_openvino
from striate.engines.reading import Reading
from striate.machine import usable_cores

ROUNDS, FILES = 5, 500
MODEL = "efficientnet_lite0"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
AHEAD = 64


def files_of(folder: Path, count: int) -> list[str]:
    """`count` JPEG files, copied where there are fewer."""
    found = sorted((SHARED / "textures").rglob("*.jpg"))
    paths = []
    for number, path in enumerate(islice(cycle(found), count)):
        paths.append(str(shutil.copy(path, folder / f"{number:04}.jpg")))
    return paths


def read(path: str) -> torch.Tensor:
    """An 8-bit picture of 3 x 224 x 224, as a person would write it."""
    content = torch.frombuffer(bytearray(Path(path).read_bytes()), dtype=torch.uint8)
    picture = decode_jpeg(content, mode=ImageReadMode.RGB, apply_exif_orientation=True)
    return F.interpolate(picture[None], size=(224, 224), mode="bilinear", antialias=True)[0]


def batches(paths: list[str], size: int) -> Iterator[torch.Tensor]:
    """Pictures in batches; the next ones are read by threads meanwhile."""
    with ThreadPoolExecutor(usable_cores(), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        waiting: deque[Any] = deque()
        rest = iter(paths)
        for path in islice(rest, AHEAD):
            waiting.append(pool.submit(read, path))
        while waiting:
            part = [waiting.popleft().result() for _ in range(min(size, len(waiting)))]
            for path in islice(rest, len(part)):
                waiting.append(pool.submit(read, path))
            yield torch.stack(part)


def bare(module: torch.nn.Module, precision: str, paths: list[str]) -> Callable[[], list[int]]:
    """A hand-written pipeline around OpenVINO."""
    openvino = import_openvino()
    model = convert(module, torch.zeros(2, 3, 224, 224, dtype=torch.uint8))
    hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    compiled = openvino.Core().compile_model(model, "CPU", hints | {"PERFORMANCE_HINT": "LATENCY"})

    def run() -> list[int]:
        found: list[int] = []
        for part in batches(paths, 8):
            found += compiled(part.numpy())[0].argmax(1).tolist()
        return found

    return run


def eager(module: torch.nn.Module, paths: list[str]) -> Callable[[], list[int]]:
    """The usual lines of torch."""
    specification = module.preprocessing
    mean = torch.tensor(specification.mean).view(3, 1, 1)
    std = torch.tensor(specification.std).view(3, 1, 1)

    def run() -> list[int]:
        found: list[int] = []
        with torch.inference_mode():
            for part in batches(paths, 16):
                found += module.network((part / 255 - mean) / std).argmax(1).tolist()
        return found

    return run


def main() -> None:
    """Measure, print, write the result."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    count = int(sys.argv[2]) if len(sys.argv) > 2 else FILES
    network = load(MODEL, weights="imagenet")
    # The peer keeps the usual layout; the same weights, in a module of its own.
    contiguous = load(MODEL, weights="imagenet").module.to(memory_format=torch.contiguous_format)
    module, plain = Reading(network.module, network.preprocessing), Reading(contiguous, network.preprocessing)
    names = {"openvino": "f32", **({"openvino-bf16": "bf16"} if has_bf16() else {})}
    with tempfile.TemporaryDirectory() as folder:
        paths = files_of(Path(folder), count)
        sides: dict[str, Callable[[], Any]] = {"torch": eager(plain, paths)}
        for name, hint in names.items():
            served = Ensemble((network.served_by(CHOICES[name]),))
            sides[f"striate {name}"] = lambda served=served: list(predictions_of(served, paths))
            sides[f"bare {name}"] = bare(module, hint, paths)
        expected = sides["torch"]()
        agreement = {}
        for name in names:
            labels = [network.labels[index] for index in expected]
            found = [answer.answer.label for answer in sides[f"striate {name}"]()]
            agreement[name] = sum(a == b for a, b in zip(found, labels, strict=True)) / count
        timings = alternate(sides, rounds)
    results: dict[str, Any] = {"files": count, "agreement_with_torch": agreement}
    for timing in timings.values():
        print(timing)
    for name in names:
        ours = timings[f"striate {name}"]
        results[f"{name}: times as long as bare"] = ours.ratio_to(timings[f"bare {name}"])
        results[f"{name}: torch takes times as long"] = timings["torch"].ratio_to(ours)
    for what, value in results.items():
        print(what, value)
    claim = "predict within 5 % of the bare engine, decoding included, and 6 times torch eager fp32"
    print(write_result("predict", claim, timings, results))


if __name__ == "__main__":
    main()
