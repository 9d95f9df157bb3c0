"""An explanation that is a page: figures under titles, arrays, and numbers."""

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from striate.data.writers.safe_names import SingleNames
from striate.errors import WorkFailed
from striate.reports.figures import figures_html
from striate.runs.files import write_bytes, write_text

Figures = dict[str, Image.Image]
ON_PAGE = 800  # pixels of a figure's width on the page
Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class ExplainedPage:
    """What a method that draws something of its own found.

    Attributes:
        method: its name.
        title: what is shown: network and picture.
        line: what was found, in one sentence.
        draw: makes the figures by their names, in the order of the page.
        arrays: numbers behind them, by name.
        values: what `to_json` tells beside files and method.
        files: what was written.
    """

    method: str
    title: str
    line: str
    draw: Callable[[], Figures]
    arrays: Mapping[str, Array] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @cached_property
    def figures(self) -> Figures:
        """The figures by their names; they are drawn when they are first asked for."""
        return self.draw()

    def figure(self) -> Image.Image:
        """The first one."""
        return next(iter(self.figures.values()))

    def to_json(self) -> dict[str, Any]:
        """The object that `explain --json` prints."""
        nothing = dict.fromkeys(("layer", "class", "score", "box"))
        return {"files": list(self.files), "method": self.method, **nothing, **self.values, "line": self.line}

    def written(self, folder: Path | None) -> "ExplainedPage":
        """The page with `files`: index.html, a .png for every figure, a .npy for every array.

        Raises:
            WorkFailed: the folder cannot be written.
        """
        if folder is None:
            return self
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkFailed(f"{folder} cannot be made: {error.strerror}. Choose another --out.") from error
        names, files, shown = SingleNames(), [], []
        for name, image in self.figures.items():
            files.append(folder / names.single(f"{name}.png"))
            write_bytes(files[-1], _png(image))
            shown.append({"name": name, "uri": _uri(image)})
        for name, array in self.arrays.items():
            files.append(folder / names.single(f"{name}.npy"))
            write_bytes(files[-1], _npy(array))
        page = folder / "index.html"
        values = {"method": self.method, "title": self.title, "line": self.line, "figures": shown}
        write_text(page, figures_html(values))
        return replace(self, files=tuple(map(str, [page, *files])))


def _uri(image: Image.Image) -> str:
    """A small form for the page; the figure at its full size is the .png beside it."""
    small = image.resize((ON_PAGE, round(image.height * ON_PAGE / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
