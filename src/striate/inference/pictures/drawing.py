"""`predict --draw`: the answers drawn into copies of the pictures, for tasks whose answers are places."""

import os
from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePath

from PIL import Image

from striate.data.decoding.decode import decode_for
from striate.data.paths.files import read_file
from striate.data.paths.picture_paths import starting_folder
from striate.data.wording import counted
from striate.data.writers.safe_names import SingleNames, safe_name
from striate.drawing.signed import signed
from striate.errors import StriateError, WorkFailed
from striate.files.output_place import SHEET, refuse_inside
from striate.files.writing import write_bytes
from striate.inference.pictures.streaming import STDIN, Prediction, Predictions
from striate.inference.predictor import drawn_answer

QUALITY = 92  # of JPEGs


class DrawnPictures:
    """Draws answers into copies of the pictures in `out`, and counts them.

    A drawing is as large as its picture (see `drawn_answer`). JPEGs stay JPEGs, all others become PNGs.

    Attributes:
        drawn: how many pictures.
        left: files that were not drawn, because they have no answer or no file.
        renamed: drawings that got a number, because their name was taken.
    """

    def __init__(
        self,
        out: str | PathLike[str],
        sources: Iterable[str | PathLike[str]],
        answers: Predictions,
        *,
        overwrite: bool = False,
    ) -> None:
        """Refuse what cannot be drawn, and a place whose drawings would be found as pictures.

        Args:
            out: a folder, made when the first drawing needs it.
            sources: what `predict` reads: files, folders and patterns.
            answers: will be drawn; their task has to be able to.
            overwrite: take the names of files that Striate did not write, too.

        Raises:
            StriateError: the answers are no places, or `out` lies in a folder that is read, or is a file.
        """
        answers.task.require("draw")
        self.out = Path(out)
        if self.out.exists() and not self.out.is_dir():
            raise StriateError(f"{self.out} is a file; name a folder for the drawings with --draw.")
        self._sources = [Path(source) for source in sources if os.path.isfile(source)]  # noqa: PTH113 - any text
        read = [folder for source in sources if (folder := starting_folder(source)) is not None]
        refuse_inside(self.out, read, "the drawings", "--draw")
        self.drawn = self.left = self.renamed = 0
        self._task, self._limits, self._overwrite = answers.task, answers.limits, overwrite
        self._names = SingleNames()

    def add(self, prediction: Prediction) -> Path | None:
        """Draw one answer; None if there is nothing to draw.

        Raises:
            WorkFailed: the disk is full, or the folder cannot be written.
        """
        image = self._image(prediction)
        if image is None:
            self.left += 1
            return None
        path = PurePath(prediction.path)
        jpeg = path.suffix.lower() in (".jpg", ".jpeg")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkFailed(
                f"{self.out} could not be made: {error.strerror}. Choose another --draw."
            ) from error
        target = self._free(safe_name(path.name if jpeg else f"{path.stem}.png"))
        write_bytes(target, signed(image, "JPEG", QUALITY) if jpeg else signed(image))
        self.drawn += 1
        return target

    @property
    def told(self) -> str:
        """What was done, in one sentence."""
        said = f"drew {counted(self.drawn, 'picture')} to {self.out}"
        if self.renamed:
            said += f"; {self.renamed:,} got a number, because another file has their name"
        if self.left:
            said += f"; {self.left:,} not drawn, because they have no answer or no file"
        return said

    def _image(self, prediction: Prediction) -> Image.Image | None:
        if prediction.answer is None or prediction.path in ("", STDIN):
            return None
        try:  # the whole picture, in whose pixels the answer is; the network saw a smaller one
            content = read_file(prediction.path, self._limits.bytes)
            picture = decode_for(content, None, self._limits).picture
        except StriateError:  # gone or changed since it was read
            return None
        return drawn_answer(self._task, picture, prediction.answer)

    def _free(self, name: str) -> Path:
        """The first name that neither this call nor a stranger's file has: `a.png`, `a-2.png`..."""
        while True:
            target = self.out / self._names.single(name)
            if not os.path.lexists(target) or self._ours(target):
                break
        self.renamed += target.name != name
        return target

    def _ours(self, target: Path) -> bool:
        """Whether a file may be replaced: Striate drew it, or `overwrite`; never one that is read now."""
        if target.is_symlink() or not target.is_file():
            return False
        if any(target.samefile(source) for source in self._sources):
            return False
        return self._overwrite or SHEET.wrote(target)
