"""What a task says of its answers: in the user's pixels, what they are worth, how they are shown."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from PIL import Image
from torch import Tensor, nn

from striate.data.sample import Truth
from striate.drawing.overlay import SHOWN
from striate.errors import StriateError
from striate.preprocess.placement import Placement
from striate.runs.folder import RunFolder
from striate.shapes import Picture
from striate.tasks.abilities import Able
from striate.tasks.answers import Agreement, Answer, Context, Figures, Labelled, Outputs, Recorded

A = TypeVar("A", bound=Answer)


class OfAnswers(Able, ABC, Generic[A]):
    """The part of a task that predictions, measurements, reports and explanations ask.

    Attributes:
        calibrates: whether `calibrate` is asked; the outputs of the whole validation part are kept for it.
        right_means: when `recorded` calls an answer right, for people; empty where that needs no words.
    """

    right_means: ClassVar[str] = ""
    calibrates: ClassVar[bool] = False

    @abstractmethod
    def columns(self, context: Context) -> tuple[str, ...]:
        """The columns of `row()` of its answers, for a table of which no picture could be read."""

    @abstractmethod
    def decode(self, outputs: Outputs, placements: Sequence[Placement], context: Context) -> Sequence[A]:
        """Answers, one a picture, in the pixels of the user's pictures."""

    def merged(self, views: Sequence[Outputs]) -> Outputs:
        """One output from those of several views of the same pictures (`--flips`, `--scales`).

        Raises:
            StriateError: answers of this task are places, which views would move; others say `views` in
                `can`.
        """
        if len(views) > 1:
            self.require("views")
        return views[0]

    def combined(self, members: Sequence[tuple[Outputs, Context]]) -> Sequence[A]:
        """The answers of several networks together (`--with`), classes in the order of the first.

        Raises:
            StriateError: this task cannot; others say `together` in `can`.
        """
        raise self.refusal("together")

    def thresholds(self, run: RunFolder, context: Context, wanted: float) -> Mapping[str, float]:
        """For each class the probability from which on this share of its answers was right on validation.

        Raises:
            StriateError: this task cannot (others say `sort` in `can`), or validation cannot promise it.
        """
        raise self.refusal("sort")

    def words(self, answer: A) -> str:
        """An answer for people, in a part of a line; those with classes (`sort`) have their columns."""
        return ", ".join(
            f"{name} {value:.5g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in answer.row().items()
        )

    def labelled(self, answer: A) -> Labelled | None:
        """The answer as one class of several; None for a task that cannot `sort` by it."""
        return cast("Labelled", answer) if "sort" in self.can else None

    def explained(self, network: nn.Module) -> nn.Module:
        """What heat maps explain: a module with one row of scores a picture, one for each of `questions`.

        Raises:
            StriateError: heat maps cannot explain this task.
        """
        raise StriateError(
            f"heat maps explain classes, and answers of {self.name} are none; --method activations, filters "
            "or embedding show what its network sees."
        )

    def questions(self, context: Context) -> tuple[str, ...]:
        """What each score of `explained` is called; `--class` takes these names."""
        return context.labels

    def question_of(self, answer: A) -> str | None:
        """Which of the questions an answer has as its own; None where it has none."""
        found = self.labelled(answer)
        return None if found is None else found.label

    def probabilities(self, outputs: Outputs, context: Context) -> Tensor | None:
        """The calibrated probability of every question, (B, K); None where there are none."""
        return None

    def calibrate(self, outputs: Outputs, truths: Sequence[Truth], context: Context) -> dict[str, Any]:
        """What validation says about confidence, as calibration.json keeps it; empty where there is none.

        A key `warning` is told to the user.
        """
        return {}

    @abstractmethod
    def figures(self, answers: Sequence[A], truths: Sequence[Truth], context: Context) -> Figures:
        """What answers are worth. Truths are in the pixels of the user's pictures; both in the same order."""

    def mistakes(
        self, answers: Sequence[A], truths: Sequence[Truth], context: Context, most: int
    ) -> list[int]:
        """The rows of at most `most` wrong answers that a report should show, worst first."""
        return []

    @abstractmethod
    def record(self, answer: A, truth: Truth, context: Context) -> dict[str, str | float]:
        """Columns and values of one line of predictions.csv beside the file: truth and answer.

        Numbers need not be rounded; the file has six decimals.
        """

    def judged(self, record: Mapping[str, str | float]) -> dict[str, str | float]:
        """What `record` says of a picture, as `mistakes` of `evaluate --json` and its table name it."""
        return dict(record)

    def shares(self, answer: A, context: Context) -> dict[str, float]:
        """The calibrated probability of every class; empty for answers that do not hold them."""
        return {}

    def unsure_below(self, context: Context) -> float | None:
        """The probability below which an evaluation counts an answer as unsure; None for tasks without."""
        return None

    def recorded(self, row: Mapping[str, str]) -> Recorded:
        """What a line says that `record` wrote, by its columns as text.

        Raises:
            KeyError, ValueError: it is none of this task's.
            StriateError: this task cannot; others say `compare` in `can`.
        """
        raise self.refusal("compare")

    def compared(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        """Columns and cells of a run's line in the table of `compare`."""
        return {}

    @abstractmethod
    def agreement(self, outputs: Outputs, reference: Outputs) -> Agreement:
        """How an engine's outputs compare with torch's in fp32; at least one picture."""

    @abstractmethod
    def draw(
        self, picture: Picture, answer: A | None, truth: Truth | None, *, side: int = SHOWN
    ) -> Image.Image | None:
        """The picture with the answer, and the truth where it is known, drawn into it.

        None where they have no place in it: they stand in words beside the picture.

        Args:
            picture: the user's, whole: answer and truth are in its pixels.
            answer: drawn if it is given.
            truth: as well.
            side: pixels that the drawing's longer side shall have.
        """

    @abstractmethod
    def sentence(self, metrics: Mapping[str, Any], pictures: int, where: str) -> str:
        """The result in one line for people, with n and its interval; `where` is 'test pictures' or so."""

    def table(self, figures: Figures) -> list[str]:
        """Further lines of `evaluate` for people."""
        return []
