"""Circles of files: groups whose files all lead back to each other by imports, at their top or in a function.

Usage: python tools/circles.py [SRC]      (SRC is a folder with `striate` in it, by default ./src)
"""

import ast
import sys
from pathlib import Path


def imports_of(src: Path) -> dict[str, set[str]]:
    """What every module of a source tree imports from the same tree."""
    paths = {".".join(path.relative_to(src).with_suffix("").parts): path for path in src.rglob("*.py")}
    found: dict[str, set[str]] = {}
    for module, path in paths.items():
        named = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                named |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
            elif isinstance(node, ast.Import):
                named |= {one.name for one in node.names}
        found[module] = named & paths.keys()
    return found


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """The groups, largest first."""
    reach = {module: reached(module, imports) for module in imports}
    groups = {
        frozenset(other for other in reach[module] if module in reach[other])
        for module in imports
        if module in reach[module]
    }
    return sorted((sorted(group) for group in groups), key=len, reverse=True)


def reached(module: str, imports: dict[str, set[str]]) -> set[str]:
    """Every module that imports lead to from this one."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports[waiting.pop()] - found:
            found.add(name)
            waiting.append(name)
    return found


if __name__ == "__main__":
    tree = imports_of(Path(sys.argv[1] if len(sys.argv) > 1 else "src"))
    groups = circles(tree)
    for group in groups:
        sys.stdout.write(f"{len(group)}: {', '.join(group)}\n")
    sys.stdout.write(f"{len(tree)} files, {len(groups)} circles\n")
