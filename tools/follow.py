"""How far one must read to follow a parameter of `train`: files that a walk along its calls passes.

The walk starts in `actions/train.py` and goes depth first, in the order of the text, into every function
whose call is handed the options, a value read from them, or an object that was made with either. A file
is counted when the walk enters it for the first time. A climb is a return to an earlier file from which
the walk then goes into a file that it had not seen.

Usage: python tools/follow.py [SRC]      (SRC is a folder with `striate` in it, by default ./src)
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """A file's functions, classes with their methods, and what it imports from where."""

    def __init__(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions: dict[str, list[Function]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in tree.body:
            if isinstance(node, Function):
                self.functions[node.name] = [node]
            elif isinstance(node, ast.ClassDef):
                self.functions[node.name] = [one for one in node.body if isinstance(one, Function)]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("striate"):
                for name in node.names:
                    self.imports[name.asname or name.name] = (node.module, name.name)


def names_in(node: ast.AST) -> set[str]:
    """Every name that is read in an expression."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def targets_of(node: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    bound = []
    if isinstance(node, ast.Assign):
        bound = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For):
        bound = [node.target]
    elif isinstance(node, ast.With):
        bound = [item.optional_vars for item in node.items if item.optional_vars is not None]
    return {name for target in bound for name in names_in(target)}


def calls_with(function: Function, carried: set[str]) -> Iterator[tuple[str, set[int], set[str]]]:
    """Calls that are handed something carried: name, and which arguments (by place and by keyword)."""
    carried = set(carried)
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
    statements.sort(key=lambda node: (node.lineno, node.col_offset))
    for statement in statements:
        source = getattr(statement, "value", None) or getattr(statement, "iter", None)
        if source is not None and names_in(source) & carried:
            carried |= targets_of(statement)
        if isinstance(statement, ast.With):
            for item in statement.items:
                if names_in(item.context_expr) & carried:
                    carried |= targets_of(statement)
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    for call in calls:
        if not isinstance(call.func, ast.Name):
            continue
        places = {place for place, given in enumerate(call.args) if names_in(given) & carried}
        words = {given.arg or "**" for given in call.keywords if names_in(given.value) & carried}
        if places or words:
            yield call.func.id, places, words


def carried_into(function: Function, places: set[int], words: set[str], *, first: bool) -> set[str]:
    """The parameters that are handed something carried; an object made with it has it in its methods."""
    arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    method = arguments[:1] in (["self"], ["cls"])
    carried = {arguments[place + method] for place in places if place + method < len(arguments)}
    if "**" in words:
        carried |= {*arguments, *(one.arg for one in function.args.kwonlyargs)}
    if method or not first:
        carried |= {"self"}
    return carried | (words - {"**"})


class Walk:
    """Depth first from one function; `order` is the files in the order of their first visit."""

    def __init__(self, src: Path) -> None:
        self.src = src
        self.modules: dict[str, Module] = {}
        self.seen: set[tuple[str, str, frozenset[str]]] = set()
        self.order: list[str] = []
        self.climbs = 0
        self.last = ""

    def module(self, name: str) -> Module | None:
        """The parsed module of a dotted name, or None if there is no such file."""
        if name not in self.modules:
            path = self.src / (name.replace(".", "/") + ".py")
            if not path.is_file():
                return None
            self.modules[name] = Module(path)
        return self.modules[name]

    def enter(self, name: str, attribute: str, places: set[int], words: set[str]) -> None:
        """Walk into a function, or into every method of a class."""
        module = self.module(name)
        if module is None:
            return
        if attribute not in module.functions:
            if attribute in module.imports:  # handed on
                self.enter(*module.imports[attribute], places, words)
            return
        for function in module.functions[attribute]:
            first = function is module.functions[attribute][0]
            carried = carried_into(function, places, words, first=first)
            key = (name, f"{attribute}.{function.name}", frozenset(carried))
            if key not in self.seen:
                self.seen.add(key)
                self.visit(name)
                self.follow(name, module, function, carried)

    def follow(self, name: str, module: Module, function: Function, carried: set[str]) -> None:
        """Walk into what a function calls with something carried."""
        for called, places, words in calls_with(function, carried):
            if called in module.imports:
                self.enter(*module.imports[called], places, words)
            elif called in module.functions:
                self.enter(name, called, places, words)
            self.last = name

    def visit(self, name: str) -> None:
        """The walk is in this file now."""
        if name not in self.order:
            if self.order and self.last != self.order[-1]:
                self.climbs += 1
            self.order.append(name)
        self.last = name


def main() -> None:
    src = Path(sys.argv[1] if len(sys.argv) > 1 else "src")
    walk = Walk(src)
    walk.enter("striate.actions.train", "_train", {0}, set())
    sys.stdout.write("\n".join(walk.order) + "\n" if "--list" in sys.argv else "")
    sys.stdout.write(f"{len(walk.order)} files, {walk.climbs} climbs\n")


if __name__ == "__main__":
    main()
