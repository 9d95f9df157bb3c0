"""From decoded pictures to batches: an 8-bit store at the network's size, and epochs drawn from it.

A store is the source of pictures of one size, all in memory. A source of pictures of varying sizes gives the
same `Batch` and stands beside it: loop, steps and metrics see only `training.loop.Batches`.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from striate.data.caching.cached_pictures import reserve
from striate.data.epoch_length import epoch_steps
from striate.data.sample import Batch, Known, Mixed, Truth
from striate.data.sampling import Order, in_any_order, repetitions
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.draws import MIXING, stream_seed, uniform_draws
from striate.data.transforms.geometry import Matrices
from striate.data.transforms.sampling import pick
from striate.data.transforms.truths import USUAL, Moving, moved_truth, pixel_matrix, placed_truth
from striate.errors import WorkFailed
from striate.preprocess.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class Store:
    """All pictures of a data set at the network's size.

    Attributes:
        pictures: (N, C, H, W), 8 bit; row i is item i of the data set. Rows of bad pictures are never read.
            Quickest with channels last in memory; the values do not depend on it.
        labels: (N,) the class that the task counts each picture as; -1 where it has none.
        known: what a task needs besides labels; None where labels say all, which costs nothing then.
        moving: what happens to truths at the edge and in the mirror.
    """

    pictures: UInt8[Tensor, "N C H W"]
    labels: Int64[Tensor, " N"]
    known: Known | None = None
    moving: Moving = USUAL

    def batch(
        self,
        pictures: Tensor,
        rows: Int64[Tensor, " B"],
        *,
        mixed: Mixed | None = None,
        matrices: Matrices | None = None,
    ) -> Batch:
        """Pictures made of those at `rows`, with labels and truths; `matrices` say how they were moved."""
        if self.known is None:
            return Batch(pictures, rows, self.labels[rows], mixed=mixed)
        known = self.known.picked(rows.tolist())
        if matrices is not None:
            size_hw = (pictures.shape[2], pictures.shape[3])
            known = known.with_truths(
                tuple(
                    moved_truth(truth, pixel_matrix(matrix, size_hw, size_hw), size_hw, self.moving)
                    for truth, matrix in zip(known.truths, matrices, strict=True)
                )
            )
        return Batch(pictures, rows, self.labels[rows], known, mixed)


def known_of(
    truths: Iterable[Truth], sizes_hw: Sequence[tuple[int, int]], preprocessing: Preprocessing
) -> Known:
    """Truths as they lie in the input, for a store.

    Args:
        truths: in pixels of the user's pictures; taken one at a time.
        sizes_hw: of these; (0, 0) where there is no picture, whose truth stays as it is.
        preprocessing: brings pictures to the input.
    """
    placements = tuple(preprocessing.place(size if min(size) > 0 else (1, 1)) for size in sizes_hw)
    placed = [
        placed_truth(truth, placement) if min(size) > 0 else truth
        for truth, size, placement in zip(truths, sizes_hw, placements, strict=True)
    ]
    return Known(tuple(placed), tuple(sizes_hw), placements)


def empty_store(shape: tuple[int, int, int, int], memory_bytes: int | None) -> UInt8[Tensor, "N C H W"]:
    """Room for (N, C, H, W) pictures: memory, or a nameless file if they need over a third of the memory.

    Channels are last in memory.
    """
    size = int(np.prod(shape, dtype=np.int64))
    count, channels, height, width = shape
    if memory_bytes is None or size <= memory_bytes / 3:
        return torch.zeros((count, height, width, channels), dtype=torch.uint8).permute(0, 3, 1, 2)
    try:
        with tempfile.NamedTemporaryFile(prefix="striate-pictures-") as file:
            reserve(file.fileno(), size)
            mapped = np.memmap(Path(file.name), np.uint8, "r+", shape=(count, height, width, channels))
            return torch.from_numpy(mapped).permute(0, 3, 1, 2)  # the mapping outlives the name
    except OSError as error:
        raise WorkFailed(
            f"{size / 1e9:.1f} GB of decoded pictures fit neither memory nor {tempfile.gettempdir()} "
            f"({error.strerror}). Choose a smaller --image-size, or a larger disk through TMPDIR."
        ) from error


class Batches:
    """Batches of some rows of a store.

    With a seed the order changes every epoch; without one it is the given order. Batches of an epoch differ
    by one picture at most, so that no batch is too small for batch normalisation. `order` says what an
    epoch shows and how it follows; a picture that comes again is changed in another way. `part` (i, n) takes
    every n-th picture of each batch from i on: what process i of n reads.
    """

    def __init__(
        self,
        store: Store,
        rows: Int64[Tensor, " M"],
        batch_size: int,
        *,
        seed: int | None = None,
        augmentation: Augmentation | None = None,
        order: Order = in_any_order,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.order, self.batch_size, self.part = order, batch_size, part
        self.store, self.rows, self.seed, self.augmentation = store, rows, seed, augmentation
        self.count = epoch_steps(len(rows), batch_size)

    def __len__(self) -> int:
        return self.count

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        rows = self.rows
        if self.seed is not None:
            generator = torch.Generator().manual_seed(stream_seed(self.seed, "order", number))
            rows = rows[self.order(self.store.labels[rows], generator, self.batch_size)]
        repeated = repetitions(rows)
        for together in torch.arange(len(rows)).tensor_split(max(1, self.count))[first:]:
            places = together[self.part[0] :: self.part[1]]
            if self.seed is None or self.augmentation is None:
                chosen = rows[places]
                yield self.store.batch(pick(self.store.pictures, chosen), chosen)
            else:
                # A partner for mixing is the epoch's next picture, whatever batch that one is in.
                partners = (places + 1) % len(rows)
                shown, again = rows[torch.cat([places, partners])], repeated[torch.cat([places, partners])]
                yield self._augmented(shown, again, self.augmentation, (self.seed, number))

    def _augmented(
        self, shown: Tensor, repeated: Tensor, augmentation: Augmentation, seed_epoch: tuple[int, int]
    ) -> Batch:
        """A batch of the first half of `shown`; the second half are their partners."""
        rows, partners = shown.chunk(2)
        draws = uniform_draws(*seed_epoch, rows, repeated[: len(rows)])
        if augmentation.mixing is None:
            moved = None
            if self.store.known is not None and augmentation.moves:
                height, width = self.store.pictures.shape[2:]
                moved = augmentation.matrices(draws, (height, width))
            return self.store.batch(augmentation(self.store.pictures, draws, rows), rows, matrices=moved)
        needed, where = torch.unique(torch.stack([shown, repeated]), dim=1, return_inverse=True)
        drawn = uniform_draws(*seed_epoch, needed[0], needed[1])
        changed = augmentation(self.store.pictures, drawn, needed[0])
        own, other = changed[where[: len(rows)]], changed[where[len(rows) :]]
        pictures, weights = augmentation.mixing(own, other, draws[:, MIXING])
        return self.store.batch(pictures, rows, mixed=Mixed(self.store.labels[partners], weights))

    def __iter__(self) -> Iterator[Batch]:
        return self.epoch(0)
