"""Write src/striate/trainer/given_options.py from the options' model, which is where an option is written.

The file has what both doors of `train` need: the Python verb its typed keywords, the command line its flags
and their help, without an import of pydantic.

Usage: python tools/make_given_options.py
"""

from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from striate.trainer.options import TrainOptions

TARGET = Path(__file__).parent.parent / "src" / "striate" / "trainer" / "given_options.py"
HEADER = '''\
"""The options of `train` as a person gives them, each with its help, and what help calls its value.

Made by tools/make_given_options.py from trainer/options.py, which has their checks; a test compares.
"""

from os import PathLike
from typing import Annotated, Any, TypedDict

DATA = "{data}"


class GivenOptions(TypedDict, total=False):
    """Those given by name; what is left out or None has its default."""

'''


def text() -> str:
    """The module's source."""
    fields = dict(TrainOptions.model_fields)
    header = HEADER.format(data=fields.pop("data").description)
    lines = []
    for name, field in fields.items():
        types = dict.fromkeys([*_given_types(field.annotation), *_more_types(field)])
        said = [f'"{word}"' for word in (_help(field), _extra(field).get("metavar")) if word is not None]
        whole = f"    {name}: Annotated[{' | '.join([*types, 'None'])}, {', '.join(said)}]"
        if len(whole) > 110:
            inner = [f"        {' | '.join([*types, 'None'])},", *(f"        {word}," for word in said)]
            long = [line + ("  # noqa: E501" if len(line) > 110 else "") for line in inner]
            whole = "\n".join([f"    {name}: Annotated[", *long, "    ]"])
        lines.append(whole + "\n")
    return header + "".join(lines)


def _given_types(annotation: Any) -> list[str]:
    """What may be given for a field of this type, in Python; None apart."""
    if annotation is NoneType:
        return []
    if get_origin(annotation) in (Union, UnionType):
        return [name for one in get_args(annotation) for name in _given_types(one)]
    if get_origin(annotation) is Annotated:
        return _given_types(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return ["str"]
    if annotation is Path:
        return ["str", "PathLike[str]"]
    return [annotation.__name__ if get_origin(annotation) is None else str(annotation).replace("typing.", "")]


def _more_types(field: FieldInfo) -> list[str]:
    return ["PathLike[str]"] if _extra(field).get("path") else []


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _help(field: FieldInfo) -> str:
    default = field.default
    if field.is_required() or default is None or default is False:
        return str(field.description)
    return f"{field.description} [default: {f'{default:g}' if isinstance(default, float) else default}]"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
