"""Which methods of `explain` make pages, and where: the pages of the table in `explanation`."""

from collections.abc import Callable, Iterator
from importlib import import_module

from striate.events import Listener
from striate.explaining.options import Explained, ExplainOptions

PagesBy = Callable[[ExplainOptions, Listener], Iterator[Explained]]

PAGES = {  # method: file in `pages` and function
    "activations": "activations:explain_activations",
    "filters": "filters:explain_filters",
    "deconvnet": "deconvnet:explain_deconvnet",
    "invariance": "invariance:explain_invariance",
    "embedding": "embedding:explain_embedding",
}


def pages_by(method: str) -> PagesBy:
    """The function that makes a method's pages; `method` is a name whose kind is `page`."""
    file, function = PAGES[method].split(":")
    found: PagesBy = getattr(import_module(f"striate.explaining.pages.{file}"), function)
    return found
