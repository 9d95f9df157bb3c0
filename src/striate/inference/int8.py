"""`--engine openvino-int8`: a run in 8-bit integers, made when it is first asked for and kept in the run.

It is made with training pictures and serves only if it gives torch's answers for validation pictures; its
temperature is fitted with it. `engine.json` has the figures under `int8`, `int8.onnx` is the network; where
they do not belong together, or one is missing, both are made again.
"""

import hashlib
from dataclasses import asdict, dataclass, fields, replace
from os import PathLike
from pathlib import Path

import torch

from striate.data.dataset import BadPicture, Part
from striate.data.datasets.picture_files import read_for
from striate.data.decoding.decode import DEFAULT_LIMITS
from striate.data.sample import Truth
from striate.data.wording import counted
from striate.engines.choosing import CHOICES, Choice
from striate.engines.errors import CannotConvert
from striate.engines.normalised import NormalisedModule
from striate.engines.opening import is_installed
from striate.errors import StriateError, WorkFailed
from striate.events import Listener, Note, Progress, Warned, silent
from striate.files.writing import write_bytes
from striate.inference.engine_choice import COMPARED, LEAST_AGREEMENT
from striate.inference.judging.judge import TruthsByName
from striate.inference.open_run import ENGINE
from striate.inference.pictures.own_pictures import own_pictures
from striate.inference.predictor import Predictor
from striate.inference.views import Views
from striate.runs.bounded import read_bytes
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord
from striate.runs.records import Int8, checked
from striate.shapes import Pictures

FILE, KEY = "int8.onnx", "int8"
CALIBRATED = 200  # training pictures at most, spread
INT8 = CHOICES["openvino-int8"]


@dataclass(frozen=True, slots=True)
class Record:
    """How a run's network in int8 was made, and how it compares with torch in fp32.

    Attributes:
        calibrated_on: training pictures that decided the ranges.
        pictures: validation pictures that were compared.
        agreement: the share of them with the same first answer.
        largest_difference: between two scores of one class of one picture.
        largest_score: of torch's, by amount.
        temperature: of the scores in int8.
        sha256: of `int8.onnx`.
    """

    calibrated_on: int
    pictures: int
    agreement: float
    largest_difference: float
    largest_score: float
    temperature: float
    sha256: str

    @property
    def serves(self) -> bool:
        """Whether it agrees enough."""
        return self.agreement >= LEAST_AGREEMENT

    def __str__(self) -> str:
        same = round(self.agreement * self.pictures)
        return f"{INT8} gives torch's answer for {same:,} of {counted(self.pictures, 'validation picture')}"


def in_int8(predictor: Predictor, run: str | PathLike[str], on_event: Listener) -> Predictor:
    """The run's predictor in int8, made now or as it was kept, with the temperature that belongs to it.

    Raises:
        StriateError: its task cannot, it is no run, its pictures are gone, a package is missing, or the
            answers differ.
    """
    predictor.task.require("int8")
    if not Path(run).is_dir():
        raise StriateError(
            f"int8 is made with the pictures of a run, and {run} is none; use --engine openvino-bf16."
        )
    folder = RunFolder.open(Path(run))
    record, content = _kept(folder) or _made(predictor, folder, on_event)
    if not record.serves:
        raise StriateError(
            f"{record}; serving asks for {100 * LEAST_AGREEMENT:g} %. Use --engine auto, or openvino-bf16."
        )
    served = predictor.served_by(INT8, on_event, required=True, quantised=content)
    return replace(served, calibration={**predictor.calibration, "temperature": record.temperature})


def _kept(folder: RunFolder) -> tuple[Record, bytes] | None:
    """What was made before, if it is whole."""
    try:
        found = checked(Int8, folder.read_json(ENGINE)[KEY], folder / ENGINE)
        record = Record(**found.model_dump(include={field.name for field in fields(Record)}))
        content = read_bytes(folder / FILE) if record.serves else b""
    except (StriateError, OSError, KeyError, TypeError):
        return None
    if record.serves and hashlib.sha256(content).hexdigest() != record.sha256:
        return None
    return record, content


