"""The peer of `grad_cam.py`: pytorch-grad-cam on the same network, layer, pictures and classes.

    PYTHONPATH=src .venv-peers/bin/python benchmarks/peers/grad_cam.py FILE BATCH

FILE holds `network`, `state`, `layer`, `images` and `classes` (torch.save). Then it waits for lines on stdin,
`METHOD FORMAT COUNT`: how the first COUNT pictures are explained, with the network and pictures in the memory
format contiguous or channels_last. For each it writes the maps to FILE.maps and prints the seconds.
"""

import json
import sys
import time
from contextlib import redirect_stderr
from io import StringIO

import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from striate.models.build import create_model

KINDS = {
    "grad-cam": pytorch_grad_cam.GradCAM,
    "grad-cam++": pytorch_grad_cam.GradCAMPlusPlus,
    "layer-cam": pytorch_grad_cam.LayerCAM,
    "score-cam": pytorch_grad_cam.ScoreCAM,
    "eigen-cam": pytorch_grad_cam.EigenCAM,
}
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def main(file: str, batch: str) -> None:
    """Answer line after line."""
    given = torch.load(file, weights_only=True)
    network = create_model(given["network"])
    network.load_state_dict(given["state"])
    network.eval()
    layer = network.get_submodule(given["layer"])
    print(json.dumps({"version": "grad-cam", "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        method, layout, count = line.split()
        network.to(memory_format=FORMATS[layout])
        images = given["images"][: int(count)].contiguous(memory_format=FORMATS[layout])
        with KINDS[method](model=network, target_layers=[layer]) as cam, redirect_stderr(StringIO()):
            seconds = explain(cam, images, given["classes"].tolist(), int(batch), f"{file}.maps")
        print(json.dumps({"seconds": seconds}), flush=True)


def explain(cam: object, images: torch.Tensor, classes: list[int], size: int, out: str) -> float:
    """Explain the pictures batch by batch, write the maps, return the seconds of the explaining."""
    maps = []
    start = time.perf_counter()
    for first in range(0, len(images), size):
        part = images[first : first + size]
        targets = [ClassifierOutputTarget(label) for label in classes[first : first + len(part)]]
        maps.append(torch.from_numpy(cam(part, targets)))
    seconds = time.perf_counter() - start
    torch.save(torch.cat(maps), out)
    return seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
