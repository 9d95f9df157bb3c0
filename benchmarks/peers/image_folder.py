"""The peer of `pipeline.py`: torchvision's ImageFolder and DataLoader with the transforms of its references.

    python benchmarks/peers/image_folder.py FOLDER BATCH SIDE

Says `ready`; then every line on standard input is one epoch, and `done` is said at its end.
"""

import sys

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

WORKERS = 2
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def epoch(folder: str, batch: int, side: int) -> None:
    """Every picture once, cropped at random, mirrored or not, normalised."""
    steps = [
        v2.RandomResizedCrop(side, antialias=True),
        v2.RandomHorizontalFlip(),
        v2.PILToTensor(),
        v2.ToDtype(torch.float, scale=True),
        v2.Normalize(*IMAGENET),
    ]
    dataset = ImageFolder(folder, v2.Compose(steps))
    for images, _ in DataLoader(dataset, batch, shuffle=True, num_workers=WORKERS):
        assert images.dtype == torch.float


if __name__ == "__main__":
    print("ready", flush=True)
    for _ in sys.stdin:
        epoch(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        print("done", flush=True)
