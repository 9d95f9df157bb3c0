"""The public verbs: reachable after any import, typed, and with the options that the model has."""

import ast
import importlib
import inspect
import pkgutil
import sys
import typing
from pathlib import Path

import striate
from striate.trainer.options import TrainOptions

ROOT = Path(__file__).resolve().parents[1]
VERBS = [
    "check",
    "compare",
    "compose",
    "convert",
    "create_model",
    "demo",
    "doctor",
    "evaluate",
    "explain",
    "inspect",
    "ladder",
    "list_models",
    "load",
    "load_weights",
    "predict",
    "report",
    "train",
    "tune_process",
]


def test_no_module_hides_a_verb():
    for module in pkgutil.walk_packages(striate.__path__, "striate."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for verb in VERBS:
        assert callable(getattr(striate, verb)) and not inspect.ismodule(getattr(striate, verb)), verb


def test_the_stub_names_what_the_package_has():
    tree = ast.parse((ROOT / "src" / "striate" / "__init__.pyi").read_text())
    named = {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert named == set(striate.__all__)
    assert (ROOT / "src" / "striate" / "py.typed").is_file()


def test_train_takes_the_options_of_the_model_in_python_and_on_the_command_line():
    from striate.actions.train import train as verb
    from striate.cli.train import train as command

    options = set(TrainOptions.model_fields)
    assert set(inspect.signature(verb).parameters) == options | {"resume", "config", "on_event"}
    assert set(inspect.signature(command).parameters) == options | {"resume", "config", "json", "dry_run"}
    for function in (verb, command):
        given = {
            name: p.default for name, p in inspect.signature(function).parameters.items() if name in options
        }
        assert set(given.values()) == {None}, "the model is the only place of defaults"


def test_what_train_takes_is_made_from_the_model():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import make_given_options as tool
    finally:
        sys.path.pop(0)
    assert tool.TARGET.read_text() == tool.text(), "run python tools/make_given_options.py"


def test_a_keyword_that_is_no_option_is_pythons_own_error():
    import pytest

    with pytest.raises(TypeError, match="epocs"):
        striate.train("photos", epocs=3)


def test_a_flag_takes_what_the_option_takes():
    from striate.cli.train import train as command

    types = {
        name: typing.get_args(typing.get_args(one.annotation)[0])[0]
        for name, one in inspect.signature(command).parameters.items()
        if name in TrainOptions.model_fields
    }
    assert (types["epochs"], types["minutes"], types["strict"]) == (int, float, bool)
    assert {types[name] for name in ("data", "lr", "augment", "weights", "out", "precision")} == {str}


def test_an_unknown_name_is_an_attribute_error():
    import pytest

    with pytest.raises(AttributeError, match="has no attribute 'trane'"):
        striate.trane  # noqa: B018
