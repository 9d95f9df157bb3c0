"""Print the lowest version of every package that pyproject.toml allows, as pip's constraints.

torch and torchvision are left out: their wheels for Linux bring several gigabytes of CUDA with them. The
tests with the lowest versions use those that are installed.

    python tools/lowest_versions.py > constraints.txt
"""

import re
import tomllib
from pathlib import Path

LEFT_OUT = {"torch", "torchvision", "mlflow"}  # mlflow brings 60 packages, and no test imports it
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)>=(?P<version>[0-9.]+)")


def lowest(project: dict[str, object]) -> list[str]:
    """`name==version` of each dependency and of each extra that the tests import."""
    table = project["project"]
    assert isinstance(table, dict)
    wanted = [
        *table["dependencies"],
        *(one for extra in table["optional-dependencies"].values() for one in extra),
    ]
    found = [match for one in wanted if (match := BOUND.match(one))]
    return [f"{match['name']}=={match['version']}" for match in found if match["name"] not in LEFT_OUT]


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print("\n".join(lowest(tomllib.loads(text))))  # noqa: T201
