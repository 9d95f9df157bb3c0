"""A trained network with all that belongs to it, asked about pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, overload

import torch
from PIL import Image
from torch import Tensor, nn

from striate.data.decoding.decode import DEFAULT_LIMITS, Limits, decode_for, decoded_image, reading_for
from striate.engines.choosing import Choice
from striate.engines.runner import EngineRunner
from striate.errors import WorkFailed
from striate.events import Listener, silent
from striate.files.html_table import html_facts, text_facts
from striate.inference.views import PLAIN, Views
from striate.preprocess.placement import Placement
from striate.preprocess.preprocessing import Preprocessing, stacked
from striate.shapes import FittedPicture, Picture, Pictures
from striate.tasks.answers import Context, Outputs
from striate.tasks.task import Task

SMALLEST, LARGEST = 320, 4096  # pixels of a drawing's longer side: letters need room, files have limits
Size = tuple[int, int]
Reads = tuple[Size, int]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One picture as the network reads it, 8 bit, and where it lies in the input."""

    picture: FittedPicture
    placement: Placement


def drawn_answer(task: Task[Any], picture: Picture, answer: Any) -> Image.Image:
    """A whole picture with an answer drawn into it, in the picture's own size.

    Only one whose longer side has fewer than `SMALLEST` pixels is enlarged, and one with more than `LARGEST`
    made smaller.

    Raises:
        StriateError: answers of the task have no place in a picture.
    """
    task.require("draw")
    image = task.draw(picture, answer, None, side=min(max(*picture.shape[1:], SMALLEST), LARGEST))
    if image is None:
        raise NotImplementedError(f"{task.name} says that it can draw, and does not")
    return image


