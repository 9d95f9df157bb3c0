"""A peer of `transfer.py`: the usual torch recipe of transfer learning from EfficientNet-Lite0's weights.

    python benchmarks/peers/usual_transfer.py SPLIT.csv WEIGHTS SEED

SPLIT.csv has file, label and part. The backbone is frozen and in evaluation mode, fp32, contiguous; pictures
are decoded once; a linear head is trained by Adam for 20 epochs, every picture through the backbone in every
epoch; the best epoch on validation is kept and tested. Prints seconds and the test part's accuracy as one
JSON line; imports are not counted. torch comes first, so that its threads wait as they usually do.
"""

import copy
import csv
import json
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.decoding.decode import as_picture
from striate.models.backbone import replace_head
from striate.models.build import create_model
from striate.models.weights.pretrained import load_weights, preprocessing_of
from striate.preprocess.preprocessing import Preprocessing

NETWORK = "efficientnet_lite0"
EPOCHS, BATCH, RATE = 20, 32, 1e-3

Part = tuple[Tensor, Tensor]  # pictures (N, 3, 224, 224), 8 bit, and their labels (N,)


def read(rows: list[dict[str, str]], spec: Preprocessing) -> dict[str, Part]:
    """The parts of the split."""
    labels = sorted({row["label"] for row in rows})
    parts = {}
    for name in ("train", "validation", "test"):
        own = [row for row in rows if row["part"] == name]
        pictures = torch.stack([spec.fit_picture(as_picture(row["file"])) for row in own])
        parts[name] = pictures.contiguous(), torch.tensor([labels.index(row["label"]) for row in own])
    return parts


def prepared(weights: Path, classes: int) -> nn.Module:
    """The network with its weights and a new head, frozen but for the head."""
    network = create_model(NETWORK)
    load_weights(network, weights)
    replace_head(network, classes)
    network.requires_grad_(False)
    network.get_submodule(network.head).requires_grad_(True)
    return network.eval()


def trained(network: nn.Module, parts: dict[str, Part], spec: Preprocessing) -> float:
    """The test part's accuracy of the best of all epochs."""
    head = network.get_submodule(str(network.head))
    optimizer = torch.optim.Adam(head.parameters(), lr=RATE)
    best, kept = -1.0, copy.deepcopy(head.state_dict())
    pictures, labels = parts["train"]
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(labels)).split(BATCH):
            loss = F.cross_entropy(network(spec.normalise(pictures[chosen]).contiguous()), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found = accuracy(network, *parts["validation"], spec)
        if found > best:
            best, kept = found, copy.deepcopy(head.state_dict())
    head.load_state_dict(kept)
    return accuracy(network, *parts["test"], spec)


@torch.no_grad()
def accuracy(network: nn.Module, pictures: Tensor, labels: Tensor, spec: Preprocessing) -> float:
    """Share of right answers."""
    right = 0
    for part, truth in zip(pictures.split(BATCH), labels.split(BATCH), strict=True):
        right += int((network(spec.normalise(part).contiguous()).argmax(1) == truth).sum())
    return right / max(1, len(labels))


def main() -> None:
    """Read, train, test, print."""
    table, weights, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    torch.manual_seed(seed)
    began = time.perf_counter()
    spec = preprocessing_of(NETWORK)
    parts = read(rows, spec)
    tested = trained(prepared(weights, len({row["label"] for row in rows})), parts, spec)
    print(json.dumps({"seconds": time.perf_counter() - began, "accuracy": tested}))


if __name__ == "__main__":
    main()
