"""JPEG files as batches of 8-bit pictures, as a person would write it: threads read ahead of the network."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.io import ImageReadMode, decode_jpeg

AHEAD = 64
SIDE = 224


def files_of(folder: str) -> list[str]:
    """The JPEG files of a folder, by name."""
    return sorted(str(path) for path in Path(folder).glob("*.jpg"))


def read(path: str) -> Tensor:
    """An 8-bit picture of 3 x 224 x 224."""
    content = torch.frombuffer(bytearray(Path(path).read_bytes()), dtype=torch.uint8)
    picture = decode_jpeg(content, mode=ImageReadMode.RGB, apply_exif_orientation=True)
    return F.interpolate(picture[None], size=(SIDE, SIDE), mode="bilinear", antialias=True)[0]


def batches(paths: list[str], size: int) -> Iterator[Tensor]:
    """Pictures in batches; the next ones are read by threads meanwhile."""
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        rest = iter(paths)
        waiting: deque[Future[Tensor]] = deque(pool.submit(read, path) for path in islice(rest, AHEAD))
        while waiting:
            part = [waiting.popleft().result() for _ in range(min(size, len(waiting)))]
            waiting.extend(pool.submit(read, path) for path in islice(rest, len(part)))
            yield torch.stack(part)
