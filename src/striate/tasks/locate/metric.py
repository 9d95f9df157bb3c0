"""What validation says of a localiser after an epoch, in the pixels of the network's input."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from striate.data.sample import Batch
from striate.losses.localisation import FIRST_CLASS
from striate.ops.boxes import from_middles, paired_iou
from striate.tasks.answers import EvaluationOutput
from striate.tasks.locate.decode import THERE
from striate.tasks.locate.figures import RIGHT_IOU
from striate.tasks.locate.targets import targets
from striate.tasks.mean_loss import MeanLoss


@dataclass(slots=True)
class LocateMetric:
    """Keeps outputs and targets, (B, 5 + K) each, and the losses with their numbers of pictures."""

    outputs: list[Tensor] = field(default_factory=list)
    truths: list[Tensor] = field(default_factory=list)
    loss: MeanLoss = field(default_factory=MeanLoss)

    def update(self, judged: EvaluationOutput, batch: Batch) -> None:
        """Take in one batch."""
        outputs = judged.outputs.float().cpu()
        height, width = batch.pictures.shape[2:]
        self.outputs.append(outputs)
        self.truths.append(targets(batch.truths, (height, width), outputs.shape[1] - FIRST_CLASS))
        self.loss.update(judged.losses, batch)

    def compute(self) -> dict[str, float]:
        """The loss; `accuracy` over all pictures; `iou50` and `mean_iou` over those with an object."""
        outputs, truths = torch.cat(self.outputs), torch.cat(self.truths)
        there, said = truths[:, 0] > 0.5, torch.sigmoid(outputs[:, 0]) >= THERE
        same = outputs[:, FIRST_CLASS:].argmax(1) == truths[:, FIRST_CLASS:].argmax(1)
        named = torch.where(there, said & same, ~said)
        # Shares of the sides: IoU is the same in any unit.
        boxes = (from_middles(rows[:, 1:FIRST_CLASS], (1, 1)) for rows in (outputs, truths))
        ious = paired_iou(*boxes) * said
        objects = max(1, int(there.sum()))
        return {
            "loss": self.loss.compute(),
            "accuracy": float(named.double().mean()),
            "iou50": float((named & there & (ious >= RIGHT_IOU)).sum()) / objects,
            "mean_iou": float(ious[there].double().sum()) / objects,
        }
