"""From folders to what scenes are made of: cut-outs with their classes, backgrounds, and their parts.

A cut-out is a picture with transparency, or one beside which `NAME_mask.png` says what belongs to it (white).
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath

from PIL import Image

from striate.data.composing.captions import phrase_of
from striate.data.composing.cut_out import Background, CutOut, trimmed
from striate.data.composing.parts import Assigned, Shares, assign, given, wanted
from striate.data.dataset import PARTS, BadPicture, Item, Part, Problem
from striate.data.datasets.folder import is_picture, open_folder
from striate.data.datasets.picture_files import PictureFiles
from striate.data.decoding.decode import decode_for
from striate.data.decoding.with_pillow import rgba_with_pillow
from striate.data.paths.files import Found, reach_of, read_file, walk
from striate.data.sample import Truth
from striate.data.scan import Scan, scan
from striate.data.wording import counted, listed, one_line
from striate.errors import StriateError
from striate.events import Listener, Note, Warned, silent

KEPT_BYTES = 500_000_000  # of decoded cut-outs and backgrounds, each
MOST_CAPTIONS = 20_000_000  # bytes of captions.csv
CAPTIONS = "captions.csv"
WORDS: Mapping[Part, str] = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True, slots=True)
class Material:
    """What one part's scenes are made of."""

    cut_outs: tuple[CutOut, ...]
    backgrounds: tuple[Background, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """All that scenes are made of.

    Attributes:
        classes: names; `CutOut.label` is an index into them.
        parts: the material of each part that is wanted.
        shared: what people should know about the division, in sentences.
        skipped: files that nothing could be made of.
    """

    classes: tuple[str, ...]
    parts: Mapping[Part, Material]
    shared: tuple[str, ...]
    skipped: tuple[Problem, ...]


class LooseFiles(PictureFiles):
    """All pictures in a folder and below, of one class."""

    def __init__(self, path: Path) -> None:
        walked = walk(str(path.resolve()), reach_of(path))
        files = [f for listing, _ in walked for f in listing.files if is_picture(f)]
        super().__init__(tuple(files))
        self.path, self.layout, self.ignored, self.classes = path, "pictures", 0, ("object",)
        self.items = tuple(Item(found.name, Truth(label=0)) for found in files)


def open_stock(
    cut_outs: Path, backgrounds: Path, size: int, shares: Shares, seed: int, on_event: Listener = silent
) -> Stock:
    """Read the folders, compare all pictures with all, and divide them.

    Args:
        cut_outs: class folders of pictures with transparency, divided by their author or not; a folder
            without class folders is one class, "object".
        backgrounds: any pictures.
        size: pixels of a scene's side; nothing larger is kept in memory.
        shares: of the parts.
        seed: of the division.
        on_event: receives `Progress`, and warnings about files that cannot be used.

    Raises:
        StriateError: there is nothing to compose, or not enough for so many parts.
    """
    loose = _folder(cut_outs, "CUTOUTS", "cut-outs with transparency")
    behind = _folder(backgrounds, "--backgrounds", "photographs")
    classes = open_folder(cut_outs)
    things = _without_masks(classes if classes.items else loose)
    cache = _Kept(KEPT_BYTES)
    images = {
        row: partial(cache.get, row, partial(_cut_out, things, row, size)) for row in range(len(things.items))
    }
    usable, skipped = _usable(things, images)
    kept_rows, behind_scan = sorted(usable), scan(behind, on_event=on_event)
    if not kept_rows:
        raise StriateError(
            f"{cut_outs} has no cut-out: {skipped[0].file}: {skipped[0].reason}. Give pictures with "
            "transparency (PNG, WebP), or masks beside them, as cat.jpg and cat_mask.png."
        )
    divided, told = _divided_things(things, kept_rows, scan(things, on_event=on_event), shares, seed)
    ground, ground_told = _divided_grounds(behind, behind_scan, shares, seed)
    skipped += [Problem(behind.items[r].name, s.problem) for r, s in enumerate(behind_scan.rows) if s.problem]
    for problem in skipped[:10]:
        on_event(Warned(f"left out: {one_line(problem.file)}: {problem.reason}"))
    if len(skipped) > 10:
        on_event(Warned(f"left out: {len(skipped) - 10:,} more files"))
    parts = _parts(
        _Sources(things, images, _phrases(things, cut_outs)), behind, divided, ground, size, shares
    )
    for line in (*told, *ground_told):
        on_event(Note(line))
    return Stock(things.classes, parts, (*told, *ground_told), tuple(skipped))


@dataclass(frozen=True, slots=True)
class _Sources:
    """The files of the cut-outs, how each is read, and what a sentence calls it."""

    files: PictureFiles
    images: Mapping[int, Callable[[], Image.Image]]
    phrases: Sequence[str]

    def cut_out(self, row: int) -> CutOut:
        item = self.files.items[row]
        return CutOut(item.name, item.truth.label or 0, self.phrases[row], self.images[row])


def _parts(
    things: _Sources, behind: LooseFiles, divided: Assigned, ground: Assigned, size: int, shares: Shares
) -> dict[Part, Material]:
    pictures = _Kept(KEPT_BYTES)

    def background(row: int) -> Background:
        read = partial(_background, behind, row, size)
        return Background(behind.items[row].name, partial(pictures.get, row, read))

    parts: dict[Part, Material] = {}
    for part in wanted(shares):
        if not divided.rows[part]:
            raise StriateError(
                f"{things.files.path} has no class with enough different cut-outs for a {part} part. Add "
                "some, or give all to training: --parts 100/0/0."
            )
        parts[part] = Material(
            tuple(things.cut_out(row) for row in divided.rows[part]),
            tuple(background(row) for row in ground.rows[part]),
        )
    return parts


def _folder(path: Path, what: str, of_what: str) -> LooseFiles:
    if not path.is_dir():
        kind = "a file" if path.exists() else "not there"
        raise StriateError(f"{what} {path} is {kind}. Name a folder of {of_what}.")
    found = LooseFiles(path)
    if not found.items:
        raise StriateError(f"{what} {path} holds no pictures. Name a folder of {of_what}.")
    return found


def _without_masks(files: PictureFiles) -> PictureFiles:
    """The files that are no mask of another."""
    rows = [row for row, item in enumerate(files.items) if not PurePath(item.name).stem.endswith("_mask")]
    found = PictureFiles(tuple(Found(files.items[row].name, files.path_of(row)) for row in rows))
    found.path, found.layout, found.ignored = files.path, files.layout, files.ignored
    found.items, found.classes = tuple(files.items[row] for row in rows), files.classes
    return found


def _usable(
    things: PictureFiles, images: Mapping[int, Callable[[], Image.Image]]
) -> tuple[list[int], list[Problem]]:
    """The rows that are cut-outs, and what is wrong with the others."""
    usable, skipped = [], []
    for row, read in images.items():
        try:
            read()
            usable.append(row)
        except BadPicture as error:
            skipped.append(Problem(things.items[row].name, str(error)))
    return usable, skipped


def _cut_out(things: PictureFiles, row: int, size: int) -> Image.Image:
    """A cut-out as `RGBa`, trimmed, no side above `size`. Raises BadPicture."""
    image = rgba_with_pillow(things.content(row), things.limits.pixels)
    mask = _mask_path(Path(things.path_of(row)))
    if mask is not None:
        alpha = rgba_with_pillow(read_file(mask, things.limits.bytes), things.limits.pixels).convert("L")
        if alpha.size != image.size:
            raise BadPicture(f"its mask {mask.name} has another size")
        image.putalpha(alpha)
    if image.getchannel("A").getextrema()[0] == 255:
        raise BadPicture("nothing of it is transparent, so it is no cut-out")
    found = trimmed(image)
    if found is None:
        raise BadPicture("all of it is transparent")
    if max(found.size) > size:
        ratio = size / max(found.size)
        small = (max(1, round(found.width * ratio)), max(1, round(found.height * ratio)))
        found = found.resize(small, Image.Resampling.BILINEAR)
    return found


def _mask_path(path: Path) -> Path | None:
    candidate = path.with_name(f"{path.stem}_mask.png")
    return candidate if candidate.is_file() and not candidate.is_symlink() else None


def _background(behind: LooseFiles, row: int, size: int) -> Image.Image:
    """A background as `RGB`, its shorter side at most twice that of a scene. Raises BadPicture."""
    picture = decode_for(behind.content(row), (2 * size, 2 * size), behind.limits).picture
    pixels = picture.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
    image = Image.fromarray(pixels, "RGB")
    ratio = 2 * size / min(image.size)
    if ratio < 1:
        small = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
        image = image.resize(small, Image.Resampling.BILINEAR)
    return image


def _divided_things(
    things: PictureFiles, rows: Sequence[int], found: Scan, shares: Shares, seed: int
) -> tuple[Assigned, list[str]]:
    alike = found.groups()
    groups = [alike[row] for row in rows]
    items = [things.items[row] for row in rows]
    told = []
    if any(item.part is not None for item in items):
        divided, left = given([item.part for item in items], groups, shares)
        if left:
            told.append(f"cut-outs left out, because a later part has one that looks the same: {left:,}")
    else:
        labels = [item.truth.label or 0 for item in items]
        divided = assign([item.name for item in items], labels, groups, shares, seed)
        if divided.small:
            few = listed([things.classes[label] for label in divided.small], most=20)
            only = WORDS[wanted(shares)[0]]
            told.append(f"classes with too few different cut-outs for all parts, only in {only}: {few}")
    real = Assigned({part: tuple(rows[at] for at in divided.rows[part]) for part in PARTS}, divided.small)
    told.insert(0, _disjoint("cut-out", real, shares, len(rows) - len(set(groups))))
    return real, told


def _divided_grounds(
    behind: LooseFiles, found: Scan, shares: Shares, seed: int
) -> tuple[Assigned, list[str]]:
    rows = found.usable
    alike = found.groups()
    groups = [alike[row] for row in rows]
    parts, different = wanted(shares), len(set(groups))
    if different < len(parts):
        raise StriateError(
            f"{behind.path} has {counted(different, 'different background')} for {len(parts)} parts, and "
            "none may serve two. Add photographs, or give all to training: --parts 100/0/0."
        )
    divided = assign([behind.items[row].name for row in rows], [0] * len(rows), groups, shares, seed)
    real = Assigned({part: tuple(rows[at] for at in divided.rows[part]) for part in PARTS})
    return real, [_disjoint("background", real, shares, len(rows) - different)]


def _disjoint(what: str, divided: Assigned, shares: Shares, alike: int) -> str:
    counts = ", ".join(f"{len(divided.rows[part]):,} {part}" for part in wanted(shares))
    same = f"; {alike:,} look like another one and stay in its part" if alike else ""
    if len(wanted(shares)) == 1:
        return f"{what}s: {counts}"
    return f"{what}s: {counts}; no file and no look-alike serves two parts{same}"


def _phrases(things: PictureFiles, folder: Path) -> list[str]:
    own = _captions(folder / CAPTIONS)
    labels = [things.classes[item.truth.label or 0] for item in things.items]
    return [phrase_of(own.get(item.name), label) for item, label in zip(things.items, labels, strict=True)]


def _captions(path: Path) -> dict[str, str]:
    """What `captions.csv` (columns `file` and `caption`) says about files; nothing if it is no such table."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_CAPTIONS:
            return {}
        text = path.read_text(encoding="utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return {row["file"]: row["caption"] or "" for row in rows}
    except (OSError, UnicodeError, csv.Error, KeyError):
        return {}


class _Kept:
    """Images that were read, up to a number of bytes; the oldest go first."""

    def __init__(self, most_bytes: int) -> None:
        self._left, self._images = most_bytes, dict[int, Image.Image]()

    def get(self, row: int, read: Callable[[], Image.Image]) -> Image.Image:
        """The image of a row."""
        if row in self._images:
            return self._images[row]
        image = read()
        self._images[row] = image
        self._left -= _bytes(image)
        while self._left < 0 and len(self._images) > 1:
            self._left += _bytes(self._images.pop(next(iter(self._images))))
        return image


def _bytes(image: Image.Image) -> int:
    return image.width * image.height * 4
