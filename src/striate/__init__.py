"""Striate: a folder of images becomes a convolutional network that its owner can trust.

    run = striate.train("photos/")
    network = striate.load(run)
    answer = network.predict("cat.jpg")

Names are resolved when they are first used, so `import striate` is instant and imports no torch. It changes
nothing in your process either; `striate.tune_process()` gives it the settings that the command has.
"""

from importlib import import_module as _import_module

_PLACES = {
    "check": "striate.actions.check",
    "compare": "striate.actions.compare",
    "compose": "striate.actions.compose",
    "convert": "striate.actions.convert",
    "create_model": "striate.models.build",
    "demo": "striate.actions.demo",
    "doctor": "striate.actions.doctor",
    "evaluate": "striate.actions.evaluate",
    "explain": "striate.actions.explain",
    "inspect": "striate.actions.inspect",
    "ladder": "striate.actions.ladder",
    "list_models": "striate.models.catalog",
    "load": "striate.actions.load",
    "load_weights": "striate.models.weights.pretrained",
    "predict": "striate.actions.predict",
    "report": "striate.actions.report",
    "Run": "striate.trainer.run",
    "StriateError": "striate.errors",
    "train": "striate.actions.train",
    "tune_process": "striate.machine.process",
}
__all__ = list(_PLACES)


def __getattr__(name):
    if name in _PLACES:
        value = getattr(_import_module(_PLACES[name]), name)
        globals()[name] = value
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("striate")
    raise AttributeError(f"module 'striate' has no attribute {name!r}")


def __dir__():
    return [*__all__, "__version__"]
