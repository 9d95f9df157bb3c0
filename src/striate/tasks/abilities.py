"""What only some tasks can do, and the line that refuses the rest before anything is read.

`predict` and `evaluate`: merge the outputs of several `views`, answer `together` with other runs, `sort`
pictures by a class with a probability, be served in `int8`, `draw` answers into the pictures. `compare`: say
of each picture whether the answer is right. `check`: `doubt` the labels of a data set, `list` what is left of
one. `ladder`: `climb` it. `train`: learn from `mix`ed pictures.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from striate.errors import StriateError

Ability = Literal["views", "together", "sort", "int8", "compare", "doubt", "list", "draw", "climb", "mix"]
CANNOT: Mapping[Ability, str] = {  # what is said where a task cannot; {0} is its name
    "views": "--flips and --scales are not known for {}; leave them out.",
    "together": "runs of {} do not answer together; name one run.",
    "sort": "--unsure, --precision, --copy-to and --top go with classes and their probabilities, and answers "
    "of {} have none; leave them out.",
    "compare": "runs of {} cannot be compared picture by picture; their result.json has the figures.",
    "doubt": "--run looks for wrong labels by the probabilities of classes, and answers of {} have none that "
    "were calibrated; leave it out.",
    "list": "--clean-list writes image,label,split, which is not what {} learns from; leave it out, and mend "
    "what is named.",
    "draw": "answers of {} have no place in the picture, so --draw has nothing to show; leave it out. "
    "`striate explain` draws what the network looks at.",
    "climb": "the rungs of `striate ladder` are a classifier's, and the data are for {0}; compare its starts "
    "with `striate train DATA --task {0} --transfer scratch`, frozen and finetune, and `striate compare`.",
    "mix": "mixed pictures have two classes, and {} learns from more than a class; choose another --augment.",
    "int8": "int8 is not known for {}; use --engine auto, or openvino-bf16.",
}


class Able:
    """Something with a name that can do some of it.

    Attributes:
        name: as `--task` and the folder of its runs have it.
        can: its abilities.
    """

    name: ClassVar[str]
    can: ClassVar[tuple[Ability, ...]] = ()

    def require(self, ability: Ability) -> None:
        """Refuse what this task cannot do.

        Raises:
            StriateError: says what to leave out.
        """
        if ability not in self.can:
            raise self.refusal(ability)

    def refusal(self, ability: Ability) -> StriateError:
        """The line that refuses."""
        return StriateError(CANNOT[ability].format(self.name))
