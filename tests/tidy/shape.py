"""Rules about the shape of one file: its length, what an __init__ may do, and what a module may keep."""

import ast
from collections.abc import Iterator, Sequence

from tests.tidy.source import Breach, Source, python

LINES_MAX = 300

VAGUE_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "shared"})

MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = frozenset({
    "list", "dict", "set", "bytearray", "defaultdict", "deque", "OrderedDict", "Counter",
    "WeakKeyDictionary", "WeakValueDictionary", "WeakSet",
})  # fmt: skip


def long_files(sources: Sequence[Source]) -> Iterator[Breach]:
    """A file of more than 300 lines hides a second noun."""
    for source in python(sources, "src"):
        if (lines := source.text.count("\n")) > LINES_MAX:
            yield Breach(
                path=source.path,
                line=lines,
                advice=f"over {LINES_MAX} lines: move its second noun to a file of its own",
            )


def vague_modules(sources: Sequence[Source]) -> Iterator[Breach]:
    """A file is one noun: a name that fits everything says nothing."""
    for source in sources:
        if source.path.endswith(".py") and source.stem in VAGUE_NAMES:
            yield Breach(path=source.path, line=1, advice="name the file with the noun it holds")


def busy_inits(sources: Sequence[Source]) -> Iterator[Breach]:
    """An __init__.py re-exports and does nothing else."""
    for source in python(sources, "src"):
        if source.name == "__init__.py":
            for statement in source.module.body:
                if not _is_reexport(statement):
                    advice = "only a docstring, imports and __all__ here: move this to a module of its own"
                    yield Breach(path=source.path, line=statement.lineno, advice=advice)


def module_state(sources: Sequence[Source]) -> Iterator[Breach]:
    """Nothing mutable at module level: two `Jobs` in one process must not know of each other."""
    for source in python(sources, "src"):
        for statement in source.module.body:
            for name in _bound(statement):
                if (
                    name != "__all__"
                    and isinstance(statement, ast.Assign | ast.AnnAssign)
                    and _is_mutable(statement.value)
                ):
                    advice = f"{name}: make it a tuple, frozenset or MappingProxyType, or pass an object that owns it"
                    yield Breach(path=source.path, line=statement.lineno, advice=advice)
        for node in source.nodes:
            if isinstance(node, ast.Global):
                yield Breach(
                    path=source.path,
                    line=node.lineno,
                    advice="`global` is state of the module: pass an object that owns it",
                )


def _is_reexport(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.If(
            test=ast.Name(id="TYPE_CHECKING"), body=seen, orelse=run
        ):  # names that are imported when first used
            return all(_is_reexport(inner) for inner in (*seen, *run))
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
            return True
        case _:
            return False


def _bound(statement: ast.stmt) -> tuple[str, ...]:
    match statement:
        case ast.Assign(targets=targets):
            return tuple(target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()


def _is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        made = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return made in MUTABLE_CALLS
    return isinstance(value, MUTABLE_DISPLAYS)
