"""From decoded pictures to batches: an 8-bit store at the network's size, and epochs drawn from it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from striate.data.cached_pictures import reserve
from striate.data.sample import Batch
from striate.data.transforms.augmentation import Augmentation, stream_seed, uniform_draws
from striate.errors import WorkFailed


@dataclass(frozen=True, slots=True)
class Store:
    """All pictures of a data set at the network's size.

    Attributes:
        pictures: (N, C, H, W), 8 bit; row i is item i of the data set. Rows of bad pictures are never read.
        labels: (N,).
    """

    pictures: UInt8[Tensor, "N C H W"]
    labels: Int64[Tensor, " N"]


def empty_store(shape: tuple[int, int, int, int], memory_bytes: int | None) -> UInt8[Tensor, "N C H W"]:
    """Room for (N, C, H, W) pictures: memory, or a nameless file if they need over a third of the memory."""
    size = int(np.prod(shape, dtype=np.int64))
    if memory_bytes is None or size <= memory_bytes / 3:
        return torch.zeros(shape, dtype=torch.uint8)
    try:
        with tempfile.NamedTemporaryFile(prefix="striate-pictures-") as file:
            reserve(file.fileno(), size)
            mapped = np.memmap(Path(file.name), dtype=np.uint8, mode="r+", shape=shape)
            return torch.from_numpy(mapped)  # the mapping outlives the name
    except OSError as error:
        raise WorkFailed(
            f"{size / 1e9:.1f} GB of decoded pictures fit neither memory nor {tempfile.gettempdir()} "
            f"({error.strerror}). Choose a smaller --image-size, or a larger disk through TMPDIR."
        ) from error


class Batches:
    """Batches of some rows of a store.

    With a seed the order changes every epoch; without one it is the given order. Batches of an epoch differ
    by one picture at most, so that no batch is too small for batch normalisation.
    """

    def __init__(
        self,
        store: Store,
        rows: Int64[Tensor, " M"],
        batch_size: int,
        *,
        seed: int | None = None,
        augmentation: Augmentation | None = None,
    ) -> None:
        self.store, self.rows, self.seed, self.augmentation = store, rows, seed, augmentation
        self.count = -(-len(rows) // batch_size)

    def __len__(self) -> int:
        return self.count

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        order = torch.arange(len(self.rows))
        draws = None
        if self.seed is not None:
            generator = torch.Generator().manual_seed(stream_seed(self.seed, "order", number))
            order = torch.randperm(len(self.rows), generator=generator)
            if self.augmentation is not None:
                draws = uniform_draws(self.seed, number, len(self.rows))
        for chosen in order.tensor_split(max(1, self.count))[first:]:
            rows = self.rows[chosen]
            pictures = self.store.pictures.index_select(0, rows)  # six times as fast as [rows]
            if self.augmentation is not None and draws is not None:
                pictures = self.augmentation(pictures, draws[chosen])
            yield Batch(pictures, rows, self.store.labels[rows])

    def __iter__(self) -> Iterator[Batch]:
        return self.epoch(0)
