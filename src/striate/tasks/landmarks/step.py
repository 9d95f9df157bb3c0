"""What the loop trains to find landmarks: the network with their loss around it."""

import torch
from torch import Tensor, nn

from striate.data.sample import Batch
from striate.errors import StriateError
from striate.losses.landmarks import LandmarkLosses, landmarks
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import EvaluationOutput
from striate.tasks.landmarks.decode import parts_of
from striate.tasks.landmarks.targets import targets

POINT_WEIGHT = 40.0  # a fortieth of the picture beside the truth then costs 1


class LandmarksStep(nn.Module):
    """Normalises the pictures, runs the network and compares with each picture's points."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network, self.preprocessing = network, preprocessing

    def forward(self, batch: Batch) -> LandmarkLosses | EvaluationOutput:
        """Losses in training mode; in eval mode losses and outputs (B, 1 + 3 n)."""
        if batch.mixed is not None:
            raise StriateError("mixed pictures have two of every point; choose another --augment.")
        images = self.preprocessing.normalise(batch.pictures)
        outputs: Tensor = self.network(images.contiguous(memory_format=torch.channels_last))
        parts = parts_of(outputs)
        height, width = batch.pictures.shape[2:]
        wanted = targets(batch.truths, (height, width), parts.points.shape[1])
        wanted = type(wanted)(*(one.to(outputs.device) for one in wanted))
        losses = landmarks(*parts, *wanted, POINT_WEIGHT)
        return losses if self.training else EvaluationOutput(losses, outputs.float())
