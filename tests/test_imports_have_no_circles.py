"""No file of `src/striate` imports itself through others: read with `ast`, but for type checkers only."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FOUND = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((SOURCE / "striate").rglob("*.py"))
}


def imported(tree: ast.AST, modules: set[str]) -> set[str]:
    """The modules that a file imports anywhere in it, in functions too."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            found |= inner or ({node.module} & modules)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules
        else:
            found |= imported(node, modules)
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A way from a node back to itself, or nothing."""
    done: set[str] = set()

    def search(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph.get(node, ())):
            if found := search(other, [*way, node]):
                return found
        done.add(node)
        return []

    return next((found for node in graph if (found := search(node, []))), [])


def test_no_file_imports_itself_through_others():
    modules = set(FOUND)
    graph = {
        name: imported(ast.parse(path.read_text(encoding="utf-8")), modules) - {name}
        for name, path in FOUND.items()
    }
    assert sum(map(len, graph.values())) > 1000
    assert not circle(graph)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from a.b import c", {"a.b"}),
        ("from a import b", {"a.b"}),
        ("def f():\n    import a.b", {"a.b"}),
        ("if TYPE_CHECKING:\n    from a.b import c", set()),
    ],
)
def test_imports_are_found_where_they_stand(text, expected):
    assert imported(ast.parse(text), {"a", "a.b"}) == expected


def test_a_circle_is_found_by_its_way():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []
