"""Heat maps of pictures: every network, every class, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from striate.errors import StriateError
from striate.events import Listener, Progress
from striate.explaining.explainer import Explainer
from striate.explaining.explanation import ClassHeat, Explanation
from striate.explaining.files import ExplainedFiles
from striate.explaining.options import ExplainOptions, Run
from striate.explanation.heat.enlarge import over_picture
from striate.explanation.heat.hot_region import hot_box
from striate.explanation.heat.question import class_scores
from striate.explanation.sanity import PARTS, randomised, similarity
from striate.inference.pictures.subjects import Subject, subjects
from striate.inference.predictor import Predictor
from striate.models.surgery.untouched import frozen
from striate.shapes import Picture

CHUNK = 16  # pictures that a network explains at a time
CHUNK_PIXELS = 40_000_000  # of whole pictures that are kept meanwhile


@dataclass(frozen=True, slots=True)
class _Answer:
    """A class of one picture before its heat is enlarged."""

    explainer: Explainer
    run: str
    label: str
    score: float
    probability: float
    in_torch: float | None
    map: Float[Tensor, "h w"]
    figures: dict[str, float]


def explain_pictures(options: ExplainOptions, on_event: Listener) -> Iterator[Explanation]:
    """Explanations in the order of the pictures; one that cannot be read has an error instead of classes."""
    explainers = _explainers(options, on_event)
    task = next(iter(explainers.values())).network.task
    found = subjects(options.images, options.limits, on_event, task=task, follow_links=options.follow_links)
    files = None
    if options.out is not None:
        several = len(explainers) > 1
        files = ExplainedFiles(options.out, several_runs=several, overwrite=options.overwrite)
    done = 0
    for chunk in _chunks(found, options):
        for explanation in _explained(chunk, explainers, options, on_event):
            done += 1
            yield explanation if files is None else files.write(explanation)
        on_event(Progress("explaining", done, len(found)))
    if files is not None:
        files.finish()


def _explainers(options: ExplainOptions, on_event: Listener) -> dict[str, Explainer]:
    """The networks by what they are called on pictures; with `sanity` each with random weights beside it."""
    explainers: dict[str, Explainer] = {}
    for run, network in zip((options.run, *options.with_runs), options.networks(), strict=True):
        name = _name(run)
        while name in explainers:
            name += "'"
        explainers[name] = Explainer.of(network, options, on_event)
        for part in PARTS if options.sanity else ():
            module = randomised(network.module, part, options.seed)
            explainers[f"{name}, random {part}"] = explainers[name].with_module(module)
    return explainers


def _chunks(found: list[Subject], options: ExplainOptions) -> Iterator[list[tuple[Subject, Picture | str]]]:
    """Pictures, or the reason why one cannot be read, a few at a time."""
    chunk: list[tuple[Subject, Picture | str]] = []
    pixels = 0
    for subject in found:
        try:
            picture = subject.read(options.limits).picture
            pixels += picture[0].numel()
            chunk.append((subject, picture))
        except StriateError as error:
            chunk.append((subject, str(error)))
        if len(chunk) == CHUNK or pixels >= CHUNK_PIXELS:
            yield chunk
            chunk, pixels = [], 0
    if chunk:
        yield chunk


def _explained(
    chunk: list[tuple[Subject, Picture | str]],
    explainers: dict[str, Explainer],
    options: ExplainOptions,
    on_event: Listener,
) -> Iterator[Explanation]:
    readable = [(subject, picture) for subject, picture in chunk if not isinstance(picture, str)]
    answers: list[list[_Answer]] = [[] for _ in readable]
    labels: list[list[str]] = []
    for run, explainer in explainers.items() if readable else ():
        with frozen(explainer.network.module):
            for row, more in enumerate(_answers(explainer, run, readable, labels, options, on_event)):
                answers[row] += more
    for found in answers:
        _compare_with_random(found)
    ready = iter(answers)
    for subject, picture in chunk:
        if isinstance(picture, str):
            yield Explanation(subject.name, error=picture)
            continue
        classes = tuple(_enlarged(answer, subject, picture, options) for answer in next(ready))
        yield Explanation(subject.name, picture, classes, subject.truth)


def _answers(
    explainer: Explainer,
    run: str,
    readable: list[tuple[Subject, Picture]],
    labels: list[list[str]],
    options: ExplainOptions,
    on_event: Listener,
) -> list[list[_Answer]]:
    """For each picture the classes that are explained. The first network chooses them and fills `labels`."""
    seen = [explainer.as_read(subject, picture, options.limits) for subject, picture in readable]
    question, logits = explainer.look(seen, options.seed, on_event)
    explained, served = explainer.probabilities(question, logits).cpu(), explainer.served(seen)
    probabilities = explained if served is None else served
    if not labels:
        labels += _chosen(explainer, [subject.truth for subject, _ in readable], probabilities, options)
    rivals = None
    if options.against is not None:
        rivals = torch.full((len(labels),), explainer.index(options.against), device=logits.device)
    found: list[list[_Answer]] = [[] for _ in labels]
    for column in range(max(map(len, labels))):
        # Pictures with fewer classes are asked about their last one again, and that answer is left out.
        wanted = [row[min(column, len(row) - 1)] for row in labels]
        classes = torch.tensor([explainer.index(label) for label in wanted], device=logits.device)
        heat = explainer.heat(question, classes, rivals)
        scores = class_scores(logits, classes, rivals).tolist()
        for row, label in enumerate(wanted):
            if column < len(labels[row]):
                figures = {name: values[row] for name, values in heat.figures.items()}
                said = float(probabilities[row, classes[row]])
                torchs = None if served is None else float(explained[row, classes[row]])
                found[row].append(
                    _Answer(explainer, run, label, scores[row], said, torchs, heat.maps[row].cpu(), figures)
                )
    return found


def _chosen(
    explainer: Explainer,
    truths: list[str | None],
    probabilities: Float[Tensor, "B K"],
    options: ExplainOptions,
) -> list[list[str]]:
    """The classes to explain, picture by picture: the one asked for, else the first ones and the true one."""
    if options.class_name is not None:
        explainer.index(options.class_name)
        if options.class_name == options.against:
            raise StriateError(
                f"why it is {options.against} and not {options.against} has no answer; name two."
            )
        return [[options.class_name] for _ in truths]
    known = explainer.questions
    best = probabilities.sort(dim=1, descending=True, stable=True).indices[:, : options.top + 1].tolist()
    named = [[known[index] for index in row if known[index] != options.against] for row in best]
    chosen = [row[: options.top] for row in named]
    for row, truth in zip(chosen, truths, strict=True):
        if truth in known and truth not in row and truth != options.against:
            row.append(str(truth))
    return chosen


def _compare_with_random(answers: list[_Answer]) -> None:
    """Answers of networks with random weights say how similar their map is to that of the true weights."""
    true: dict[str, _Answer] = {}
    for answer in answers:  # each network comes before its random copies
        if answer.explainer.is_random:
            answer.figures["similarity"] = similarity(true[answer.label].map, answer.map)
        else:
            true[answer.label] = answer


def _enlarged(answer: _Answer, subject: Subject, picture: Picture, options: ExplainOptions) -> ClassHeat:
    placement = answer.explainer.preprocessing.place((picture.shape[1], picture.shape[2]))
    heat = over_picture(answer.map[None], [placement])[0].numpy()
    layer = answer.explainer.layer
    return ClassHeat(
        run=answer.run,
        model=answer.explainer.network.name,
        method=answer.explainer.method,
        layer=None if layer is None else layer.name,
        label=answer.label,
        against=options.against,
        score=answer.score,
        probability=answer.probability,
        in_torch=answer.in_torch,
        heat=heat,
        box=hot_box(heat, smooth=layer is None),
        is_truth=None if subject.truth is None else subject.truth == answer.label,
        figures=answer.figures,
    )


def _name(run: Run) -> str:
    """What a network is called on a picture: its run's folder, or its name."""
    return run.name if isinstance(run, Predictor) else Path(run).name or str(run)
