"""The papers' protocols: their figures, and that each of them trains."""

import re
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from tests.conftest import write_digits
from torch import nn

import striate
from striate.data.datasets.recognise import open_dataset
from striate.data.transforms.presets import make_augmentation
from striate.errors import StriateError
from striate.events import silent
from striate.hyperparameters import RmsProp, Sgd, Swa
from striate.models.build import create_model
from striate.models.catalog import MODELS, find_entry
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import Context
from striate.tasks.catalog import find_task
from striate.tasks.recipes.adjust import adjusted
from striate.tasks.recipes.catalog import OF_PAPER, OWN_RECIPE, RECIPES, own_network, require_own_network
from striate.trainer.options import TrainOptions, options_of
from striate.trainer.plan import make_plan
from striate.trainer.setup import make_stages
from striate.training.schedules import rate_factor

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"
OURS = (
    *("scratch", "small", "transfer", "probe", "features", "frozen", "finetune", "demo"),
    *(f"{task}_{start}" for task in ("locate", "landmarks") for start in ("scratch", "frozen", "finetune")),
)
ANY = "INPUT 32x32x1 -> CONV5-6 s2 p0 -> RELU -> POOL2 -> FC30 -> RELU -> FC10"  # any paper may train it
PAPERS = [name for name in RECIPES if name not in OURS]

# name: pictures a step, epochs and first rate of every stage, weight decay, as in the papers and the book.
# LeNet-5's rates are ours as ratios of the paper's 5e-4, 2e-4, 1e-4, 5e-5, 1e-5.
FIGURES = {
    "lenet5_1998": (16, [(2, 0.01), (3, 0.004), (3, 0.002), (4, 0.001), (8, 0.0002)], 0),
    "alexnet": (128, [(90, 0.01)], 0.0005),
    "vgg": (256, [(74, 0.01)], 0.0005),
    "googlenet": (32, [(60, 0.01)], 0.0002),
    "resnet_cifar": (128, [(182, 0.1)], 0.0001),
    "book_dense": (128, [(5, 0.001)], 0),
    "book_mnist": (64, [(5, 0.001)], 0),
    "book_cats_dogs": (20, [(30, 0.0001)], 0),
    "book_augmented": (32, [(100, 0.0001)], 0),
    "book_transfer": (20, [(30, 0.00002), (100, 0.00001)], 0),
}


def rates(recipe, epoch_steps, drops=0):
    """The rate of every step of a recipe's only stage."""
    (stage,) = recipe.stages
    steps = min(stage.epochs * epoch_steps, stage.steps or 10**9)
    return [
        stage.lr * rate_factor(stage.schedule or recipe.schedule, step, steps, epoch_steps, drops=drops)
        for step in range(steps)
    ]


def test_every_paper_s_recipe_has_its_figures_here():
    assert set(FIGURES) == set(PAPERS)


@pytest.mark.parametrize("name", PAPERS)
def test_batches_lengths_rates_and_decay_are_those_of_the_paper(name):
    recipe = RECIPES[name](45_000)
    batch_size, stages, decay = FIGURES[name]
    assert recipe.batch_size == batch_size
    assert [stage.epochs for stage in recipe.stages] == [epochs for epochs, _ in stages]
    assert [stage.lr for stage in recipe.stages] == pytest.approx([rate for _, rate in stages])
    assert {stage.weight_decay for stage in recipe.stages} == {decay}
    assert recipe.label_smoothing == 0 and recipe.clip is None
    assert recipe.patience >= max(stage.epochs for stage in recipe.stages)  # none of them ends early


@pytest.mark.parametrize(
    ("names", "optimizer"),
    [
        (("lenet5_1998",), Sgd(momentum=0)),
        (("alexnet", "vgg", "googlenet", "resnet_cifar"), Sgd(momentum=0.9)),
        ([name for name in PAPERS if name.startswith("book")], RmsProp(alpha=0.9, eps=1e-7, momentum=0)),
    ],
)
def test_optimisers_are_those_of_the_paper(names, optimizer):
    assert {RECIPES[name](45_000).optimizer for name in names} == {optimizer}


@pytest.mark.parametrize(("batch_size", "an_epoch"), [(128, 17), (32, 66), (1000, 3)])
def test_epochs_and_steps_are_what_was_asked_for_whatever_the_batch(batch_size, an_epoch):
    recipe = RECIPES["resnet_cifar"](2100)
    (whole,) = adjusted(recipe, pictures=2100, batch_size=batch_size).stages
    assert min(whole.epochs * an_epoch, whole.steps) == 64_000
    (short,) = adjusted(recipe, pictures=2100, batch_size=batch_size, epochs=7).stages
    assert short.epochs == 7 and short.steps == pytest.approx(7 * an_epoch, rel=0.02)
    assert short.schedule.milestones == pytest.approx((3.5 * an_epoch, 5.25 * an_epoch), rel=0.02)


def test_resnet_on_cifar_takes_64000_steps_and_a_tenth_of_the_rate_after_32000_and_48000():
    found = rates(RECIPES["resnet_cifar"](45_000), epoch_steps=352)
    assert len(found) == 64_000
    assert (found[31_999], found[32_000]) == pytest.approx((0.1, 0.01))
    assert (found[47_999], found[48_000], found[-1]) == pytest.approx((0.01, 0.001, 0.001))


def test_fewer_epochs_stretch_resnet_s_milestones():
    recipe = adjusted(RECIPES["resnet_cifar"](45_000), epochs=91)  # half of them
    found = rates(recipe, epoch_steps=352)
    assert len(found) == 32_000
    drops = [step for step, (before, after) in enumerate(pairwise(found), 1) if before != after]
    assert drops == [16_000, 24_000]


