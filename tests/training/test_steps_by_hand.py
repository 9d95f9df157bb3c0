"""An epoch of the loop against its steps written out: momentum, decay, clipping, rates and averages by hand.

The oracle uses torch for the network, its loss and its gradients only; no optimiser, schedule or average of
ours or of torch's takes part.
"""

from math import cos, pi
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.sample import Batch
from striate.events import silent
from striate.hyperparameters import Constant, Cosine, Ema, Sgd, StepDecay, Swa
from striate.runs.folder import RunFolder
from striate.training.devices.fabric import make_fabric
from striate.training.loop import fit
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.stages import Stage

LR, MOMENTUM, STEPS, EPOCHS = 0.5, 0.9, 3, 2
Weights = dict[str, Tensor]


class Total(NamedTuple):
    total: Tensor


class Step(nn.Module):
    """Two layers whose gradients are large enough that every setting shows."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Linear(6, 5)
        self.head = nn.Linear(5, 3)

    def scores(self, pictures: Tensor) -> Tensor:
        return self.head(torch.tanh(self.body(pictures)))

    def forward(self, batch: Batch) -> Total:
        return Total(F.cross_entropy(self.scores(batch.pictures), batch.labels))


class Given:
    """The same batches in every epoch, the last one smaller."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(1)
        pictures = 3 * torch.randn(11, 6, generator=generator)
        labels = torch.arange(11) % 3
        self.all = [
            Batch(pictures[s], torch.arange(11)[s], labels[s]) for s in (slice(4), slice(4, 8), slice(8, 11))
        ]

    def __len__(self) -> int:
        return STEPS

    def epoch(self, _: int, first: int = 0):
        return iter(self.all[first:])


def by_the_loop(path, **settings) -> tuple[list[Weights], list[dict[str, float]]]:
    """The weights that validation sees after every epoch, and the lines of metrics.jsonl."""
    step, seen = Step(), []

    def validate(module: nn.Module) -> dict[str, float]:
        seen.append({name: p.detach().clone() for name, p in step.named_parameters()})
        return {"accuracy": float(len(seen))}  # every epoch is the best

    fields = {"optimizer": Sgd(momentum=MOMENTUM), "schedule": Constant(), "weight_decay": 0.0, **settings}
    folder = RunFolder.create(path, "classify", "by hand")
    recorder = Recorder(
        folder,
        step,
        Position(),
        architecture={},
        epochs=EPOCHS,
        score=lambda f: (f["accuracy"],),
        checkpoint_seconds=1000.0,
        on_event=silent,
    )
    fit(
        make_fabric("cpu", "32-true"),
        [Stage("train", step, EPOCHS, LR, **fields)],
        Given(),
        validate,
        recorder,
    )
    return seen, folder.read_metrics()


def by_hand(
    *, rates=(1.0,) * (STEPS * EPOCHS), clip=None, decay=0.0, ratios=None, momentum=MOMENTUM
) -> tuple[list[Weights], list[float]]:
    """The weights after every step, and the mean loss of every epoch's pictures."""
    step, ratios = Step(), ratios or {}
    speed = {name: torch.zeros_like(p) for name, p in step.named_parameters()}
    after, losses = [], []
    for number in range(STEPS * EPOCHS):
        batch = Given().all[number % STEPS]
        loss = step(batch).total
        names, parameters = zip(*step.named_parameters(), strict=True)
        gradients = torch.autograd.grad(loss, parameters)
        length = sum(float(g.double().square().sum()) for g in gradients) ** 0.5
        shorter = 1.0 if clip is None else min(1.0, clip / length)
        with torch.no_grad():
            for name, p, g in zip(names, parameters, gradients, strict=True):
                decayed = decay * p if p.ndim > 1 else torch.zeros_like(p)  # no decay of biases
                speed[name] = momentum * speed[name] + shorter * g + decayed
                p.sub_(LR * rates[number] * ratios.get(name, 1.0) * speed[name])
        after.append({name: p.detach().clone() for name, p in step.named_parameters()})
        losses.append((loss.item(), len(batch)))
    epochs = [losses[at : at + STEPS] for at in range(0, len(losses), STEPS)]
    return after, [sum(loss * n for loss, n in epoch) / 11 for epoch in epochs]


