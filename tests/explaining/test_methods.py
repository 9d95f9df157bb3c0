"""Every method that the table of explanations has is found where the table says, whatever was moved."""

import pytest

from striate.explaining.methods import PAGES, pages_by
from striate.explanation.methods import METHODS


@pytest.mark.parametrize("method", PAGES)
def test_every_method_of_pages_has_its_function(method):
    assert callable(pages_by(method))


def test_the_methods_of_pages_are_those_of_the_table():
    assert set(PAGES) == {name for name, method in METHODS.items() if method.kind == "page"}
