"""A peer of `predict.py`: a hand-written pipeline around bare OpenVINO.

    python benchmarks/peers/bare_openvino.py FOLDER NETWORK.xml f32|bf16

Says `ready`; then every line on standard input is one pass over the JPEG files of the folder, answered with
the numbers of the most probable classes as a JSON list. The network reads 8-bit pictures.
"""

import json
import sys

import openvino
import torch
from jpeg_batches import batches, files_of

BATCH = 8


def main(folder: str, network: str, precision: str) -> None:
    """Compile, then answer line by line."""
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(network, "CPU", settings)
    paths = files_of(folder)
    print("ready", flush=True)
    for _ in sys.stdin:
        found: list[int] = []
        for part in batches(paths, BATCH):
            found += compiled(part.numpy())[0].argmax(1).tolist()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
