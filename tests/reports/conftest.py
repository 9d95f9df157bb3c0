"""The example runs as fixtures."""

import pytest
from tests.reports import example_runs


@pytest.fixture
def digits(tmp_path):
    return example_runs.digits_run(tmp_path / "runs")


@pytest.fixture
def hostile(tmp_path):
    return example_runs.hostile_run(tmp_path / "runs")
