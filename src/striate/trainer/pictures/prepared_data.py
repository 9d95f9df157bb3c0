"""The data of a training: every picture decoded once, at the network's size, and split into three parts."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from striate.data.audit.sample_range import unused_range
from striate.data.dataset import PARTS, Dataset, Part, Problem, class_of
from striate.data.datasets.picture_files import set_limits
from striate.data.loading import Batches, Store
from striate.data.look_alikes.duplicates import exact_pairs, members, near_pairs
from striate.data.look_alikes.duplicates import groups as groups_of
from striate.data.reading import known_in, read_pictures
from striate.data.scan import Scan, Scanned, scan
from striate.data.splits import Split, numbered, read_split_file, split
from striate.data.transforms.augmentation import Augmentation
from striate.data.wording import counted
from striate.errors import StriateError
from striate.events import Listener, Note, Warned
from striate.inference.judging.judge import measured_part, require_shared_classes
from striate.machine.memory import memory
from striate.models.catalog import find_entry
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.recipes.recipe import Recipe
from striate.tasks.task import Task
from striate.trainer.environment import Pictures
from striate.trainer.option_groups import DataOptions
from striate.trainer.pictures.truths import open_for, taught
from striate.trainer.plan import Plan

JUDGED, JUDGED_PIXELS = 256, 2**21  # pictures, and their pixels, a batch where nothing is learned
SAMPLED = 4000  # training pictures that decide mean and std
SUMMED = 64  # of these at a time
THUMBNAILS_HW = (128, 128)  # enough of a picture to compare it by its thumbnail
NAMED = 10  # bad pictures that are named while training; the report and `check` name all


@dataclass(frozen=True, slots=True)
class ExternalTest:
    """The data set of `--test`: what of it is measured, and its digests.

    Attributes:
        given: the path or name that was given.
    """

    given: Path
    dataset: Dataset
    rows: list[int]
    scan: Scan

    def identity(self) -> Pictures:
        """What a resumed training compares."""
        names = {self.dataset.items[row].name: self.scan.rows[row].digest for row in self.rows}
        return Pictures(self.scan.fingerprint, names)


@dataclass(frozen=True, slots=True)
class PreparedData:
    """Pictures, split and preprocessing of one training. `notes` say for people how it came about."""

    options: DataOptions
    dataset: Dataset
    scan: Scan
    store: Store
    split: Split
    preprocessing: Preprocessing
    skipped: tuple[Problem, ...]
    damaged: tuple[Problem, ...]
    external: ExternalTest | None
    notes: tuple[str, ...]

    def identity(self) -> Pictures:
        """What a resumed training compares: the pictures of all parts."""
        rows = (row for part in PARTS for row in getattr(self.split, part))
        names = {self.dataset.items[row].name: self.scan.rows[row].digest for row in rows}
        return Pictures(self.scan.fingerprint, names)

    def training_batches(
        self,
        task: Task[Any],
        recipe: Recipe,
        augmentation: Augmentation | None,
        part: tuple[int, int] = (0, 1),
    ) -> Batches:
        """The training part in the task's order, changed anew in every epoch; of process `part`."""
        return Batches(
            self.store,
            torch.tensor(self.split.train),
            recipe.batch_size,
            seed=self.options.seed,
            augmentation=augmentation,
            order=task.order(recipe),
            part=part,
        )

    def validation_batches(self) -> Batches:
        """The validation part as it is; the training part where a data set is too small to have one."""
        rows = torch.tensor(self.split.validation or self.split.train)
        return Batches(self.store, rows, self.judged_together)

    @property
    def judged_together(self) -> int:
        """Pictures a batch where nothing is learned: fewer of large ones, whose maps take memory."""
        height, width = self.store.pictures.shape[2:]
        return max(1, min(JUDGED, JUDGED_PIXELS // (height * width)))

    def names(self, rows: Int64[Tensor, " M"]) -> list[str]:
        """The pictures' names in their data set."""
        return [self.dataset.items[row].name for row in rows.tolist()]


def prepare_data(dataset: Dataset, plan: Plan, options: DataOptions, on_event: Listener) -> PreparedData:
    """Read, decode and split; bad pictures are named and skipped.

    Raises:
        StriateError: a picture is bad and `strict` was asked for, or too little is left to train on.
    """
    spec, task = plan.preprocessing, plan.task
    given = _own_parts(options, dataset)  # first: what is wrong with these should not cost a training
    external = _external(task, options, dataset, spec.white, on_event)
    pictures, found = read_pictures(
        dataset, spec, on_event, threads=options.workers, memory_bytes=memory().total
    )
    known = None  # labels say all, which costs nothing
    if task.truths != ("label",):
        known, found = known_in(dataset, found, task.truths, spec)
    pairs = list(zip(dataset.items, found.rows, strict=True))
    skipped = tuple(Problem(item.name, row.problem) for item, row in pairs if row.problem)
    damaged = tuple(Problem(item.name, row.damage) for item, row in pairs if row.damage)
    _report_bad(skipped, damaged, options, on_event)
    _warn_of_conflicts(dataset, found, options, on_event)
    parts, notes, warnings = _split(task, dataset, found, external, given, options.seed, on_event)
    lost = unused_range(found.rows, spec.white)
    if lost is not None:
        on_event(Warned(lost))
        warnings.append(f"warning: {lost}")
    for note in notes:
        on_event(Note(note))
    if not parts.validation:
        on_event(Warned("no picture is left for validation: the best epoch is chosen on training pictures"))
    if skipped:
        on_event(Note(f"{len(skipped)} of {len(dataset.items):,} files were skipped"))
    if not plan.normalised:
        raw = find_entry(plan.model).raw_values
        spec = _normalised(spec, pictures, torch.tensor(parts.train), raw=raw)
    store, kept = (
        Store(pictures, _labels(dataset, task), known, task.moving(dataset)),
        (*dataset.notes, *notes, *warnings),
    )
    return PreparedData(options, dataset, found, store, parts, spec, skipped, damaged, external, kept)


def _labels(dataset: Dataset, task: Task[Any]) -> Tensor:
    classes = (task.picture_class(item) for item in dataset.items)
    return torch.tensor([-1 if one is None else one for one in classes])


def _report_bad(
    skipped: tuple[Problem, ...], damaged: tuple[Problem, ...], options: DataOptions, on_event: Listener
) -> None:
    _refuse_bad(skipped + damaged, options)
    for word, problems in (("skipped", skipped), ("damaged, used all the same", damaged)):
        for problem in problems[:NAMED]:
            on_event(Warned(f"{word}: {problem.file}: {problem.reason}"))
        if len(problems) > NAMED:
            on_event(Warned(f"{word}: {len(problems) - NAMED} more, see `striate check {options.data}`"))


def _warn_of_conflicts(dataset: Dataset, found: Scan, options: DataOptions, on_event: Listener) -> None:
    """The same content under two labels teaches nothing: at least one of them is wrong."""
    same = members(groups_of(len(found.rows), found.exact_pairs()))
    conflicts = [group for group in same if len({dataset.items[row].truth.label for row in group}) > 1]
    for group in conflicts[:NAMED]:
        names = " = ".join(f"{dataset.items[row].name} ({class_of(dataset, row)})" for row in group[:3])
        on_event(Warned(f"the same picture under different labels: {names}"))
    if len(conflicts) > NAMED:
        more = f"{len(conflicts) - NAMED} more pictures under different labels"
        on_event(Warned(f"{more}, see `striate check {options.data}`"))


def _refuse_bad(bad: tuple[Problem, ...], options: DataOptions) -> None:
    if options.strict and bad:
        raise StriateError(
            f"{counted(len(bad), 'picture')} cannot be used, the first: {bad[0].file}: {bad[0].reason}. "
            "Mend or remove them, or leave out --strict."
        )


def _wrong(scanned: Scanned) -> str:
    return scanned.problem or scanned.damage or ""


def _external(
    task: Task[Any], options: DataOptions, dataset: Dataset, white: int, on_event: Listener
) -> ExternalTest | None:
    if options.test is None:
        return None
    least = min(1, task.fewest_classes)
    other = open_for(task, options.test, on_event, classes=least, follow_links=options.follow_links)
    other = set_limits(other, replace(options.limits, white=white))
    if task.fewest_classes and task.classes(dataset):
        require_shared_classes(task.classes(dataset), other)
    on_event(Note(f"measured on {options.test}: {other.layout}"))
    known = taught(other, task)
    rows = [row for row in measured_part(other)[1] if row in known]
    found = scan(other, on_event=on_event, threads=options.workers, for_size_hw=THUMBNAILS_HW)
    bad = tuple(Problem(other.items[row].name, _wrong(found.rows[row])) for row in rows)
    _refuse_bad(tuple(problem for problem in bad if problem.reason), options)
    return ExternalTest(options.test, other, rows, found)


def _own_parts(options: DataOptions, dataset: Dataset) -> tuple[Part, ...] | None:
    """What `--split` says, read before any picture is."""
    if options.split is None:
        return None
    return read_split_file(options.split, [item.name for item in dataset.items])


def _split(
    task: Task[Any],
    dataset: Dataset,
    found: Scan,
    external: ExternalTest | None,
    given: tuple[Part, ...] | None,
    seed: int,
    on_event: Listener,
) -> tuple[Split, list[str], list[str]]:
    """The three parts, notes to be told, and warnings that were: of pictures that are on two sides."""
    names = [item.name for item in dataset.items]
    groups, rows = kept_together(found.groups(), dataset, task), found.usable
    notes: list[str] = []
    warnings: list[str] = []
    known = taught(dataset, task)
    if left_out := [row for row in rows if row not in known]:
        rows = [row for row in rows if row in known]
        notes.append(f"{counted(len(left_out), 'picture')} without what {task.name} learns from left out")
    if external is not None:
        also = _also_in(found, external, on_event)
        rows = [row for row in rows if row not in also]
        if also:
            notes.append(
                f"left out for looking like pictures of {external.given}: {counted(len(also), 'picture')}"
            )
    parts = split(
        dataset.items,
        groups,
        numbered([task.stratum(item) for item in dataset.items]),
        classes=dataset.classes,
        seed=seed,
        rows=rows,
        parts=given,
        external_test=external is not None,
    )
    notes += parts.notes
    side = {row: part for part in PARTS for row in getattr(parts, part)}
    crossing = [group for group in members(groups) if len({side[row] for row in group if row in side}) > 1]
    if crossing:
        example = " = ".join(names[row] for row in crossing[0][:3])
        many = len(crossing) > 1
        found_in = f"{len(crossing):,} pictures or near-duplicates are" if many else "1 picture is"
        leak = f"{found_in} in more than one part ({example}); figures on the test part may be too good"
        on_event(Warned(leak))
        warnings.append(f"warning: {leak}")
    return parts, notes, warnings


def kept_together(groups: Sequence[int], dataset: Dataset, task: Task[Any]) -> list[int]:
    """Look-alikes, and what the task keeps together besides: for each row a number that those share."""
    first: dict[Hashable, int] = {}
    pairs = list(enumerate(groups))
    for row, item in enumerate(dataset.items):
        key = task.kept_together(item)
        if key is not None:
            pairs.append((first.setdefault(key, row), row))
    return groups_of(len(groups), pairs) if first else list(groups)


def _also_in(found: Scan, external: ExternalTest, on_event: Listener) -> set[int]:
    """Rows whose picture, or one that looks the same, is among those measured elsewhere."""
    other, count = external.scan, len(found.rows)
    digests = [row.digest if row.problem is None else None for row in (*found.rows, *other.rows)]
    thumbnails = torch.cat([found.thumbnails, other.thumbnails])
    comparable = torch.cat([found.comparable, other.comparable])
    group = groups_of(len(digests), exact_pairs(digests) + near_pairs(thumbnails, comparable, on_event))
    measured = {group[count + row] for row in external.rows}
    return {row for row in found.usable if group[row] in measured}


def _normalised(
    spec: Preprocessing, pictures: Tensor, rows: Int64[Tensor, " M"], *, raw: bool
) -> Preprocessing:
    """The training pictures' mean, and their spread unless the network reads `raw` values."""
    sums = squares = torch.zeros(spec.channels, dtype=torch.float64)
    count = 0
    for some in torch.split(rows[:: max(1, len(rows) // SAMPLED)], SUMMED):
        values = pictures[some].double()  # whole numbers, so that their sums are exact
        sums = sums + values.sum(dim=(0, 2, 3))
        squares = squares + values.square().sum(dim=(0, 2, 3))
        count += values[:, 0].numel()
    means = sums / count
    variances = (squares - count * means.square()) / (count - 1)
    mean = tuple(round(float(value) / 255, 6) for value in means)
    std = tuple(max(round(float(value) / 255, 6), 0.01) for value in variances.clamp(min=0).sqrt())
    if raw:
        std = (1 / 255,) * len(std)
    return replace(spec, mean=mean, std=std)
