"""Networks of parallel branches: GoogLeNet and its line, Xception, DenseNet."""

from striate.models.entry import Entry

INCEPTION: dict[str, Entry] = {}
