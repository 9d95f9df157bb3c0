"""What a task is: everything that differs between classifying, locating, detecting, segmenting...

A task is one object of the class `Task` and one row of text in `tasks/catalog.py`. Above this room nobody
asks which task it is: the trainer, the predictor, the commands and the report ask the object. What a task
cannot do (be calibrated, answer together with other runs) its methods say by returning nothing or raising
one clear line. What there is to ask stands in three files, by who asks: `protocol/data.py` before anything
is trained, `protocol/network.py` while it is, `protocol/answers.py` from then on.

The loop in `striate.training` sees only the step, one `nn.Module` whose `forward(batch)` returns losses with
a `.total` while training, and an `EvaluationOutput` in eval mode; and a metric that reads what the step
returned. Targets, matching, auxiliary outputs, pairs and triplets are the step's.
"""

from typing import ClassVar

from striate.tasks.protocol.answers import A, OfAnswers
from striate.tasks.protocol.data import OfData
from striate.tasks.protocol.network import OfNetwork


class Task(OfData, OfNetwork, OfAnswers[A]):
    """One kind of work, with a `name` and what it `can` do beside what all can (`tasks/abilities.py`).

    Methods with a body are what most tasks do; the abstract ones every task has to say.

    Attributes:
        about: one line for `--help` and the docs.
    """

    about: ClassVar[str]