def test_googlenet_s_rate_falls_by_four_percent_every_eight_epochs_however_long_it_trains():
    assert rates(RECIPES["googlenet"](45_000), 1)[6:9] == pytest.approx([0.01, 0.01, 0.0096])
    assert rates(RECIPES["googlenet"](45_000), 1)[-1] == pytest.approx(0.01 * 0.96**7)
    assert rates(adjusted(RECIPES["googlenet"](45_000), epochs=15), 1)[1:3] == pytest.approx([0.01, 0.0096])
    assert RECIPES["googlenet"](45_000).average == Swa(start=0.75)


@pytest.mark.parametrize("name", ["alexnet", "vgg"])
def test_alexnet_s_and_vgg_s_rates_are_a_tenth_three_times_on_a_plateau(name):
    recipe = RECIPES[name](45_000)
    assert recipe.schedule.drops == 3
    assert [rates(recipe, 1, drops)[0] for drops in range(4)] == pytest.approx([1e-2, 1e-3, 1e-4, 1e-5])


def test_vgg_sees_224_pixels_of_a_side_between_256_and_512():
    crop = make_augmentation(RECIPES["vgg"](45_000).augmentation).crop
    matrices = crop.matrices(torch.rand(2000, 22, generator=torch.Generator().manual_seed(0)), (512, 512))
    sides = 224 / matrices[:, 0, 0]  # what the picture's whole side would be where its part has 224 pixels
    assert 255 <= sides.min() < 260 and 490 < sides.max() <= 513
    assert torch.equal(matrices[:, 0, 0], matrices[:, 1, 1])  # proportions stay


@pytest.mark.parametrize(("network", "name"), OWN_RECIPE.items())
def test_a_network_s_own_recipe_makes_its_stages(network, name):
    side = max(find_entry(network).smallest, 32)
    with torch.device("meta"):
        step = nn.Module()
        step.network = create_model(network, num_classes=3, in_channels=3, image_size=(side, side))
    context = Context(("a", "b", "c"), Preprocessing((side, side), 3, (0.5,) * 3, (0.5,) * 3))
    stages = make_stages(find_task("classify"), context, step, RECIPES[name](500))
    assert len(stages) == len(RECIPES[name](500).stages)
    for stage in stages:
        stage.freeze()
        assert any(parameter.requires_grad for parameter in step.parameters())


def test_a_paper_s_recipe_chooses_its_network_or_is_refused_beside_another(tmp_path):
    data = write_digits(tmp_path / "digits", "01", 12)
    for given in ({}, {"model": "auto"}):
        plan = options_of({"data": data, "recipe": "lenet5_1998", **given}, None)
        assert plan.model == "lenet5_1998"
    assert options_of({"data": data, "recipe": "vgg", "model": "vgg16_bn"}, None).model == "vgg16_bn"
    assert options_of({"data": data, "recipe": "scratch"}, None).model == "auto"
    with pytest.raises(
        StriateError, match="--recipe lenet5_1998 is the training of lenet5_1998, and resnet18 is"
    ):
        striate.train(data, model="resnet18", recipe="lenet5_1998", out=tmp_path / "runs")
    run = striate.train(data, recipe="book_mnist", epochs=1, out=tmp_path / "runs")
    assert run.result["model"] == "book_mnist"


@pytest.mark.parametrize("recipe", OF_PAPER)
def test_a_paper_s_own_networks_are_in_the_catalogue_and_may_be_trained_so(recipe):
    assert own_network(recipe) in MODELS and recipe in RECIPES
    assert all(any(fnmatchcase(model, name) for model in MODELS) for name in OF_PAPER[recipe])
    require_own_network(recipe, own_network(recipe))


def test_the_network_decides_the_recipe_and_the_recipe_the_augmentation(digits):
    def planned(**given):
        options = TrainOptions(data=digits, **given)
        dataset = open_dataset(digits, silent)
        plan = make_plan(find_task("classify"), options.of_network, options.of_schedule, dataset)
        return plan.augmentation

    assert planned(model="book_mnist") == "none"
    assert planned(model="book_cats_dogs_dropout") == "book"
    assert planned(model=ANY, recipe="alexnet") == {"shift": 16 / 224, "mirror": True, "fill": "reflect"}
    assert planned(model=ANY, recipe="alexnet", augment="light") == "light"


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_s_recipe_trains_a_small_network(name, tmp_path):
    data = write_digits(tmp_path / "digits", "01", 12)
    model = name if name in ("lenet5_1998", "book_dense", "book_mnist") else ANY
    run = striate.train(data, model=model, recipe=name, epochs=1, out=tmp_path / "runs")
    assert (run.path / "report.html").is_file()
    assert f'recipe = "{name}"' in (run.path / "config.toml").read_text()


def test_a_run_whose_recipe_brings_a_table_of_changes_can_be_resumed(tmp_path):
    data = write_digits(tmp_path / "digits", "01", 12)
    run = striate.train(data, model=ANY, recipe="vgg", epochs=1, out=tmp_path / "runs")
    (run.path / "result.json").unlink()  # as if it had been stopped at its end
    assert striate.train(resume=run.path).metrics == run.metrics


def test_an_unknown_recipe_is_refused_with_all_names(tmp_path):
    data = write_digits(tmp_path / "digits", "01", 6)
    with pytest.raises(StriateError, match=r"unknown recipe 'alexnot'\. Did you mean alexnet") as caught:
        striate.train(data, model="lenet5", recipe="alexnot", out=tmp_path / "runs")
    assert all(name in str(caught.value) for name in RECIPES)


def test_the_page_has_every_recipe_and_no_other():
    rows = re.findall(r"^\| (`[^|]+`) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(RECIPES)
