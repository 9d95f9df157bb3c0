"""What the loop trains to localise: the network, with the second form of the course's loss and two more.

They are what a box lacks of overlapping the true one, which matters to small boxes, and in training how far
the head looks away from the object.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.data.sample import Batch
from striate.errors import StriateError
from striate.losses.localisation import FIRST_CLASS, localisation
from striate.losses.looking import looking_away
from striate.losses.overlap import lack_of_overlap
from striate.ops.boxes import from_middles
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import EvaluationOutput
from striate.tasks.locate.head import Looked
from striate.tasks.locate.targets import targets

BOX_WEIGHT = 50.0  # a twentieth beside the truth on all four numbers then costs 0.5, as a doubtful class


OVERLAP_WEIGHT = 2.0


class LocateLosses(NamedTuple):
    """The parts, each averaged over the pictures of the batch; `look` is 0 outside training."""

    total: Float[Tensor, ""]
    presence: Float[Tensor, ""]
    box: Float[Tensor, ""]
    label: Float[Tensor, ""]
    overlap: Float[Tensor, ""]
    look: Float[Tensor, ""]


class LocateStep(nn.Module):
    """Normalises the pictures, runs the network and compares with each picture's largest object."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, label_smoothing: float) -> None:
        super().__init__()
        self.network, self.preprocessing, self.label_smoothing = network, preprocessing, label_smoothing

    def forward(self, batch: Batch) -> LocateLosses | EvaluationOutput:
        """Losses in training mode (labels smoothed); in eval mode plain losses and outputs (B, 5 + K)."""
        if batch.mixed is not None:
            raise StriateError("mixed pictures have two places; choose another --augment.")
        images = self.preprocessing.normalise(batch.pictures)
        said = self.network(images.contiguous(memory_format=torch.channels_last))
        outputs, weights = said if isinstance(said, Looked) else (said, None)
        height, width = batch.pictures.shape[2:]
        wanted = targets(batch.truths, (height, width), outputs.shape[1] - FIRST_CLASS).to(outputs.device)
        losses = self._losses(outputs.float(), weights, wanted)
        return losses if self.training else EvaluationOutput(losses, outputs.float())

    def _losses(self, outputs: Tensor, weights: Tensor | None, wanted: Tensor) -> LocateLosses:
        smoothing = self.label_smoothing if self.training else 0.0
        total, presence, box, label = localisation(outputs, wanted, smoothing, BOX_WEIGHT)
        there = wanted[:, 0] > 0.5  # elsewhere the other numbers may be anything
        middles = wanted[there, 1:FIRST_CLASS]
        said, true = (from_middles(rows, (1, 1)) for rows in (outputs[there, 1:FIRST_CLASS], middles))
        overlap = lack_of_overlap(said, true).sum() / len(wanted)
        look = torch.zeros_like(total)
        if weights is not None:
            look = looking_away(weights[there], middles).sum() / len(wanted)
        return LocateLosses(total + OVERLAP_WEIGHT * overlap + look, presence, box, label, overlap, look)
