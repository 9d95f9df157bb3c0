"""Do all engines give torch's answers? The scores of trained networks for all pictures of a data set.

Every engine of this machine against torch in fp32: the share of pictures with the same first answer, the
largest difference between two scores of one class of one picture, and the largest score beside which it is to
be seen. Pictures that the network learned from are among them; the question is not whether it is right.
8-bit integers are made of a run and compared there (docs/decisions/0012-int8.md).

    python benchmarks/engine_agreement.py RUN DATA [RUN DATA ...]
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from striate.actions.load import load
from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.engines.choosing import CHOICES
from striate.engines.openvino_engine import one_conversion
from striate.inference.predictor import Predictor
from striate.machine.description import describe
from striate.shapes import Pictures

RESULT = Path(__file__).parent / "results" / "engine_agreement.json"
ENGINES = ("openvino", "openvino-bf16", "onnxruntime")


def pictures_of(data: Path, network: Predictor) -> Pictures:
    """All pictures that can be read, at the network's size."""
    dataset, found = open_dataset(data), []
    for row in range(len(dataset.items)):
        try:
            found.append(network.preprocessing.fit_picture(dataset.read(row)[0]))
        except BadPicture:
            continue
    return torch.stack(found)


def compared(run: Path, data: Path) -> list[dict[str, Any]]:
    """A line an engine."""
    network = load(run, engine="torch")
    pictures = pictures_of(data, network)
    reference, lines = network.outputs(pictures), []
    with one_conversion():
        for name in ENGINES:
            other = network.served_by(CHOICES[name], required=True)
            found = network.task.agreement(other.outputs(pictures), reference)
            about = {"network": network.name, "data": data.name, "pictures": len(pictures), "engine": name}
            lines.append(about | asdict(found))
            print(json.dumps(lines[-1]), flush=True)
    return lines


def main(arguments: list[str]) -> None:
    """Compare run by run, print and write the figures."""
    if not arguments or len(arguments) % 2:
        raise SystemExit(__doc__)
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    lines = [line for run, data in pairs for line in compared(Path(run), Path(data))]
    RESULT.write_text(json.dumps({"machine": describe(), "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
