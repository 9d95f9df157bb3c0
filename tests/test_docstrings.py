"""Every public function and class of a module says what it is, overloads too."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "striate"


def test_what_a_module_offers_has_a_docstring():
    without = [
        f"{path.relative_to(SOURCE)}: {node.name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert without == []
