"""`explain`: why a network answers as it does, as pictures, arrays and figures; one method a call."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from torch import nn

from striate.data.decoding.decode import Limits, reading_for
from striate.data.decoding.deep_samples import WHITE
from striate.data.paths.picture_paths import starting_folder
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.explaining.methods import pages_by
from striate.explaining.options import Explained, ExplainOptions, Run, require_options
from striate.explaining.pictures import explain_pictures
from striate.explaining.plain_module import network_of
from striate.explanation.methods import DEFAULT, find_method
from striate.files.output_place import refuse_inside
from striate.files.possible_paths import possible_paths
from striate.inference.predictor import Predictor
from striate.models.number_types import in_float32, require_open
from striate.models.surgery.untouched import in_eval_mode
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.record import RunRecord


@possible_paths
def explain(
    run: Run | nn.Module,
    images: Any = None,
    *,
    method: str | None = None,
    class_name: str | None = None,
    top: int = 1,
    against: str | None = None,
    layer: str | None = None,
    weights: str | PathLike[str] | None = None,
    with_runs: Sequence[Run | nn.Module] = (),
    preprocessing: Preprocessing | None = None,
    labels: Sequence[str] | None = None,
    out: str | PathLike[str] | None = None,
    seed: int = 0,
    channel: int | None = None,
    plain: bool = False,
    near: Any = None,
    sanity: bool = False,
    follow_links: bool = False,
    overwrite: bool = False,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    on_event: Listener = silent,
) -> list[Any]:
    """Explain a network's answers; for heat maps a list of `Explanation`, one a picture.

    Args:
        run: a Run, the path of one, a catalogue name with `weights`, a loaded Predictor, or any `nn.Module`
            from pictures to one row of scores.
        images: a picture (path, PIL image, array, tensor), a list of them, a folder, or a data set.
        method: of `striate.explanation.methods.METHODS`; None is grad-cam, without maps saliency.
        class_name: what is explained; None is the `top` most probable classes and, where the data says it,
            the true one.
        top: how many classes of the answer are explained.
        against: instead of which other class.
        layer: dotted name of the layer that is read; None is the last map before pooling or flattening.
        weights: a file, or "imagenet", with a catalogue name.
        with_runs: other networks that explain the same classes beside it.
        preprocessing: how a module reads pictures; None is 224 pixels, as many channels as its first
            convolution reads, normalised as for ImageNet, and a note says so.
        labels: class names of a module, in the order of its scores; None is the scores' numbers.
        out: a folder for pictures, arrays and an index page; None writes nothing.
        seed: of methods that draw noise, and of the sanity check.
        channel: of `layer`, for activations, filters and deconvnet.
        plain: filters by the course's gradient ascent from grey.
        near: for embedding, pictures whose neighbours are shown.
        sanity: explain the same classes with random weights as well, of the head and of all layers, and say
            how similar the heat still is.
        follow_links: links to folders, and to files outside, are followed.
        overwrite: replace files in `out` that Striate did not write, too.
        max_pixels: larger pictures are unreadable; None is the usual limit.
        max_bytes: as `max_pixels`, for files.
        on_event: is told what happens.

    Raises:
        StriateError: there is no such run, method, class or layer, or the method cannot explain this network.
        WorkFailed: `out` cannot be written.
    """
    given: dict[str, Any] = {
        key: value
        for key, value in locals().items()
        if key not in ("out", "max_pixels", "max_bytes", "on_event", "preprocessing", "labels")
    }
    networks = (run, *with_runs)
    if not any(isinstance(one, nn.Module) for one in networks) and (preprocessing or labels) is not None:
        raise StriateError("preprocessing and labels are a module's; a run and a Predictor have their own.")
    with ExitStack() as left_as_it_was:
        ready = [_ready(one, method, preprocessing, labels, left_as_it_was, on_event) for one in networks]
        given |= {"run": ready[0], "with_runs": tuple(ready[1:])}
        folder, limits = None if out is None else Path(out), Limits.of(max_bytes, max_pixels)
        return list(explanations(ExplainOptions(**given, out=folder, limits=limits), on_event))


def _ready(
    run: Run | nn.Module,
    method: str | None,
    preprocessing: Preprocessing | None,
    labels: Sequence[str] | None,
    left_as_it_was: ExitStack,
    on_event: Listener,
) -> Run:
    """A module or a network as one that can be explained: evaluating, in float32; anything else as it is."""
    if not isinstance(run, Predictor | nn.Module):
        return run
    module = run.module if isinstance(run, Predictor) else run
    require_open(module, by_layers=find_method(method or DEFAULT).kind == "page")
    left_as_it_was.enter_context(in_eval_mode(module))
    ready = in_float32(module)
    if isinstance(run, Predictor):
        return run if ready is module else replace(run, module=ready, engine=None)
    return network_of(ready, preprocessing, labels, on_event)


def explanations(options: ExplainOptions, on_event: Listener = silent) -> Iterator[Explained]:
    """What `explain` returns, one by one as soon as it is there."""
    row = find_method(options.asked_method)
    require_options(options)
    options = replace(options, limits=reading_for(options.limits, _white_of(options.run)))
    if options.out is not None:
        refuse_inside(options.out, _folders(options.images), "the explanations", "--out")
    if row.kind == "page":
        return pages_by(options.asked_method)(options, on_event)
    if options.images is None:
        raise StriateError(f"{options.asked_method} explains pictures; name some, a folder or a data set.")
    return explain_pictures(options, on_event)


def _white_of(run: Run) -> int:
    """What is white in 16-bit pictures for the first network; the others see them so too."""
    if isinstance(run, Predictor):
        return run.preprocessing.white
    written = (Path(run) / "preprocess.json").is_file()
    return RunRecord.open(run).input.white if written else WHITE


def _folders(images: Any) -> list[Path]:
    """The folders among what is explained."""
    several = images if isinstance(images, list | tuple) else [images]
    found = (starting_folder(one) for one in several if isinstance(one, str | PathLike))
    return [folder for folder in found if folder is not None]
