"""Recipes and what people override in them."""

import pytest

from striate.tasks.recipes.adjust import adjusted
from striate.tasks.recipes.catalog import RECIPES
from striate.tasks.recipes.recipe import epochs_for


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("pictures", [2, 300, 6000, 1_000_000])
def test_every_recipe_fits_every_size(name, pictures):
    recipe = RECIPES[name](pictures)
    assert recipe.name == name
    assert all(stage.epochs >= 1 and stage.lr > 0 for stage in recipe.stages)


def test_small_sets_get_more_epochs_than_large_ones():
    epochs = [RECIPES["scratch"](pictures).stages[0].epochs for pictures in (200, 6000, 60_000, 1_000_000)]
    assert epochs == sorted(epochs, reverse=True)


@pytest.mark.parametrize(("pictures", "views"), [(2, 8), (391, 8), (4000, 4), (14_000, 1), (1_000_000, 1)])
def test_many_pictures_get_fewer_changed_views_each(pictures, views):
    assert RECIPES["frozen"](pictures).views == views


@pytest.mark.parametrize(("epochs", "expected"), [(1, [1]), (2, [1, 1]), (7, None), (100, None)])
def test_given_epochs_are_those_of_all_stages_together(epochs, expected):
    stages = adjusted(RECIPES["transfer"](400), epochs=epochs).stages
    found = [stage.epochs for stage in stages]
    assert sum(found) == epochs and min(found) >= 1
    assert expected is None or found == expected


def test_a_given_rate_is_the_last_stages_and_the_others_follow():
    before, after = RECIPES["transfer"](400), adjusted(RECIPES["transfer"](400), lr=1.0)
    assert after.stages[-1].lr == 1.0
    assert after.stages[0].lr / after.stages[1].lr == pytest.approx(before.stages[0].lr / before.stages[1].lr)


def test_what_is_not_given_stays():
    recipe = RECIPES["scratch"](400)
    assert adjusted(recipe) == recipe
    assert adjusted(recipe, batch_size=7, optimizer=None).batch_size == 7


def test_epochs_follow_from_steps():
    assert epochs_for(1000, 6400, 64, 1, 99) == 10
    assert epochs_for(1000, 1, 64, 1, 99) == 99
