"""Versions are those of the packages themselves, and asking imports none of them."""

import sys

import pytest
from tests.machine.interpreters import fresh

from striate.machine.versions import versions


def test_versions_are_those_of_the_packages_and_need_no_torch() -> None:
    import numpy
    import PIL

    found = versions()
    assert found["numpy"] == numpy.__version__
    assert found["pillow"] == PIL.__version__
    assert found["python"] == ".".join(str(n) for n in sys.version_info[:3])
    code = (
        "import sys; from striate.machine.versions import versions; versions(); print('torch' in sys.modules)"
    )
    assert fresh(code) == "False"


def test_a_package_that_is_not_there_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.machine.versions.PACKAGES", ["numpy", "no-such-package"])
    assert versions()["no-such-package"] is None
