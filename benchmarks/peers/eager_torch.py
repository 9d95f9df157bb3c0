"""A peer of `predict.py`: timm's EfficientNet-Lite0 in eager torch, fp32, contiguous.

    python benchmarks/peers/eager_torch.py FOLDER WEIGHTS.safetensors

Says `ready`; then every line on standard input is one pass over the JPEG files of the folder, answered with
the numbers of the most probable classes as a JSON list. The weights are tensors in the order of timm's
`state_dict`, named 000, 001 and so on.
"""

import json
import sys

import timm
import torch
from jpeg_batches import batches, files_of
from safetensors.torch import load_file

BATCH = 16
MEAN, STD = 127 / 255, 128 / 255  # of the weights
MODEL = "tf_efficientnet_lite0"  # with the padding of the weights' makers


def main(folder: str, weights: str) -> None:
    """Build, load, then answer line by line."""
    network = timm.create_model(MODEL).eval()
    tensors = load_file(weights)
    network.load_state_dict(
        dict(zip(network.state_dict(), (tensors[key] for key in sorted(tensors)), strict=True))
    )
    paths = files_of(folder)
    print("ready", flush=True)
    with torch.inference_mode():
        for _ in sys.stdin:
            found: list[int] = []
            for part in batches(paths, BATCH):
                found += network((part / 255 - MEAN) / STD).argmax(1).tolist()
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