def assert_same(found: Weights, expected: Weights) -> None:
    assert set(found) == set(expected)
    for name, weights in expected.items():
        torch.testing.assert_close(found[name], weights, rtol=1e-4, atol=1e-5)


def ends(after: list[Weights]) -> list[Weights]:
    return after[STEPS - 1 :: STEPS]


def assert_the_setting_shows(after: list[Weights]) -> None:
    """The oracle itself moves by far more than the tolerance: a loop without the setting would fail."""
    plain, _ = by_hand()
    assert any((plain[-1][name] - after[-1][name]).abs().max() > 0.01 for name in plain[-1])


COSINE = [(1 + cos(pi * k / 6)) / 2 for k in range(6)]
WARM = [1 / 4, 2 / 4, 3 / 4, 1.0, (1 + cos(pi / 3)) / 2, (1 + cos(2 * pi / 3)) / 2]
BODY = {"body.weight": 0.2, "body.bias": 0.2}
SETTINGS = {
    "plain": ({}, {}),
    "clipped": ({"clip": 0.3}, {"clip": 0.3}),
    "decayed": ({"weight_decay": 0.1}, {"decay": 0.1}),
    "cosine": ({"schedule": Cosine()}, {"rates": COSINE}),
    "warmed up for an epoch, then cosine": ({"schedule": Cosine(), "warm_up": 1}, {"rates": WARM}),
    "dropped after the fourth step": (
        {"schedule": StepDecay((4,), 0.1, "steps")},
        {"rates": (1.0,) * 4 + (0.1,) * 2},
    ),
    "head and body apart": ({"ratios": BODY}, {"ratios": BODY}),
    "without momentum": ({"optimizer": Sgd(momentum=0.0)}, {"momentum": 0.0}),
}
SETTINGS["all at once"] = (
    {"clip": 0.3, "weight_decay": 0.1, "schedule": Cosine(), "ratios": {"head.weight": 3.0}},
    {"clip": 0.3, "decay": 0.1, "rates": COSINE, "ratios": {"head.weight": 3.0}},
)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_epoch_equals_its_steps_by_hand(tmp_path, name):
    ours, theirs = SETTINGS[name]
    seen, lines = by_the_loop(tmp_path, **ours)
    after, losses = by_hand(**theirs)
    for found, expected in zip(seen, ends(after), strict=True):
        assert_same(found, expected)
    assert [line["train_loss"] for line in lines] == pytest.approx(losses, rel=1e-5)
    last_rates = theirs.get("rates", (1.0,) * 6)[STEPS - 1 :: STEPS]
    first_ratio = max(ours.get("ratios", {}).values(), default=1.0)  # the group with the largest comes first
    assert [line["lr"] for line in lines] == pytest.approx(
        [LR * r * max(1.0, first_ratio) for r in last_rates]
    )
    if name != "plain":
        assert_the_setting_shows(after)


def test_a_part_of_an_epoch_is_as_many_steps(tmp_path):
    seen, _ = by_the_loop(tmp_path, steps=4, schedule=Cosine(last=0.1))
    after, _ = by_hand(rates=[0.1 + 0.9 * (1 + cos(pi * k / 4)) / 2 for k in range(4)] + [0.0, 0.0])
    assert_same(seen[0], after[2])
    assert_same(seen[1], after[3])


def test_validation_sees_the_fading_average_of_the_steps(tmp_path):
    seen, _ = by_the_loop(tmp_path, average=Ema(0.7))
    after, _ = by_hand()
    mean = dict(Step().state_dict())
    for count, weights in enumerate(after, 1):
        keep = min(0.7, (1 + count) / (10 + count))
        mean = {name: keep * mean[name] + (1 - keep) * weights[name] for name in mean}
        if count % STEPS == 0:
            assert_same(seen[count // STEPS - 1], mean)
    assert (mean["body.weight"] - after[-1]["body.weight"]).abs().max() > 0.01


def test_validation_sees_the_mean_of_the_epochs_ends_while_the_training_goes_on_from_its_own(tmp_path):
    seen, _ = by_the_loop(tmp_path, average=Swa(start=0.0))
    first, second = ends(by_hand()[0])
    assert_same(seen[0], first)
    assert_same(seen[1], {name: (first[name] + second[name]) / 2 for name in first})
    assert (first["body.weight"] - second["body.weight"]).abs().max() > 0.01
