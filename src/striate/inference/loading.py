"""`load`: a run, or a catalogue name with weights, becomes a network that answers for pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import torch
from torch import Tensor, nn

from striate.data.decoding.decode import Limits, as_picture
from striate.engines.choosing import Choice, parse_choice
from striate.engines.served import Served
from striate.errors import StriateError, WorkFailed
from striate.events import Listener, Warned, silent
from striate.inference.mirroring import require_mirrored
from striate.inference.network_of_run import network_of
from striate.inference.scales import checked, enlarged
from striate.models.build import create_model
from striate.models.catalog import MODELS, find_entry
from striate.models.weights.pretrained import find_weights, imagenet_classes, load_weights, preprocessing_of
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.preprocessing import read_preprocessing
from striate.runs.record import RunRecord
from striate.shapes import Logits, Pictures
from striate.tasks.classify.decode import Answer, decode_scores, named_answers

if TYPE_CHECKING:
    from striate.inference.ensemble import Ensemble

OWN = "auto"  # the engine that the run's end chose; torch for a network that is no run's
ENGINE = "engine.json"


@dataclass(frozen=True, slots=True)
class Network:
    """A trained classifier with all that belongs to it: preprocessing, class names, calibration.

    Attributes:
        name: the network's name in the catalogue.
        module: in eval mode.
        labels: class names in the order of the scores.
        temperature: scores are divided by it before softmax.
        engine: what computes the scores; None is torch in fp32.
        flips: scores are the mean of those of a picture and of its mirror image.
        scales: and of those of its middle, enlarged so many times.
    """

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    temperature: float = 1.0
    engine: Served | None = None
    flips: bool = False
    scales: tuple[float, ...] = ()

    def served_by(
        self,
        choice: Choice,
        on_event: Listener = silent,
        *,
        required: bool = False,
        quantised: bytes | None = None,
    ) -> "Network":
        """The same network, whose scores another engine computes; torch, where it cannot and may not fail.

        In int8 the engine runs `quantised`, which `quantise` made of the network.
        """
        served = Served(
            self.module, self.preprocessing, choice, on_event, required=required, quantised=quantised
        )
        return replace(self, engine=served)

    def scores(self, pictures: Pictures) -> Logits:
        """Logits (B, K) of 8-bit pictures at the network's size, not divided by the temperature."""
        if len(pictures) == 0:
            return torch.zeros(0, len(self.labels))
        served = self.engine or Served(self.module, self.preprocessing, Choice())
        shown = [pictures, *(enlarged(pictures, scale) for scale in self.scales)]
        shown += [view.flip(3) for view in shown] if self.flips else []
        scores = torch.stack([decode_scores(served.run(view)) for view in shown]).mean(dim=0)
        if not bool(torch.isfinite(scores).all()):
            raise WorkFailed(
                f"the scores of {self.name} are not finite, so they answer nothing: its weights are damaged, "
                "or its training went wrong. Train it again, with a smaller --lr."
            )
        return scores

    def answers(self, scores: Logits, top: int = 5) -> list[Answer]:
        """Scores (B, K) in words, with calibrated probabilities."""
        return named_answers(torch.softmax(scores.double() / self.temperature, dim=1), self.labels, top)

    @overload
    def predict(self, images: str | PathLike[str] | Tensor | Any, top: int = 5) -> Answer: ...
    @overload
    def predict(self, images: list[Any] | tuple[Any, ...], top: int = 5) -> list[Answer]: ...

    def predict(self, images: Any, top: int = 5) -> Answer | list[Answer]:
        """The answer for a picture, or the answers for a list of them.

        Args:
            images: a path, a PIL image, an array (H, W) or (H, W, C), a tensor (C, H, W), or a list of these.
            top: how many classes an answer names.

        Raises:
            StriateError: something is no picture, or cannot be read.
        """
        if isinstance(images, (list, tuple)):
            return self._predict_all(images, top)
        return self._predict_all([images], top)[0]

    def _predict_all(self, images: Sequence[Any], top: int) -> list[Answer]:
        if not images:
            return []
        spec = self.preprocessing
        limits = Limits(white=spec.white)
        pictures = torch.stack([spec.fit_picture(as_picture(i, spec.size_hw, limits)) for i in images])
        return self.answers(self.scores(pictures), top)