@dataclass(frozen=True, slots=True)
class Predictor:
    """A trained network that answers for pictures.

    Attributes:
        name: the network's name in the catalogue.
        module: in eval mode.
        task: reads its outputs.
        preprocessing: how a picture becomes its input.
        labels: the classes in the order of the outputs; empty for a task without classes.
        calibration: what the task found on validation, as calibration.json keeps it.
        engine: what computes the outputs; None is torch in fp32.
        views: the outputs are merged from those of several views of a picture.
        width: how many numbers the last layer gives; 0 is not known.
        learned: what the task counted in the training part, as task.json keeps it.
    """

    name: str
    module: nn.Module
    task: Task[Any]
    preprocessing: Preprocessing
    labels: tuple[str, ...] = ()
    calibration: Mapping[str, Any] = field(default_factory=dict)
    engine: EngineRunner | None = None
    views: Views = PLAIN
    width: int = 0
    learned: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Five lines; `module` has the layers."""
        return text_facts(f"Predictor of {self.name}", self._facts())

    def _repr_html_(self) -> str:
        return html_facts(f"Predictor of {self.name}", self._facts())

    def _facts(self) -> dict[str, str | int]:
        classes = ", ".join(self.labels[:5]) + ", ..." * (len(self.labels) > 5)
        height, width = self.preprocessing.size_hw
        return {
            "task": self.task.name,
            "classes": f"{len(self.labels):,}: {classes}" if self.labels else "none",
            "reads": f"{self.preprocessing.channels}x{height}x{width}, {self.preprocessing.fit}",
            "parameters": sum(one.numel() for one in self.module.parameters()),
            "engine": str(self.engine.choice if self.engine else Choice()),
        }

    @property
    def context(self) -> Context:
        """What the task has to know to read the outputs."""
        return Context(
            self.labels,
            self.preprocessing,
            self.calibration,
            outputs=self.width,
            learned=self.learned,
        )

    @property
    def reads(self) -> Reads:
        """For what a picture is decoded: the input's size, and which sample of 16-bit grey is white."""
        return self.preprocessing.size_hw, self.preprocessing.white

    def served_by(
        self,
        choice: Choice,
        on_event: Listener = silent,
        *,
        required: bool = False,
        quantised: bytes | None = None,
    ) -> "Predictor":
        """The same network, whose outputs another engine computes; torch, where it cannot and may not fail.

        In int8 the engine runs `quantised`, which `quantise` made of the network.
        """
        served = EngineRunner(
            self.module, self.preprocessing, choice, on_event, required=required, quantised=quantised
        )
        return replace(self, engine=served)

    def fit(self, image: Any, limits: Limits = DEFAULT_LIMITS) -> Fitted:
        """Any image (see `predict`) as the network reads it. Raises StriateError where it is none."""
        size_hw, white = self.reads
        found = decoded_image(image, size_hw, reading_for(limits, white))
        return self.fitted(found.picture, found.size_hw)

    def read(self, content: bytes, limits: Limits) -> tuple[Fitted, str | None]:
        """A file's picture as the network reads it, and what is wrong with it. Raises BadPicture."""
        size_hw, white = self.reads
        found = decode_for(content, size_hw, reading_for(limits, white))
        return self.fitted(found.picture, found.size_hw), found.damage

    def fitted(self, picture: Tensor, size_hw: tuple[int, int]) -> Fitted:
        """A decoded picture as the network reads it; `size_hw` is that of the user's picture."""
        return Fitted(self.preprocessing.fit_picture(picture), self.preprocessing.place(size_hw))

    def outputs(self, pictures: Pictures) -> Outputs:
        """What the network says of 8-bit pictures at its size, float32, the first axis pictures."""
        if len(pictures) == 0:
            return tuple(one[:0] for one in self.outputs(pictures.new_zeros(1, *pictures.shape[1:])))
        engine = self.engine or EngineRunner(self.module, self.preprocessing, Choice())
        found = self.task.merged([engine.run(view) for view in self.views.shown(pictures)])
        if not all(bool(torch.isfinite(one).all()) for one in found):
            raise WorkFailed(
                f"the scores of {self.name} are not finite, so they answer nothing: its weights are damaged, "
                "or its training went wrong. Train it again, with a smaller --lr."
            )
        return found

    def answers(
        self, outputs: Outputs, placements: Sequence[Placement] | None = None, top: int = 5
    ) -> list[Any]:
        """Outputs in words and in the pixels of the user's pictures; of classes at most `top` are named.

        Without placements, the pixels are those of the input.
        """
        if placements is None:
            placements = [self.preprocessing.place(self.preprocessing.size_hw)] * len(outputs[0])
        return list(self.task.decode(outputs, placements, replace(self.context, top=top)))

    def answers_of(self, fitted: Sequence[Fitted], top: int = 5) -> list[Any]:
        """The answers for pictures from `fit` or `read`."""
        if not fitted:
            return []
        outputs = self.outputs(stacked([one.picture for one in fitted]))
        return self.answers(outputs, [one.placement for one in fitted], top)

    @overload
    def predict(self, images: str | PathLike[str] | Tensor, top: int = 5) -> Any:
        """The answer for one picture."""

    @overload
    def predict(self, images: list[Any] | tuple[Any, ...], top: int = 5) -> list[Any]:
        """The answers for several, in their order."""

    def predict(self, images: Any, top: int = 5) -> Any:
        """The answer for a picture, or the answers for a list of them.

        Args:
            images: a path, a PIL image, an array (H, W) or (H, W, C), a tensor (C, H, W), or a list of these.
            top: how many classes an answer names.

        Raises:
            StriateError: something is no picture, or cannot be read.
        """
        several = isinstance(images, (list, tuple))
        found = self.answers_of([self.fit(image) for image in (images if several else [images])], top)
        return found if several else found[0]

    def draw(self, image: Any, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
        """A picture with the answer for it drawn into it, of about its own size (see `drawn_answer`).

        Args:
            image: as for `predict`, one.
            limits: what is larger is not read.

        Raises:
            StriateError: it cannot be read, or answers of this task have no place in a picture.
        """
        self.task.require("draw")
        (answer,) = self.answers_of([self.fit(image, limits)])
        whole = decoded_image(image, None, reading_for(limits, self.preprocessing.white))
        return drawn_answer(self.task, whole.picture, answer)