def _made(predictor: Predictor, folder: RunFolder, on_event: Listener) -> tuple[Record, bytes]:
    _require_packages()
    plain = replace(predictor, views=Views()).served_by(Choice())
    given, _ = _pictures(predictor, folder, "train", CALIBRATED, on_event)
    pictures, truths = _pictures(predictor, folder, "validation", COMPARED, on_event)
    if not len(given) or not len(pictures):
        raise StriateError(
            f"{folder.path} has no validation pictures to compare int8 with torch on; use --engine auto."
        )
    on_event(Note(f"int8: made once for this run, with {counted(len(given), 'training picture')} of it"))
    reference = plain.outputs(pictures)
    if len(reference) > 1:
        raise StriateError(
            f"{predictor.name} has {len(reference)} outputs, and int8 is made for one; use --engine auto."
        )
    content = _quantised(predictor, given)
    other = plain.served_by(INT8, on_event, required=True, quantised=content)
    found = other.outputs(pictures)
    calibration = predictor.task.calibrate(found, truths, predictor.context)
    record = Record(
        len(given),
        len(pictures),
        **asdict(predictor.task.agreement(found, reference)),
        temperature=float(calibration.get("temperature", 1.0)),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _keep(folder, record, content, on_event)
    on_event(Note(str(record)))
    return record, content


def _require_packages() -> None:
    if not is_installed("onnxruntime"):
        raise StriateError('int8 is made with ONNX Runtime: pip install "striate[onnx]", or --engine auto.')


def _quantised(predictor: Predictor, pictures: Pictures) -> bytes:
    from striate.engines.int8 import quantise

    spec = predictor.preprocessing
    example = torch.zeros(2, spec.channels, *spec.size_hw, dtype=torch.uint8)
    try:
        return quantise(NormalisedModule(predictor.module, spec), example, pictures)
    except CannotConvert as error:
        raise StriateError(f"this network has no int8 form ({error}); use --engine auto.") from error


def _keep(folder: RunFolder, record: Record, content: bytes, on_event: Listener) -> None:
    """Write the network first: a record without it is made again."""
    try:
        run = RunRecord(folder)
        known = run.table(ENGINE) if run.has(ENGINE) else asdict(Choice())
        if record.serves:
            write_bytes(folder / FILE, content)
        folder.write_json(ENGINE, {**known, KEY: asdict(record)})
    except (WorkFailed, OSError) as error:
        on_event(Warned(f"int8 cannot be kept in the run and will be made again: {error}"))


def _pictures(
    predictor: Predictor, folder: RunFolder, part: Part, most: int, on_event: Listener
) -> tuple[Pictures, list[Truth]]:
    """At most `most` pictures of a part, spread, as the network reads them, (N, C, H, W); their truths."""
    try:
        subjects = own_pictures(folder.path, part, DEFAULT_LIMITS, silent)
    except StriateError as error:
        raise StriateError(
            f"int8 is made with the pictures of {folder.path}, which are not where they were; put them there "
            "for once, or use --engine auto."
        ) from error
    spread = torch.linspace(0, len(subjects) - 1, min(most, len(subjects))).round().int()
    chosen = [subjects[row] for row in spread.tolist()]
    pictures, truths = [], []
    for number, subject in enumerate(chosen, 1):
        dataset, row = subject.source
        try:
            found = read_for(dataset, row, predictor.preprocessing.size_hw)
        except BadPicture:
            continue
        truth = TruthsByName(dataset, predictor.task, predictor.labels).at(row)
        if truth is None:
            continue
        pictures.append(predictor.preprocessing.fit_picture(found.picture))
        truths.append(truth)
        on_event(Progress(f"reading {part} pictures for int8", number, len(chosen)))
    spec = predictor.preprocessing
    whole = torch.stack(pictures) if pictures else torch.zeros(0, spec.channels, *spec.size_hw).byte()
    return whole, truths
