"""`load` and what scripts of earlier versions build predictors with."""

import shutil
import subprocess
import sys

import torch
from torch import nn

from striate.actions.load import Network
from striate.preprocess import Preprocessing


def test_a_module_becomes_a_predictor_by_the_name_of_earlier_versions():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(4 * 4, 2)).eval()
    network = Network("mine", module, Preprocessing((4, 4), 1, (0.5,), (0.5,)), ("a", "b"), 2.0)
    picture = torch.arange(16, dtype=torch.uint8).view(1, 4, 4) * 16
    scores = module((picture[None].float() / 255 - 0.5) / 0.5)[0] / 2.0
    expected = torch.softmax(scores.double(), 0)
    answer = network.predict(picture)
    assert answer.label == "ab"[int(expected.argmax())]
    assert abs(answer.probability - expected.max().item()) < 1e-6


def test_networks_in_other_numbers_are_explained_and_what_cannot_be_looked_at_is_one_line(shared, tmp_path):
    folder = tmp_path / "modules"
    shutil.copytree(shared / "data" / "reports" / "12-modules", folder)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "modules.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    fine = [f"{verb} {kind} fine" for kind in ("half", "bf16", "double") for verb in ("inspect", "explain")]
    assert lines[:6] == fine
    assert [line.split(" StriateError ")[0] for line in lines[6:]] == [
        "inspect scripted",
        "explain scripted",
        "inspect lstm",
    ]
