"""Whatever a protocol is made of, a training that is killed ends with the bytes of the unbroken one.

Every optimiser, schedule, average and kind of changed pictures is in one of the protocols below, with one
stage or two. Processes are forked from one that has imported torch already, so a kill costs little.
"""

import multiprocessing
import random
import time

import pytest
from tests.conftest import write_digits
from tests.end_to_end.test_resume import assert_same_end

from striate import hyperparameters as protocol
from striate.hyperparameters import (
    Adadelta,
    Adam,
    AdamW,
    Average,
    Constant,
    Cosine,
    Ema,
    Lamb,
    Muon,
    OneCycle,
    Optimizer,
    Plateau,
    Polynomial,
    RmsProp,
    Schedule,
    Sgd,
    Staircase,
    StepDecay,
    Swa,
)
from striate.tasks.recipes.recipe import Recipe, StageRecipe

KILLS = 4
WHOLE, HEAD = StageRecipe("train", "all", 16, 1e-2, 0.01), StageRecipe("head", "head", 5, 1e-2, 0.0)


def protocol_of(
    optimizer: Optimizer,
    schedule: Schedule,
    augmentation: object,
    average: Average | None = None,
    stages: tuple[StageRecipe, ...] = (WHOLE,),
    **others: object,
) -> Recipe:
    fields = {"name": "tried", "batch_size": 16, "label_smoothing": 0.1, "patience": 100, **others}
    return Recipe(
        stages=stages,
        optimizer=optimizer,
        schedule=schedule,
        augmentation=augmentation,
        average=average,
        **fields,
    )


TUNED = StageRecipe("tuned", "all", 8, 1e-3, 0.01, warm_up=2, freeze_norms=True)
SHORT = StageRecipe("train", "all", 16, 1e-2, 0.01, steps=90)  # the last epoch is a part of one
PROTOCOLS = {
    "ema": protocol_of(AdamW(), Cosine(), "mixup", Ema(0.9), clip=1.0),
    "swa": protocol_of(Lamb(), Staircase(every=3, factor=0.8), "cutmix", Swa(0.4)),
    "plateau": protocol_of(Sgd(), Plateau(patience=1), {"erase": 0.5}, patience=6),
    "muon": protocol_of(
        Muon(rest=Sgd(nesterov=True)), OneCycle(), "shift", Swa(0.5), (HEAD, TUNED), balance="sampling"
    ),
    "rmsprop": protocol_of(RmsProp(momentum=0.5), StepDecay(), "strong", Ema(0.99), (HEAD, TUNED)),
    "adadelta": protocol_of(Adadelta(), Polynomial(0.9), "light", None, (SHORT,), balance="focal"),
    "adam": protocol_of(Adam(), Constant(), "none", None, (SHORT,), balance="weights"),
}


def trained(which: str, arguments: dict[str, object]) -> None:
    """What a process does: train with one of the protocols, under the name of a recipe."""
    from striate.actions.train import train
    from striate.tasks.recipes.catalog import RECIPES

    RECIPES["tried"] = lambda _: PROTOCOLS[which]
    train(**arguments)


@pytest.fixture(scope="module")
def forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["striate.actions.train", __name__])
    return context


def finished(forks, which: str, **arguments: object) -> multiprocessing.Process:
    process = forks.Process(target=trained, args=(which, arguments))
    process.start()
    return process


@pytest.mark.promise
@pytest.mark.timeout(600)
@pytest.mark.parametrize("which", PROTOCOLS)
def test_a_killed_training_ends_as_the_unbroken_one(forks, which, tmp_path):
    data = write_digits(tmp_path / "digits", "0123", 30)
    options = {
        "data": data,
        "model": "lenet5",
        "recipe": "tried",
        "checkpoint_seconds": 0.02,
        "out": tmp_path,
    }
    unbroken = finished(forks, which, **options, name="unbroken")
    unbroken.join()
    assert unbroken.exitcode == 0
    began = time.monotonic()
    process, killed = finished(forks, which, **options, name="killed"), tmp_path / "classify" / "killed"
    while not (killed / "checkpoint.safetensors").is_file():
        assert process.is_alive()
        time.sleep(0.005)
    whole, chance = time.monotonic() - began + 1, random.Random(which)
    for _ in range(KILLS):
        process.join(chance.uniform(0, whole))
        if process.exitcode == 0:
            break
        process.kill()
        process.join()
        process = finished(forks, which, resume=killed)
    process.join()
    assert process.exitcode == 0
    assert_same_end(tmp_path / "classify" / "unbroken", killed)


def test_every_optimiser_schedule_and_average_is_in_a_protocol():
    found = list(PROTOCOLS.values())
    parts = {recipe.optimizer.name for recipe in found} | {recipe.schedule.name for recipe in found}
    parts |= {recipe.average.name for recipe in found if recipe.average is not None}
    named = {
        word.name for word in vars(protocol).values() if isinstance(word, type) and hasattr(word, "name")
    }
    assert named == parts
    assert {len(recipe.stages) for recipe in found} == {1, 2}
