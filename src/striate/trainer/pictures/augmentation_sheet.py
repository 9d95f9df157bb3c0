"""`check --augment`: pictures of a data set as training sees them, epoch by epoch, on one sheet."""

import base64
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import set_limits
from striate.data.decoding.decode import DEFAULT_LIMITS, Limits, reading_for
from striate.data.transforms.presets import named_or_table
from striate.data.transforms.sheet import augmentation_sheet
from striate.drawing.signed import signed
from striate.errors import StriateError
from striate.files.output_place import SHEET, followed, output_file
from striate.files.writing import write_bytes, write_text
from striate.inference.open_run import open_run
from striate.preprocess.preprocessing import Preprocessing
from striate.reports.page import render
from striate.shapes import Picture
from striate.trainer.pictures.truths import open_to_check, with_classes_of

PICTURES = 8
EPOCHS = 8
PHOTO = 224  # pixels of a side: what photographs are trained at
SMALL = 64  # pictures up to this side are trained at their own size
_LEAST = 96  # pixels of a cell's longer side on the sheet
_GAP = 6


def write_sheet(
    data: str | PathLike[str],
    name: str,
    out: str | PathLike[str] | None = None,
    *,
    run: str | PathLike[str] | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    follow_links: bool = False,
    overwrite: bool = False,
) -> Path:
    """Draw 8 pictures, spread over the classes, as they are and in 8 epochs; return the file.

    Args:
        data: a data set for any task.
        name: of the augmentation, or a table on one line.
        out: a .png, .jpg or .html file; None is `augment-<name>.png` here, of a
            table `augment-table.png`.
        run: whose size and fit are taken; without one photographs are squeezed to 224 pixels, and small
            pictures stay as large as they are.
        seed: as in training.
        limits: larger pictures are left out.
        follow_links: as for `train`.
        overwrite: replace a file at `out` that Striate did not write, too.

    Raises:
        StriateError: no such data set, augmentation or kind of file.
    """
    augmentation_sheet(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), name, seed, 1)  # an unknown name first
    usual = f"augment-{name if isinstance(named_or_table(name), str) else 'table'}.png"
    path = output_file(out or usual, SHEET, usual, "--out", data=[data], overwrite=overwrite)
    suffix = path.suffix.lower()
    specification = open_run(run).preprocessing if run is not None else None
    if specification is not None:
        limits = reading_for(limits, specification.white)
    dataset = set_limits(with_classes_of(*open_to_check(None, Path(data), follow_links=follow_links)), limits)
    chosen = _chosen(dataset)
    specification = specification or _usual(chosen)
    pictures = torch.stack([specification.fit_picture(picture) for picture in chosen])
    seen = torch.cat([pictures[:, None], augmentation_sheet(pictures, name, seed, EPOCHS)], dim=1)
    image = _drawn(seen)
    content = signed(image, "JPEG" if suffix in (".jpg", ".jpeg") else "PNG")
    if suffix == ".html":
        uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        size = f"{specification.size_hw[1]} × {specification.size_hw[0]}"
        values = {"data": str(data), "name": name, "seed": seed, "uri": uri, "size": size, "epochs": EPOCHS}
        write_text(followed(path), render("augmentation.html.j2", values))
    else:
        write_bytes(followed(path), content)
    return path


def _chosen(dataset: Dataset) -> list[Picture]:
    """Eight readable training pictures, one of each class by turns."""
    by_class: dict[int | None, list[int]] = {}
    for row, item in enumerate(dataset.items):
        if item.part in (None, "train"):
            by_class.setdefault(item.truth.label, []).append(row)
    turns = [rows[turn] for turn in range(PICTURES) for rows in by_class.values() if turn < len(rows)]
    found: list[Picture] = []
    for row in turns:
        try:
            found.append(dataset.read(row)[0])
        except BadPicture:
            continue
        if len(found) == PICTURES:
            break
    if not found:
        raise StriateError(f"{dataset.path} has no picture that can be read; `striate check` says why.")
    return found


def _usual(pictures: list[Picture]) -> Preprocessing:
    height, width = pictures[0].shape[1:]
    size = (height, width) if max(height, width) <= SMALL else (PHOTO, PHOTO)
    grey = all(picture.shape[0] == 1 for picture in pictures)
    return Preprocessing(size, 1, (0.0,), (1.0,)) if grey else Preprocessing(size, 3, (0.0,) * 3, (1.0,) * 3)


def _drawn(seen: Tensor) -> Image.Image:
    """(P, 1 + E, C, H, W) as a sheet: a row a picture, its first cell as it is."""
    rows, columns, _, height, width = seen.shape
    factor = max(1, -(-_LEAST // max(height, width)))
    cell_h, cell_w = height * factor, width * factor
    top = 22
    sheet = Image.new(
        "RGB", (columns * (cell_w + _GAP) + 2 * _GAP, top + rows * (cell_h + _GAP) + _GAP), (255, 255, 255)
    )
    pen = ImageDraw.Draw(sheet)
    for column in range(columns):
        x = _GAP + column * (cell_w + _GAP) + (_GAP if column else 0)
        pen.text((x, 6), "as it is" if column == 0 else f"epoch {column}", fill=(60, 60, 60))
        for row in range(rows):
            pixels = seen[row, column].permute(1, 2, 0).numpy()
            cell = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
            cell = cell.resize((cell_w, cell_h), Image.Resampling.NEAREST)
            sheet.paste(cell.convert("RGB"), (x, top + row * (cell_h + _GAP)))
    return sheet
