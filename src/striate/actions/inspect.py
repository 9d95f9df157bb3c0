"""`inspect`: a network's shapes, parameters, multiply-adds, memory and receptive fields, layer by layer."""

import re
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import torch
from torch import nn

from striate.anatomy.anatomy import Anatomy, anatomy_of
from striate.errors import StriateError
from striate.files.output_place import PAGE, Kind, followed, output_file
from striate.files.possible_paths import possible_paths
from striate.models.build import create_model
from striate.models.catalog import MODELS

Size = tuple[int, ...]
MARKS = {
    "--markdown": "<!-- written by Striate -->\n",
    "--latex": "% written by Striate\n",
}  # their first lines
TABLES = {  # what each option writes, and its usual name
    "--markdown": (Kind("Markdown table", (".md",), (MARKS["--markdown"].encode(),)), "layers.md"),
    "--latex": (Kind("LaTeX table", (".tex",), (MARKS["--latex"].encode(),)), "layers.tex"),
    "--csv": (
        Kind(
            "table",
            (".csv",),
            (b"layer,kind,output,parameters,", b"layer,figure,formula,numbers"),
        ),
        "layers.csv",
    ),
}


@possible_paths
def inspect(
    model: str | PathLike[str] | nn.Module,
    input_size: Size | None = None,
    *,
    image_size: int | None = None,
    num_classes: int | None = None,
) -> Anatomy:
    """Look at a network without running it on numbers.

    Args:
        model: an `nn.Module`, a name from `list_models()`, a run, a pattern such as
            "INPUT 32x32x3 -> [CONV3-16 -> RELU -> POOL2]*2 -> FC10", or an ONNX file.
        input_size: shape of one picture (C, H, W); None is the network's own, (3, 224, 224) for a module.
        image_size: side of the picture in pixels, instead of input_size; the channels are the network's own.
        num_classes: outputs of a catalogue's network; None is the published number.

    Returns:
        `.layers .parameters .trainable_parameters .multiply_adds .operations .forward_bytes .training`

    Raises:
        StriateError: there is no such network, or it cannot read such a picture.
    """
    if input_size is not None and (len(input_size) < 2 or min(input_size) < 1):
        raise StriateError(
            f"{input_size} is no picture; give channels, height, width, such as (3, 224, 224)."
        )
    if image_size is not None and image_size < 1:
        raise StriateError(f"an image size of {image_size} is not possible; give 1 or more.")
    network, own, name = _network(model, input_size, image_size, num_classes)
    size = input_size or (own if image_size is None else (own[0], *[image_size] * (len(own) - 1)))
    return anatomy_of(network, size, name)


def page_file(anatomy: Anatomy, out: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write the network's drawing to `out`, one HTML file that needs nothing else.

    Args:
        overwrite: replace a file at `out` that Striate did not write, too.

    Raises:
        StriateError: what is there is not to be replaced.
        WorkFailed: it cannot be written.
    """
    from striate.anatomy.blocks import page_values
    from striate.files.writing import write_text
    from striate.reports.inspect import inspect_html

    target = output_file(out, PAGE, "inspect.html", "--html", overwrite=overwrite)
    write_text(followed(target), inspect_html(page_values(anatomy)))
    return target


def table_text(anatomy: Anatomy, option: str, layer: str | None = None) -> str:
    """The table of layers, or with `layer` the arithmetic of one or of `all`, as `--markdown` and so on.

    Raises:
        StriateError: there is no such layer.
    """
    table = anatomy.table() if layer is None else anatomy.explain(layer).table()
    return {"--markdown": table.markdown, "--latex": table.latex, "--csv": table.csv}[option]()


def table_file(
    anatomy: Anatomy,
    out: str | PathLike[str],
    option: str,
    layer: str | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write what `table_text` says to `out`.

    Args:
        option: `--markdown`, `--latex` or `--csv`.
        layer: as for `table_text`.
        overwrite: replace a file at `out` that Striate did not write, too.

    Raises:
        StriateError: there is no such layer, or what is there is not to be replaced.
        WorkFailed: it cannot be written.
    """
    from striate.files.writing import write_text

    kind, usual = TABLES[option]
    text = table_text(anatomy, option, layer)
    target = output_file(out, kind, usual, option, overwrite=overwrite)
    write_text(followed(target), MARKS.get(option, "") + text)
    return target


def _network(
    model: str | PathLike[str] | nn.Module,
    input_size: Size | None,
    image_size: int | None,
    num_classes: int | None,
) -> tuple[nn.Module, Size, str]:
    """The network, the size of its pictures, and what to call it."""
    if isinstance(model, nn.Module):
        _no_classes(num_classes, "a module")
        return model, (3, 224, 224), type(model).__name__
    text = fspath(model)
    if text.endswith(".onnx"):
        from striate.anatomy.onnx.onnx_file import read_onnx

        _no_classes(num_classes, text)
        network, own = read_onnx(Path(text))
        return network, own, Path(text).name
    if Path(text).is_dir():
        _no_classes(num_classes, text)
        return _of_run(Path(text))
    own = MODELS[text].input if text in MODELS else _pattern_size(text)
    asked = input_size or (None if image_size is None else (own[0], image_size, image_size))

    def build() -> nn.Module:
        if asked is None:
            return create_model(text, num_classes)
        if len(asked) != 3:
            raise StriateError(f"{text} reads pictures of channels x height x width, such as 3x224x224.")
        return create_model(text, num_classes, asked[0], (asked[1], asked[2]))

    return on_meta(build), own, text


def _of_run(folder: Path) -> tuple[nn.Module, Size, str]:
    from striate.inference.network_of_run import architecture_of, build
    from striate.runs.record import RunRecord

    architecture = architecture_of(RunRecord.open(folder))
    network = on_meta(lambda: build(architecture))
    height, width = architecture.image_size
    return network, (architecture.in_channels, height, width), str(folder)


def on_meta(build: Callable[[], Any]) -> Any:
    """What `build` makes, without numbers where it allows that: no memory and no random draws."""
    try:
        with torch.device("meta"):
            return build()
    except (NotImplementedError, RuntimeError):  # an initialisation that looks at its numbers
        with torch.random.fork_rng(devices=[]):
            return build()


def _pattern_size(text: str) -> Size:
    found = re.match(r"\s*INPUT\s+(\d+)x(\d+)x(\d+)\b", text)
    return (int(found[3]), int(found[1]), int(found[2])) if found else (3, 224, 224)


def _no_classes(num_classes: int | None, what: str) -> None:
    if num_classes is not None:
        raise StriateError(f"the number of classes of {what} is fixed; leave --classes out.")
