"""The peer of `grad_cam.py`: pytorch-grad-cam on the same network, layer, pictures and classes.

    PYTHONPATH=src .venv-peers/bin/python benchmarks/peers/grad_cam.py FILE METHOD BATCH FORMAT

FILE holds `network`, `state`, `layer`, `images` and `classes` (torch.save); FORMAT is contiguous or
channels_last, the memory format of network and pictures. Prints seconds, after one batch that is not counted,
and writes the maps to FILE.maps.
"""

import json
import sys
import time

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


def main(file: str, method: str, batch: str, layout: str) -> None:
    """Explain the pictures batch by batch."""
    given = torch.load(file, weights_only=True)
    network = create_model(given["network"])
    network.load_state_dict(given["state"])
    network.eval()
    images, classes, size = given["images"], given["classes"].tolist(), int(batch)
    if layout == "channels_last":
        network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    maps = []
    with KINDS[method](model=network, target_layers=[network.get_submodule(given["layer"])]) as cam:
        if method != "score-cam":
            cam(images[:size], [ClassifierOutputTarget(label) for label in classes[:size]])
        start = time.perf_counter()
        for first in range(0, len(images), size):
            targets = [ClassifierOutputTarget(label) for label in classes[first : first + size]]
            maps.append(torch.from_numpy(cam(images[first : first + size], targets)))
        seconds = time.perf_counter() - start
    torch.save(torch.cat(maps), f"{file}.maps")
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
