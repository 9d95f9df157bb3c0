"""JSON as every reader takes it: numbers that are not finite have no JSON form and become null."""

import json
import math
from typing import Any


def json_text(
    value: Any,
    *,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    ascii_only: bool = False,
) -> str:
    """`value` as JSON; what is not finite is null."""

    def dumped(one: Any) -> str:
        return json.dumps(one, ensure_ascii=ascii_only, indent=indent, separators=separators, allow_nan=False)

    try:
        return dumped(value)
    except ValueError:
        return dumped(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value
