"""What the loop trains to localise: the network with the second form of the course's loss around it."""

import torch
from torch import Tensor, nn

from striate.data.sample import Batch
from striate.errors import StriateError
from striate.losses.localisation import FIRST_CLASS, LocalisationLosses, localisation
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import EvaluationOutput
from striate.tasks.locate.targets import targets

BOX_WEIGHT = 50.0  # a twentieth beside the truth on all four numbers then costs 0.5, as a doubtful class


class LocateStep(nn.Module):
    """Normalises the pictures, runs the network and compares with each picture's largest object."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, label_smoothing: float) -> None:
        super().__init__()
        self.network, self.preprocessing, self.label_smoothing = network, preprocessing, label_smoothing

    def forward(self, batch: Batch) -> LocalisationLosses | EvaluationOutput:
        """Losses in training mode (labels smoothed); in eval mode plain losses and outputs (B, 5 + K)."""
        if batch.mixed is not None:
            raise StriateError("mixed pictures have two places; choose another --augment.")
        images = self.preprocessing.normalise(batch.pictures)
        outputs: Tensor = self.network(images.contiguous(memory_format=torch.channels_last))
        height, width = batch.pictures.shape[2:]
        wanted = targets(batch.truths, (height, width), outputs.shape[1] - FIRST_CLASS).to(outputs.device)
        smoothing = self.label_smoothing if self.training else 0.0
        losses = localisation(outputs, wanted, smoothing, BOX_WEIGHT)
        return losses if self.training else EvaluationOutput(losses, outputs.float())
