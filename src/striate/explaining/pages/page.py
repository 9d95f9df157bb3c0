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
from striate.drawing.signed import signed
from striate.errors import WorkFailed
from striate.files.output_place import ARRAY, PAGE, PICTURE, require_replaceable
from striate.files.writing import write_bytes, write_text
from striate.reports.figures import figures_html

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

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """The object that `explain --json` prints."""
        nothing = dict.fromkeys(("layer", "class", "score", "box"))
        return {"files": list(self.files), "method": self.method, **nothing, **self.values, "line": self.line}

    def written(self, folder: Path | None, *, overwrite: bool = False) -> "ExplainedPage":
        """The page with `files`: index.html, a .png for every figure, a .npy for every array.

        Args:
            folder: where they go; None writes nothing.
            overwrite: replace files of these names that Striate did not write, too.

        Raises:
            StriateError: such a file is there.
            WorkFailed: the folder cannot be written.
        """
        if folder is None:
            return self
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkFailed(f"{folder} cannot be made: {error.strerror}. Choose another --out.") from error
        names, shown, page = SingleNames(), [], folder / "index.html"
        require_replaceable(page, PAGE, "--out", overwrite=overwrite)
        pictures = {name: folder / names.single(f"{name}.png") for name in self.figures}
        arrays = {name: folder / names.single(f"{name}.npy") for name in self.arrays}
        again = any(path.exists() for path in (page, *pictures.values()))  # then the arrays are Striate's too
        for path in pictures.values():
            require_replaceable(path, PICTURE, "--out", overwrite=overwrite)
        for path in arrays.values():
            require_replaceable(path, ARRAY, "--out", overwrite=overwrite or again)
        for name, image in self.figures.items():
            write_bytes(pictures[name], signed(image))
            shown.append({"name": name, "uri": _uri(image)})
        for name, array in self.arrays.items():
            write_bytes(arrays[name], _npy(array))
        files = (page, *pictures.values(), *arrays.values())
        values = {"method": self.method, "title": self.title, "line": self.line, "figures": shown}
        write_text(page, figures_html(values))
        return replace(self, files=tuple(map(str, files)))


def _uri(image: Image.Image) -> str:
    """A small form for the page; the figure at its full size is the .png beside it."""
    small = image.resize((ON_PAGE, round(image.height * ON_PAGE / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
