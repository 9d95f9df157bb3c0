"""What `explain --out` writes: a picture and arrays for each explanation, and one page for several."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.writers.safe_names import SingleNames
from striate.drawing.overlay import jpeg_uri, overlay
from striate.drawing.signed import signed
from striate.errors import WorkFailed
from striate.explaining.explanation import ClassHeat, Explanation
from striate.files.output_place import ARRAY, PAGE, PICTURE, require_replaceable
from striate.files.writing import write_bytes, write_text
from striate.reports.explain import explain_html

PAGE_NAME = "index.html"
MOST_ON_PAGE = 200  # pictures; about 8 MB


class ExplainedFiles:
    """A folder that explanations are written into, one by one."""

    def __init__(self, folder: Path, *, several_runs: bool, overwrite: bool = False) -> None:
        self._folder = folder
        self._several_runs, self._overwrite = several_runs, overwrite
        self._names = SingleNames()
        self._shown: list[dict[str, Any]] = []
        self._count = 0
        require_replaceable(folder / PAGE_NAME, PAGE, "--out", overwrite=overwrite)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkFailed(f"{folder} cannot be made: {error.strerror}. Choose another --out.") from error

    def write(self, explanation: Explanation) -> Explanation:
        """The explanation with `files`: an overlay as PNG, then one .npy for each of its classes."""
        self._count += 1
        if explanation.error is not None:
            return explanation
        stem = _stem(explanation)
        method = explanation.classes[0].method
        picture = self._folder / self._names.single(f"{stem}-{method}.png")
        require_replaceable(picture, PICTURE, "--out", overwrite=self._overwrite)
        again = picture.exists()  # then its arrays are Striate's as well
        files = [picture]
        arrays: list[tuple[Path, ClassHeat]] = []
        for one in explanation.classes:
            several = len(explanation.classes) > 1
            run = f"-{one.run}" if self._several_runs else ""
            label = f"-{one.label}" if several else ""
            path = self._folder / self._names.single(f"{stem}-{method}{run}{label}.npy")
            require_replaceable(path, ARRAY, "--out", overwrite=self._overwrite or again)
            arrays.append((path, one))
        write_bytes(picture, signed(explanation.figure()))
        for path, one in arrays:
            write_bytes(path, _npy(one))
            files.append(path)
        if len(self._shown) < MOST_ON_PAGE:
            self._shown.append(_entry(explanation))
        return replace(explanation, files=tuple(map(str, files)))

    def finish(self) -> Path | None:
        """Write index.html where there were several pictures."""
        if self._count < 2 or not self._shown:
            return None
        path = self._folder / PAGE_NAME
        write_text(path, explain_html({"pictures": self._shown, "count": self._count}))
        return path


def _stem(explanation: Explanation) -> str:
    """The file's name; in a data set with the folder that it lies in, which is often its class."""
    parts = Path(explanation.file).with_suffix("").parts
    return "-".join(parts[-2:] if explanation.truth is not None else parts[-1:])


def _npy(one: ClassHeat) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, one.heat, allow_pickle=False)
    return buffer.getvalue()


def _entry(explanation: Explanation) -> dict[str, Any]:
    assert explanation.picture is not None
    return {
        "file": explanation.file,
        "truth": explanation.truth,
        "plain": jpeg_uri(overlay(explanation.picture)),
        "classes": [
            {
                **one.to_json(),
                "model": one.model,
                "uri": jpeg_uri(explanation.shown(one)),
            }
            for one in explanation.classes
        ],
    }
