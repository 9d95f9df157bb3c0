"""What a task whose answers are places has without a line of its own: recipes, starts, a mean loss."""

from types import SimpleNamespace

import pytest
import torch

from striate.data.sample import Batch
from striate.tasks.catalog import find_task
from striate.tasks.mean_loss import MeanLoss
from striate.tasks.placed import Placed
from striate.tasks.recipes.catalog import RECIPES, find_recipe
from striate.tasks.recipes.places import recipes_of


@pytest.mark.parametrize("name", ["locate", "landmarks"])
def test_every_start_has_a_recipe_of_the_tasks_name(name):
    task = find_task(name)
    assert isinstance(task, Placed)
    for transfer in (None, "frozen", "finetune"):
        found = task.recipe_for("resnet18", pretrained=True, transfer=transfer)
        assert found == f"{name}_{transfer or 'finetune'}" and find_recipe(found)(100).name == found
    assert task.recipe_for("resnet18", pretrained=False, transfer=None) == f"{name}_scratch"


def test_recipes_of_another_task_differ_by_name_and_moves_only():
    made = recipes_of("outline", {"preset": "none", "rotate": 5.0})
    assert list(made) == ["outline_scratch", "outline_frozen", "outline_finetune"]
    ours, known = made["outline_finetune"](300), RECIPES["locate_finetune"](300)
    assert ours.stages == known.stages and ours.augmentation == {"preset": "none", "rotate": 5.0}


def test_the_mean_loss_is_over_pictures_and_not_over_batches():
    loss = MeanLoss()
    assert loss.compute() == 0
    for pictures, value in ((3, 1.0), (1, 5.0)):
        batch = Batch(torch.zeros(pictures, 1, 1, 1), torch.arange(pictures))
        loss.update(SimpleNamespace(total=value), batch)
    assert loss.compute() == 2
