"""The task of what names none: of `--task`, of the catalogue's weights, of runs of old versions."""

DEFAULT_TASK = "classify"
