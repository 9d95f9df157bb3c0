"""Write src/striate/cli/option_help.py from the options' model: `--help` needs neither pydantic nor torch.

Usage: python tools/make_option_help.py
"""

from pathlib import Path

from striate.trainer.options import TrainOptions

HEADER = '''\
"""What `striate train --help` says of every option. Made by tools/make_option_help.py; a test compares."""

TRAIN: dict[str, str] = {
'''


def text() -> str:
    """The module's source."""
    lines = []
    for name, field in TrainOptions.model_fields.items():
        default = field.default
        if field.is_required() or default is None or default is False:
            shown = ""
        else:
            shown = f" [default: {default:g}]" if isinstance(default, float) else f" [default: {default}]"
        line = f'    "{name}": "{field.description}{shown}",'
        lines.append(line + ("  # noqa: E501" if len(line) > 110 else "") + "\n")
    return HEADER + "".join(lines) + "}\n"


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "src" / "striate" / "cli" / "option_help.py"
    target.write_text(text(), encoding="utf-8")
