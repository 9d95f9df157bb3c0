"""Peers of `duplicates.py`: which pictures imagehash and imagededup put together, in their own environment.

For each line with a folder on stdin one line of JSON: for each peer the pairs of file numbers (0.bmp, 1.bmp,
...) that it puts together. Both compare 64-bit perceptual hashes; DISTANCE is imagededup's own default, which
imagehash does not have. imagededup's `CNN` is left out: it downloads its network.
"""

import json
import sys
from pathlib import Path

import imagehash
import numpy as np
from imagededup.methods import PHash
from PIL import Image

DISTANCE = 10  # bits of 64


def bits_of_imagehash(file: Path) -> np.ndarray:
    """Its perceptual hash, 64 values."""
    return imagehash.phash(Image.open(file)).hash.flatten()


def bits_of_imagededup(file: Path) -> np.ndarray:
    """Its perceptual hash, 64 values."""
    told = PHASH.encode_image(image_array=np.asarray(Image.open(file)))
    return np.unpackbits(np.frombuffer(bytes.fromhex(told), np.uint8)).astype(bool)


PHASH = PHash(verbose=False)
PEERS = {"imagehash.phash": bits_of_imagehash, "imagededup.PHash": bits_of_imagededup}


def pairs(folder: Path) -> dict[str, list[list[int]]]:
    """For each peer the pairs within DISTANCE."""
    files = sorted(folder.glob("*.bmp"), key=lambda file: int(file.stem))
    found = {}
    for name, bits in PEERS.items():
        hashes = np.stack([bits(file) for file in files])
        apart = (hashes[:, None] != hashes[None]).sum(-1)
        first, second = np.nonzero(np.triu(apart <= DISTANCE, 1))
        found[name] = [[int(a), int(b)] for a, b in zip(first, second, strict=True)]
    return found


if __name__ == "__main__":
    print(json.dumps(sorted(PEERS)), flush=True)
    for line in sys.stdin:
        print(json.dumps(pairs(Path(line.strip()))), flush=True)
