"""What a network's frozen trunk gives of a training's pictures: computed once, kept in the feature cache."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from striate.data.caching.feature_cache import entry_path, keep_features, read_features
from striate.data.epoch_length import epoch_steps
from striate.data.loading import Batches
from striate.data.sample import Batch
from striate.data.sampling import Order, in_any_order
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.draws import stream_seed
from striate.events import Listener, Progress
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.transferring.frozen_trunk import FrozenTrunk

TOGETHER = 64  # pictures that go through the trunk at once


@dataclass
class Features:
    """What a trunk gives of a training's pictures.

    Attributes:
        seed: of the training.
        augmentation: how views change a picture.
    """

    trunk: FrozenTrunk
    data: PreparedData
    seed: int
    augmentation: Augmentation | None
    on_event: Listener

    def of(self, rows: Sequence[int]) -> Float[Tensor, "M D"]:
        """Features of some rows of the data set, float32, on the CPU."""
        batches = Batches(self.data.store, torch.tensor(list(rows), dtype=torch.int64), TOGETHER)
        return self._cached(rows, {}, iter(batches), "features")

    def view(self, rows: Sequence[int], number: int) -> Float[Tensor, "M D"]:
        """Features of the same pictures, changed as in epoch `number` of a training."""
        where = torch.tensor(list(rows), dtype=torch.int64)
        place = torch.zeros(len(self.data.store.labels), dtype=torch.int64)
        place[where] = torch.arange(len(rows))
        batches = Batches(self.data.store, where, TOGETHER, seed=self.seed, augmentation=self.augmentation)
        order = torch.cat([place[batch.rows] for batch in _orders(batches, number)])
        more = {"view": number, "seed": self.seed, "augmentation": repr(self.augmentation)}
        found = self._cached(rows, more, batches.epoch(number), f"features of view {number + 1}")
        back = torch.empty_like(order)
        back[order] = torch.arange(len(order))
        return found[back]

    def _cached(
        self, rows: Sequence[int], more: dict[str, Any], batches: Iterator[Batch], what: str
    ) -> Tensor:
        path = entry_path({**self._identity, **more, "pictures": self._digest(rows)})
        known = self.trunk.known
        if path.name not in known:
            found = read_features(path, len(rows))
            if found is None:
                found = self._computed(batches, len(rows), what)
                keep_features(path, found, self.on_event)
            known[path.name] = found
        return known[path.name]

    def _computed(self, batches: Iterator[Batch], count: int, what: str) -> Tensor:
        found, done = torch.zeros(0, 0), 0
        for batch in batches:
            (part,) = self.trunk.engine.run(self.data.preprocessing.normalise(batch.pictures))
            if done == 0:
                found = torch.empty(count, part.shape[1], dtype=part.dtype)
            found[done : done + len(batch)] = part
            done += len(batch)
            self.on_event(Progress(what, done, count))
        return found

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What decides the features besides the pictures."""
        packages = ("striate", "torch", "torchvision", "pillow")
        return {
            "trunk": self.trunk.digest,
            "preprocessing": self.data.preprocessing.to_json(),
            "engine": [self.trunk.engine.name, self.trunk.engine.precision],
            "threads": torch.get_num_threads(),
            "made_by": [
                *(importlib.metadata.version(name) for name in packages),
                torch.backends.cpu.get_cpu_capability(),
            ],
        }

    def _digest(self, rows: Sequence[int]) -> str:
        scanned = self.data.scan.rows
        return hashlib.sha256("\n".join(str(scanned[row].digest) for row in rows).encode()).hexdigest()


def _orders(batches: Batches, number: int) -> Iterator[Batch]:
    """The batches of an epoch without their changes: only the order counts."""
    plain = Batches(batches.store, batches.rows, TOGETHER, seed=batches.seed)
    return plain.epoch(number)


class FeatureBatches:
    """Features of pictures in batches, in an order that the epoch's number decides, as those of pictures."""

    def __init__(
        self,
        features: Float[Tensor, "M D"],
        labels: Int64[Tensor, " M"],
        rows: Int64[Tensor, " M"],
        batch_size: int,
        *,
        seed: int,
        order: Order = in_any_order,
    ) -> None:
        self.features, self.labels, self.rows = features, labels, rows
        self.seed, self.order, self.batch_size = seed, order, batch_size
        self.count = epoch_steps(len(rows), batch_size)

    def __len__(self) -> int:
        return self.count

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        generator = torch.Generator().manual_seed(stream_seed(self.seed, "order", number))
        order = self.order(self.labels, generator, self.batch_size)
        for chosen in order.tensor_split(self.count)[first:]:
            yield Batch(self.features[chosen], self.rows[chosen], self.labels[chosen])
