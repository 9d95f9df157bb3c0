"""`striate models`: filters, order, and what scripts rely on."""

import json
import sys

import pytest

from striate.cli.main import main
from striate.models.catalog import MODELS


@pytest.fixture
def models(capsys, monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["striate", "models", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


def names(models, *words):
    code, out, _ = models(*words, "--json")
    assert code == 0
    return [row["name"] for row in json.loads(out)]


def test_without_filters_all_are_listed_by_year_and_size(models):
    found = names(models)
    assert set(found) == set(MODELS)
    order = [(MODELS[name].year, MODELS[name].parameters) for name in found]
    assert order == sorted(order)


def test_networks_are_put_in_order_by_what_they_cost(models):
    for word, field in (("parameters", "parameters"), ("multiply-adds", "multiply_adds")):
        figures = [getattr(MODELS[name], field) for name in names(models, "--sort", word)]
        assert figures == sorted(figures) and len(figures) == len(MODELS)
    code, _, err = models("--sort", "size")
    assert code == 2
    assert "--sort size is not known; give year, parameters, multiply-adds." in err


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (["--max-parameters", "5M"], lambda _, entry: entry.parameters <= 5_000_000),
        (["--max-parameters", "93,322"], lambda _, entry: entry.parameters <= 93_322),
        (["--max-parameters", "62k"], lambda _, entry: entry.parameters <= 62_000),
        (["--year", "2015"], lambda _, entry: entry.year == 2015),
        (["--year", "2015-2017"], lambda _, entry: 2015 <= entry.year <= 2017),
        (["--year", "2016-"], lambda _, entry: entry.year >= 2016),
        (["--year=-2015"], lambda _, entry: entry.year <= 2015),
        (["--weights"], lambda _, entry: bool(entry.weights)),
        (["--task", "classify", "RESNET"], lambda name, entry: entry.task == "classify" and "resnet" in name),
    ],
)
def test_a_filter_keeps_exactly_what_it_says(models, words, holds):
    found, expected = names(models, *words), {name for name, entry in MODELS.items() if holds(name, entry)}
    assert expected <= set(found) and expected
    if "RESNET" not in words:  # a text is looked for in papers too
        assert set(found) == expected


def test_the_table_fits_100_columns_and_counts(models):
    code, out, _ = models("--year", "2015")
    assert code == 0 and max(len(line) for line in out.splitlines()) <= 100
    assert f" of {len(MODELS)};" in out.splitlines()[-1] and "resnet18" in out
    assert models("no such network at all")[1].startswith("no network fits")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--year", "MMXV"], "--year MMXV is no year"), (["--max-parameters", "few"], "few is no number")],
)
def test_a_filter_that_says_nothing_is_one_line(models, words, message):
    code, out, err = models(*words)
    assert code == 2 and out == "" and message in err and err.count("\n") == 1
