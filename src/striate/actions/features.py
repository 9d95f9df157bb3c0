"""What a network's frozen trunk gives of a training's pictures: computed once, kept in the feature cache."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.actions.material import Material
from striate.data.feature_cache import entry_path, keep_features, read_features
from striate.data.loading import Batches
from striate.data.sample import Batch
from striate.events import Listener, Progress
from striate.models.trunk import Trunk
from striate.training.fabric import Fabric

TOGETHER = 64  # pictures that go through the trunk at once


@dataclass(slots=True)
class Features:
    """The trunk of a network at its start and what it gives of pictures.

    Attributes:
        trunk: in eval mode; must keep its weights as long as something is asked for.
        engine: what computes it, for the cache.
        seed: of the training.
        known: parts that were asked for before, by what decides them.
    """

    trunk: Trunk
    material: Material
    fabric: Fabric
    on_event: Listener
    engine: str
    seed: int = 0
    known: dict[str, Tensor] = field(default_factory=dict)

    def of(self, rows: Sequence[int]) -> Float[Tensor, "M D"]:
        """Features of some rows of the data set, float32, on the CPU."""
        batches = Batches(self.material.store, torch.tensor(list(rows), dtype=torch.int64), TOGETHER)
        return self._cached(rows, {}, lambda: iter(batches))

    def _cached(self, rows: Sequence[int], more: dict[str, Any], batches: Any) -> Tensor:
        of = {**self._identity(), **more, "pictures": self._digest(rows)}
        path = entry_path(of)
        if path.name in self.known:
            return self.known[path.name]
        found = read_features(path, len(rows))
        if found is None:
            found = self._computed(batches(), len(rows))
            keep_features(path, found, self.on_event)
        self.known[path.name] = found
        return found

    def _computed(self, batches: Iterator[Batch], count: int) -> Tensor:
        parts: list[Tensor] = []
        device, spec, done = self.fabric.device, self.material.preprocessing, 0
        mode = self.trunk.training
        self.trunk.eval()
        # No inference mode: what it makes could not be learned from.
        with torch.no_grad(), self.fabric.autocast():
            for batch in batches:
                images = spec.normalise(batch.pictures.to(device))
                parts.append(self.trunk(images.contiguous(memory_format=torch.channels_last)).float().cpu())
                done += len(batch)
                self.on_event(Progress("features", done, count))
        self.trunk.train(mode)
        return torch.cat(parts) if parts else torch.zeros(0, 0)

    def _identity(self) -> dict[str, Any]:
        """What decides the features besides the pictures."""
        return {
            "trunk": _digest_of(self.trunk),
            "preprocessing": self.material.preprocessing.to_json(),
            "engine": self.engine,
            "threads": torch.get_num_threads(),
            "made_by": [
                *(importlib.metadata.version(name) for name in ("striate", "torch", "torchvision", "pillow")),
                torch.backends.cpu.get_cpu_capability(),
                str(self.fabric.device),
            ],
        }

    def _digest(self, rows: Sequence[int]) -> str:
        scanned = self.material.scan.rows
        return hashlib.sha256("\n".join(str(scanned[row].digest) for row in rows).encode()).hexdigest()


def _digest_of(module: nn.Module) -> str:
    """Of all its weights and statistics, whatever their layout in memory."""
    whole = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        whole.update(name.encode())
        whole.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()
