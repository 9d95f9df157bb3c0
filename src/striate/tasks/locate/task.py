"""The task of localisation: the one object of a picture, its class and its box, or that there is none."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor, nn

from striate.data.dataset import Dataset, Item
from striate.data.sample import Truth
from striate.drawing.overlay import SHOWN
from striate.losses.localisation import FIRST_CLASS
from striate.ops.boxes import paired_iou
from striate.preprocess.placement import Placement
from striate.shapes import Picture
from striate.tasks.answers import Agreement, Context, Figures, Outputs, Recorded
from striate.tasks.locate.decode import COLUMNS, THERE, Located, input_boxes, located
from striate.tasks.locate.draw import drawn
from striate.tasks.locate.figures import RIGHT_IOU, locate_figures, overlaps, right
from striate.tasks.locate.head import ClassScores, LocateHead
from striate.tasks.locate.metric import LocateMetric
from striate.tasks.locate.step import LocateStep
from striate.tasks.locate.targets import main_object
from striate.tasks.locate.words import compared, data_notes, figures_table, in_words, sentence
from striate.tasks.placed import Placed
from striate.tasks.recipes.recipe import Recipe

NOTHING = -1  # the stratum of pictures without an object


class Locate(Placed[Located]):
    """What is the object of this picture, and where is it?"""

    name: ClassVar = "locate"
    about: ClassVar = "the class and the box of one object a picture"
    truths: ClassVar = ("boxes", "box_labels")
    options: ClassVar = ("label_smoothing",)
    fewest_classes: ClassVar = 1
    in_percent: ClassVar = ("accuracy", "iou50")
    can: ClassVar = ("compare", "draw")
    right_means: ClassVar = "class and box (IoU of 0.5 or more) are both right, or rightly nothing is found"

    def notes(self, dataset: Dataset) -> list[str]:
        """How many pictures have several objects, or none, and boxes that were clipped or left out."""
        return data_notes(dataset)

    def picture_class(self, item: Item) -> int | None:
        """The class of the object."""
        found = main_object(item.truth)
        return None if found is None else found.label

    def stratum(self, item: Item) -> int:
        """The class of the object; pictures without one are a stratum too."""
        found = self.picture_class(item)
        return NOTHING if found is None else found

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        """p_c, four numbers of the box, one a class."""
        return FIRST_CLASS + len(dataset.classes)

    def rows(self, outputs: int) -> int:
        """One a class: the numbers of the box come from another layer."""
        return outputs - FIRST_CLASS

    def head(self, depths: Sequence[int], outputs: int) -> LocateHead:
        return LocateHead(depths, outputs - FIRST_CLASS)

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> LocateStep:
        return LocateStep(network, context.preprocessing, recipe.label_smoothing)

    def metric(self, context: Context) -> LocateMetric:
        return LocateMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """Class and box both right; between equals, the better boxes, then the lower loss."""
        return (figures["iou50"], figures["mean_iou"], -figures["loss"])

    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> list[Located]:
        return located(outputs[0].float().cpu(), placements, context.labels)

    def fits(self, labels: Sequence[str], outputs: int) -> bool:
        return outputs == FIRST_CLASS + len(labels)

    def columns(self, context: Context) -> tuple[str, ...]:
        return COLUMNS

    def words(self, answer: Located) -> str:
        """Class, probability and box, or that there is nothing."""
        return in_words(answer)

    def explained(self, network: nn.Module) -> nn.Module:
        return ClassScores(network)

    def question_of(self, answer: Located) -> str | None:
        """Its class, where it says that there is an object."""
        return answer.label if answer.present else None

    def probabilities(self, outputs: Outputs, context: Context) -> Tensor:
        """Of every class, given an object."""
        return torch.softmax(outputs[0].double()[:, FIRST_CLASS:], dim=1)

    def figures(self, answers: Sequence[Located], truths: Sequence[Truth], context: Context) -> Figures:
        return locate_figures(answers, truths, context.labels)

    def mistakes(
        self, answers: Sequence[Located], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        """The surest of the wrong ones."""
        ious = overlaps(answers, truths)
        wrong = [
            row
            for row, (answer, truth) in enumerate(zip(answers, truths, strict=True))
            if not right(answer, truth, context.labels, ious[row])
        ]
        return sorted(wrong, key=lambda row: -answers[row].presence * answers[row].probability)[:most]

    def record(self, answer: Located, truth: Truth, context: Context) -> dict[str, str | float]:
        true, iou = main_object(truth), overlaps([answer], [truth])[0]
        corners = ("",) * 4 if true is None else true.box.tolist()
        places = zip(("true_x1", "true_y1", "true_x2", "true_y2"), corners, strict=True)
        return {
            "true_label": "" if true is None else context.labels[true.label],
            **{name: round(value, 2) if isinstance(value, float) else value for name, value in places},
            **answer.row(),
            "iou": "" if iou is None else round(iou, 4),
        }

    def judged(self, record: Mapping[str, str | float]) -> dict[str, str | float]:
        row = dict(record)
        return {"truth": row.pop("true_label"), "label": row.pop("label"), **row}

    def recorded(self, row: Mapping[str, str]) -> Recorded:
        true, box = row["true_label"], tuple(row[f"true_{name}"] for name in ("x1", "y1", "x2", "y2"))
        if not row["iou"]:  # there is nothing
            return Recorded((true, box), not row["label"])
        return Recorded((true, box), row["label"] == true and float(row["iou"]) >= RIGHT_IOU)

    def compared(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        return compared(metrics)

    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        """Answers agree that say the same of presence and class, with boxes of an IoU of 0.5 or more."""
        said, other = outputs[0].float().cpu(), reference[0].float().cpu()
        there, expected = said[:, 0] >= 0, other[:, 0] >= 0  # a logit of 0 is the probability 0.5
        assert THERE == 0.5
        named = said[:, FIRST_CLASS:].argmax(1) == other[:, FIRST_CLASS:].argmax(1)
        close = paired_iou(input_boxes(said, (1, 1)), input_boxes(other, (1, 1))) >= RIGHT_IOU
        same = (there == expected) & (~expected | (named & close))
        return Agreement(
            float(same.double().mean()),
            float((said.double() - other.double()).abs().max()),
            float(other.abs().max()),
        )

    def draw(
        self, picture: Picture, answer: Located | None, truth: Truth | None, *, side: int = SHOWN
    ) -> Image.Image:
        return drawn(picture, answer, truth, side)

    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        return sentence(metrics, pictures, where)

    def table(self, figures: Figures) -> list[str]:
        return figures_table(figures)


LOCATE = Locate()