@overload
def load(
    run: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Network: ...
@overload
def load(
    run: list[Any] | tuple[Any, ...],
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> "Ensemble": ...


def load(
    run: Any,
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    engine: str = OWN,
    on_event: Listener = silent,
    *,
    flips: bool = False,
    scales: Sequence[float] = (),
) -> Any:
    """The network of a run, or of a catalogue name together with a file of weights.

    Args:
        run: a Run, the path of one, or a name from `list_models()`; a list of them is an ensemble, which
            answers with the mean of their calibrated probabilities.
        weights: with a name: a .safetensors or .pth file whose head is kept as it is.
        device: where it computes.
        engine: torch, openvino, openvino-bf16, openvino-int8 (made of a run and kept in it when it is first
            asked for) or onnxruntime; auto is what the run's end chose, and torch for a catalogue name.
        on_event: is told where another engine than the wanted one has to serve.
        flips: every picture is seen as it is and mirrored; the mean of both scores counts.
        scales: the middle of every picture is seen enlarged so many times as well, above 1 and up to 4.

    Raises:
        StriateError: there is no such run, it holds no network yet, the weights do not fit, the engine is
            not there, or the run knows no mirror images.
    """
    if isinstance(run, (list, tuple)):
        from striate.inference.ensemble import load_ensemble

        return load_ensemble(run, weights, device, engine, on_event, flips=flips, scales=scales)
    network, own = _with_own_engine(run, weights, flips=flips, scales=scales)
    network.module.to(device).to(memory_format=torch.channels_last).eval()
    if engine == OWN:
        return network.served_by(own, on_event)
    asked = parse_choice(engine)
    if asked.precision == "int8":
        from striate.inference.int8 import in_int8

        return in_int8(network, run, on_event)
    if asked.precision != "fp32" and asked != own:
        on_event(Warned(f"{asked} was not found to agree with torch for this network: check its answers"))
    return network.served_by(asked, on_event, required=True)


def _with_own_engine(
    run: str | PathLike[str],
    weights: str | PathLike[str] | None,
    *,
    flips: bool,
    scales: Sequence[float],
) -> tuple[Network, Choice]:
    is_folder = Path(run).is_dir()
    if weights is not None and is_folder:
        raise StriateError(
            f"{run} is a folder; --weights goes with a name from `striate models`. Leave it out."
        )
    if weights is None and not is_folder and str(run) in MODELS:
        raise StriateError(f"{run} has no weights of its own here; add --weights imagenet or --weights FILE.")
    if weights is not None:
        source = find_weights(str(run), download=True) if weights == "imagenet" else Path(weights)
        return replace(_from_catalogue(str(run), source), flips=flips, scales=checked(scales)), Choice()
    record = RunRecord.open(run)
    if flips:
        require_mirrored(record)
    return replace(_from_run(record), flips=flips, scales=checked(scales)), engine_of(record)


def engine_of(record: RunRecord) -> Choice:
    """What the run's end chose to serve it; torch for a run that is older than engines, or not finished."""
    recorded = record.engine
    if recorded is None:
        return Choice()
    try:
        return Choice.of(recorded.engine, recorded.precision)
    except ValueError as error:
        raise StriateError(
            f"{record.folder / ENGINE} names no engine that this Striate knows; delete it, and torch serves "
            "the run."
        ) from error


def _from_run(record: RunRecord) -> Network:
    module, architecture = network_of(record)
    labels = record.labels
    record.require_outputs(labels, architecture.num_classes)
    return Network(architecture.model, module, read_preprocessing(record), labels, record.temperature)


def _from_catalogue(name: str, weights: Path) -> Network:
    if "imagenet" not in find_entry(name).weights:
        raise StriateError(
            f"what the weights of {name} were trained on is not known, nor are classes and preprocessing "
            f"known; predict with a run: `striate train DATA --model {name} --weights {weights}` makes one."
        )
    preprocessing = preprocessing_of(name)
    with torch.random.fork_rng(devices=[]):
        module = create_model(name)
    loaded = load_weights(module, weights)
    if loaded.head_replaced:
        raise StriateError(
            f"{weights} has a head of {loaded.head_replaced[0]} outputs, {name} predicts with "
            f"{loaded.head_replaced[1]}; train a run from these weights first: "
            f"`striate train DATA --model {name} --weights {weights}`."
        )
    return Network(name, module, preprocessing, imagenet_classes())
