"""What validation says of landmarks after an epoch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from striate.data.sample import Batch
from striate.metrics.point_distance import distances
from striate.tasks.answers import EvaluationOutput
from striate.tasks.landmarks.decode import THERE, parts_of
from striate.tasks.landmarks.targets import targets
from striate.tasks.mean_loss import MeanLoss


@dataclass(slots=True)
class LandmarksMetric:
    """Keeps each picture's mean distance in pixels of the input, whether its flag was right, the losses."""

    distances: list[Tensor] = field(default_factory=list)
    flags: list[Tensor] = field(default_factory=list)
    loss: MeanLoss = field(default_factory=MeanLoss)

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        """Take in one batch."""
        parts = parts_of(judged.outputs.float().cpu())
        height, width = batch.pictures.shape[2:]
        wanted = targets(batch.truths, (height, width), parts.points.shape[1])
        sides = torch.tensor([width, height])
        found = distances(parts.points * sides, wanted.points * sides).masked_fill(~wanted.known, torch.nan)
        self.distances.append(found[wanted.present].nanmean(dim=1))
        self.flags.append((torch.sigmoid(parts.flags) >= THERE) == wanted.present)
        self.loss.update(judged.losses, batch)

    def compute(self) -> dict[str, float]:
        """The loss, the mean distance in pixels of the input, and how often the flag was right."""
        found, flags = torch.cat(self.distances), torch.cat(self.flags)
        return {
            "loss": self.loss.compute(),
            "mean_distance": float(found.mean()) if len(found) else 0.0,
            "presence": float(flags.double().mean()),
        }
