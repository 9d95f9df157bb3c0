"""One network that is asked about pictures: reads them, answers, and says where its answers come from."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.data.decoding.decode import Limits, reduction
from striate.data.wording import composed
from striate.engines.choosing import Choice
from striate.engines.engine import Outputs, as_outputs
from striate.errors import StriateError, UnknownName
from striate.events import Listener, Note
from striate.explaining.options import ExplainOptions
from striate.explanation.heat.question import Heat, Question
from striate.explanation.heat.target_layer import Layer, NoMap, find_layer, read_layer
from striate.explanation.methods import WITHOUT_MAPS, find_method, heat_function
from striate.inference.pictures.subjects import Subject
from striate.inference.predictor import Predictor
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import FittedPicture, Images, Labels, Logits, Picture


@dataclass(frozen=True, slots=True)
class Explainer:
    """A network with a method that suits it.

    Attributes:
        network: in evaluation mode.
        module: what is explained: one row of class scores a picture; of a classifier the network itself.
        method: its name.
        layer: what the method reads, None for pixels.
        is_random: whether its weights have lost their places.
    """

    network: Predictor
    module: nn.Module
    method: str
    layer: Layer | None
    is_random: bool = False

    @classmethod
    def of(cls, network: Predictor, options: ExplainOptions, on_event: Listener) -> "Explainer":
        """The network with its layer found. Raises StriateError where the method cannot explain it."""
        preprocessing, module = network.preprocessing, network.task.explained(network.module)
        row = find_method(options.asked_method)
        if row.kind != "layer":
            if options.layer is not None:
                raise StriateError(f"{options.asked_method} reads pixels, not a layer; leave --layer out.")
            return cls(network, module, options.asked_method, None)
        height, width = preprocessing.size_hw
        device = next(network.module.parameters()).device
        example = torch.zeros(1, preprocessing.channels, height, width, device=device)
        try:
            layer = find_layer(module, example, options.layer)
        except NoMap as error:
            if options.method is not None:
                raise
            on_event(Note(f"{error} So this is {WITHOUT_MAPS}."))
            return cls(network, module, WITHOUT_MAPS, None)
        return cls(network, module, options.asked_method, layer)

    def with_module(self, module: nn.Module) -> "Explainer":
        """The same question to a copy of the network with random weights."""
        network = replace(self.network, module=module.eval(), engine=None)
        return replace(self, network=network, module=network.task.explained(module), is_random=True)

    @property
    def preprocessing(self) -> Preprocessing:
        """The network's own: heat explains the answer that `predict` gives."""
        return self.network.preprocessing

    def as_read(self, subject: Subject, picture: Picture, limits: Limits) -> FittedPicture:
        """A picture as `predict` decodes it for this network: large JPEGs come smaller."""
        size_hw = self.preprocessing.size_hw
        if reduction((picture.shape[1], picture.shape[2]), size_hw) == 1:
            return picture
        return subject.read(limits, size_hw).picture

    def images(self, pictures: list[Tensor]) -> Images:
        """Pictures (C, H, W), 8 bit, of any sizes, as the network reads them."""
        device = next(self.network.module.parameters()).device
        fitted = torch.stack([self.preprocessing.fit_picture(picture) for picture in pictures])
        images = self.preprocessing.normalise(fitted.to(device))
        return images.contiguous(memory_format=torch.channels_last)

    def look(self, pictures: list[Tensor], seed: int, on_event: Listener) -> tuple[Question, Logits]:
        """A question about these pictures, its classes still to come, and the network's logits (B, K)."""
        images = self.images(pictures)
        classes = torch.zeros(len(images), dtype=torch.int64, device=images.device)
        nothing = self.preprocessing.normalise(torch.zeros_like(images[:1], dtype=torch.uint8))[0]
        question = Question(
            self.module,
            images,
            classes,
            layer=self.layer,
            nothing=nothing,
            seed=seed,
            on_event=on_event,
        )
        if self.layer is not None:
            reading = read_layer(self.module, self.layer, images)
            return replace(question, reading=reading), reading.logits.detach()
        with torch.no_grad():
            return question, self.module(images)

    @property
    def questions(self) -> tuple[str, ...]:
        """What the scores are called; of a classifier its classes."""
        return self.network.task.questions(self.network.context)

    def probabilities(self, question: Question, logits: Logits) -> Float[Tensor, "B K"]:
        """The calibrated probability of every question; NaN where the task has none."""
        outputs: Outputs = (logits,)
        if self.module is not self.network.module:
            with torch.no_grad():
                outputs = as_outputs(self.network.module(question.images))
        found = self.network.task.probabilities(outputs, self.network.context)
        return torch.full_like(logits, torch.nan) if found is None else found

    def served(self, pictures: list[Tensor]) -> Float[Tensor, "B K"] | None:
        """The probabilities that `predict` gives; None where it asks torch, which is what is explained."""
        network = self.network
        if network.engine is None or network.engine.choice == Choice():
            return None
        fitted = torch.stack([self.preprocessing.fit_picture(picture) for picture in pictures])
        return network.task.probabilities(network.outputs(fitted), network.context)

    def heat(self, question: Question, classes: Labels, against: Labels | None) -> Heat:
        """Where these classes come from, one a picture."""
        function = heat_function(find_method(self.method))
        heat: Heat = function(replace(question, classes=classes, against=against))
        return heat

    def index(self, label: str) -> int:
        """The place of a class among the scores. Raises UnknownName."""
        labels = self.questions
        if label not in labels:  # typed in the other Unicode form
            label = next((known for known in labels if composed(known) == composed(label)), label)
        if label not in labels:
            some = ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
            raise UnknownName("class", label, labels, f"{self.network.name} knows {some}.")
        return labels.index(label)
