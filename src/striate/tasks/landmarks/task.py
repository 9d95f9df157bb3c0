"""The task of landmarks: the same points in every picture, visible or not, or that there are none."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PIL import Image
from torch import nn

from striate.data.dataset import Dataset, Item, Problem
from striate.data.sample import Truth
from striate.drawing.overlay import SHOWN
from striate.preprocess.placement import Placement
from striate.shapes import Picture
from striate.tasks.answers import Agreement, Context, Figures, Outputs, Recorded
from striate.tasks.landmarks.decode import Marked, columns_of, marked, outputs_of, parts_of, points_of
from striate.tasks.landmarks.draw import drawn
from striate.tasks.landmarks.figures import landmark_figures, mean_distance
from striate.tasks.landmarks.head import LandmarksHead
from striate.tasks.landmarks.metric import LandmarksMetric
from striate.tasks.landmarks.step import LandmarksStep
from striate.tasks.landmarks.targets import count_points, marks_of
from striate.tasks.landmarks.words import compared, figures_table, in_words, sentence
from striate.tasks.placed import Placed
from striate.tasks.recipes.recipe import Recipe

CLOSE = 0.02  # of the input's sides: points of two engines that differ less are the same answer
MISTAKEN = 0.05  # of the longer side: a picture whose points lie farther off is a mistake


class Landmarks(Placed[Marked]):
    """Where are the points of this picture?"""

    name: ClassVar = "landmarks"
    about: ClassVar = "the same points in every picture, such as the corners of eyes and mouth"
    truths: ClassVar = ("points",)
    in_percent: ClassVar = ("presence",)
    can: ClassVar = ("compare", "draw")
    right_means: ClassVar = (
        f"points are at most {100 * MISTAKEN:g} % of the longer side beside the truth on average, or rightly "
        "nothing is found"
    )

    def check(self, dataset: Dataset) -> list[Problem]:
        """Pictures with another number of points than most."""
        found = [
            (item.name, item.truth.points.shape[-2])
            for item in dataset.items
            if item.truth.points is not None and item.truth.points.numel()
        ]
        wanted = count_points([item.truth for item in dataset.items])
        problems = [Problem(*row) for row in ((name, _odd(n, wanted)) for name, n in found if n != wanted)]
        if not found:
            problems.append(Problem(str(dataset.path), "no picture has points"))
        return problems

    def picture_class(self, item: Item) -> None:
        """Points have no class, whatever a table says beside them."""
        return

    def stratum(self, item: Item) -> bool:
        """Whether the picture has points."""
        return marks_of(item.truth) is not None

    def outputs(self, dataset: Dataset, learned: Mapping[str, Any]) -> int:
        """The flag, and x, y and visibility of every point."""
        return outputs_of(count_points([item.truth for item in dataset.items]))

    def rows(self, outputs: int) -> int:
        """Four a point: beside x, y and visibility a share of the flag."""
        return 4 * ((outputs - 1) // 3)

    def head(self, depths: Sequence[int], outputs: int) -> LandmarksHead:
        """One that looks at one place for every point."""
        return LandmarksHead(depths, points_of(outputs))

    def step(
        self, network: nn.Module, context: Context, recipe: Recipe, truths: Sequence[Truth] = ()
    ) -> LandmarksStep:
        return LandmarksStep(network, context.preprocessing)

    def metric(self, context: Context) -> LandmarksMetric:
        return LandmarksMetric()

    def score(self, figures: dict[str, float]) -> tuple[float, ...]:
        """The smaller distance; between equals, the better flags, then the lower loss."""
        return (-figures["mean_distance"], figures["presence"], -figures["loss"])

    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> list[Marked]:
        return marked(outputs[0].float().cpu(), placements)

    def fits(self, labels: Sequence[str], outputs: int) -> bool:
        return outputs > 1 and outputs % 3 == 1

    def columns(self, context: Context) -> tuple[str, ...]:
        return columns_of(points_of(context.outputs))

    def words(self, answer: Marked) -> str:
        """The points, or that there are none."""
        return in_words(answer)

    def figures(self, answers: Sequence[Marked], truths: Sequence[Truth], context: Context) -> Figures:
        return landmark_figures(answers, truths)

    def mistakes(
        self, answers: Sequence[Marked], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        """Wrong flags first, then the largest distances."""
        wrong = []
        for row, (answer, truth) in enumerate(zip(answers, truths, strict=True)):
            beside = mean_distance(answer, truth)
            if not _right(answer, beside):
                flag = answer.present != (beside is not None)
                wrong.append((float("inf") if flag or beside is None else beside, row))
        return [row for _, row in sorted(wrong, key=lambda one: -one[0])[:most]]

    def record(self, answer: Marked, truth: Truth, context: Context) -> dict[str, str | float]:
        beside, marks = mean_distance(answer, truth), marks_of(truth)
        row: dict[str, str | float] = {"true_present": "yes" if marks is not None else "no"}
        for number in range(len(answer.points)):
            known = marks is not None and bool(marks.known[number])
            x, y = marks.points[number].tolist() if marks is not None else (0.0, 0.0)
            row[f"true_x{number + 1}"] = round(x, 2) if known else ""
            row[f"true_y{number + 1}"] = round(y, 2) if known else ""
        return {
            **row,
            **answer.row(),
            "mean_distance": "" if beside is None else round(beside, 3),
            "right": "yes" if _right(answer, beside) else "no",
        }

    def recorded(self, row: Mapping[str, str]) -> Recorded:
        true = tuple(value for name, value in row.items() if name.startswith("true_"))
        if row["right"] not in ("yes", "no"):
            raise ValueError(f"right is {row['right'][:20]!r}, not yes or no")
        return Recorded(true, row["right"] == "yes")

    def compared(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        return compared(metrics)

    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        """Answers agree that say the same of presence, with every point in the same place."""
        said, other = outputs[0].float().cpu(), reference[0].float().cpu()
        mine, theirs = parts_of(said), parts_of(other)
        near = ((mine.points - theirs.points).abs() <= CLOSE).flatten(1).all(dim=1)
        same = ((mine.flags >= 0) == (theirs.flags >= 0)) & ((theirs.flags < 0) | near)
        difference = (said.double() - other.double()).abs().max()
        return Agreement(float(same.double().mean()), float(difference), float(other.abs().max()))

    def draw(
        self, picture: Picture, answer: Marked | None, truth: Truth | None, *, side: int = SHOWN
    ) -> Image.Image:
        return drawn(picture, answer, truth, side)

    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        return sentence(metrics, pictures, where)

    def table(self, figures: Figures) -> list[str]:
        return figures_table(figures)


LANDMARKS = Landmarks()


def _right(answer: Marked, beside: float | None) -> bool:
    """Whether the flag is right, and the points are near on average."""
    if beside is None:
        return not answer.present
    return answer.present and beside <= MISTAKEN * max(answer.size_hw)


def _odd(points: int, wanted: int) -> str:
    return f"it has {points} points, others have {wanted}"
