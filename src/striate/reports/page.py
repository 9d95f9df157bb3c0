"""One HTML text from a template, with the style sheet and the script inside and every text escaped.

The page's own content policy forbids any request and any script but ours: even a mistake in a template could
not make a file name run.
"""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from striate.reports import words

# What a file name may hold and a page must not: control characters, text-direction tricks that make a name
# read backwards, and the lone surrogates of names that are not UTF-8.
UNPRINTABLE = dict.fromkeys(
    [
        *(code for code in range(0x20) if chr(code) not in "\t\n"),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ],
    "\ufffd",
)


def render(
    template: str, values: dict[str, Any], script: str = "page.js", extra_style: str | None = None
) -> str:
    """The page that `template` makes of `values`; a name that is missing there is a bug and raises.

    `script` and `extra_style` are files beside the template: the page's script, and rules after the common
    ones.
    """
    texts = files("striate.reports") / "templates"
    style = (texts / "page.css").read_text(encoding="utf-8")
    if extra_style is not None:
        style += (texts / extra_style).read_text(encoding="utf-8")
    code = (texts / script).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    environment = Environment(
        loader=PackageLoader("striate.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in (
        words.count,
        words.plural,
        words.percent,
        words.percent_range,
        words.probability,
        words.decimal,
        words.short,
        words.duration,
        words.date,
        words.setting,
    ):
        environment.filters[word.__name__] = word
    page = environment.get_template(template).render(
        values, style=Markup(style), script=Markup(code), script_digest=digest
    )
    return page.translate(UNPRINTABLE)
