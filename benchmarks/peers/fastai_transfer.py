"""The peer of `transfer.py`: fastai's `vision_learner(...).fine_tune(5)` from EfficientNet-Lite0's weights.

    .venv-peers/bin/python benchmarks/peers/fastai_transfer.py SPLIT.csv WEIGHTS SEED

SPLIT.csv has file, label and part. The network is ours as a torch module, because fastai has no such weights;
head, changes of pictures and rates are fastai's own. Prints seconds and the test part's accuracy as one JSON
line; imports are not counted. The environment needs safetensors and jaxtyping as well.
"""

import csv
import json
import sys
import time
from pathlib import Path

from fastai.vision.all import (
    CategoryBlock,
    DataBlock,
    ImageBlock,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    default_split,
    model_meta,
    set_seed,
    vision_learner,
)
from torch import nn

from striate.models.build import create_model
from striate.models.weights.pretrained import load_weights

EPOCHS = 5


def main() -> None:
    """Read, fine-tune, test, print."""
    table, weights, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    set_seed(seed)
    began = time.perf_counter()
    learned = [row for row in rows if row["part"] != "test"]

    def backbone(pretrained: bool = True) -> nn.Module:  # noqa: ARG001  # fastai gives it
        network = create_model("efficientnet_lite0")
        load_weights(network, weights)
        return network

    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=sorted({row["label"] for row in rows}))),
        get_x=lambda row: row["file"],
        get_y=lambda row: row["label"],
        splitter=lambda items: (
            [i for i, row in enumerate(items) if row["part"] == "train"],
            [i for i, row in enumerate(items) if row["part"] == "validation"],
        ),
        item_tfms=Resize(224),
        batch_tfms=[*aug_transforms(), Normalize.from_stats([127 / 255] * 3, [128 / 255] * 3)],
    )
    loaders = block.dataloaders(learned, bs=32, num_workers=0)
    model_meta[backbone] = {"cut": -1, "split": default_split}  # all but our dense layer
    learner = vision_learner(loaders, backbone, normalize=False, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(EPOCHS)
    tested = [row for row in rows if row["part"] == "test"]
    scores, truth = learner.get_preds(dl=loaders.test_dl(tested, with_labels=True))
    right = float((scores.argmax(1) == truth).double().mean())
    print(json.dumps({"seconds": time.perf_counter() - began, "accuracy": right}))


if __name__ == "__main__":
    main()
