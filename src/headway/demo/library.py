"""The standard library as the demo sees it: which modules there are, and what each one holds.

Nothing here knows about jobs. Finding is deterministic (the same interpreter gives the same parts in
the same order), and counting a module depends on its bytes alone, so a count made by a job and a count
made directly must agree. Installed packages are left out; the test suites that come with the interpreter
are counted like everything else where they are installed.
"""

import ast
import os
import platform
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MODULES_PER_PART = 50
"""One job counts at most this many modules, so that a big package does not keep one worker busy alone."""

LONGEST_PER_MODULE = 5
"""A module reports at most this many of its functions as long ones."""

LONG_FUNCTION_LINES = 60
"""Functions shorter than this are never reported as long ones."""

TOP_LEVEL = "top-level"
"""The name under which the modules that belong to no package are gathered; no importable package has a hyphen in its name."""

LIBRARY_VARIABLE = "HEADWAY_DEMO_LIBRARY"
"""The environment variable that names another folder of Python modules to count. Child processes inherit it."""

NOT_OURS = frozenset({"site-packages", "dist-packages"})
"""Folders inside the standard library's that hold what users installed."""

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some modules of one package: the work of one job."""

    package: str
    """The package's name, or `TOP_LEVEL`."""
    number: int
    """Which part of its package this is, from 1."""
    paths: tuple[str, ...]
    """The modules' paths below the library's root, with forward slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """Where a function stands and how long it is."""

    path: str
    """The module's path below the library's root."""
    name: str
    """The function's name, led by the names of what it is defined in."""
    line: int
    """The line of its `def`."""
    lines: int
    """From the `def` to the last line of its body; decorators are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """What one module holds. A module that does not parse has lines, a problem and nothing else."""

    path: str
    """Its path below the library's root, with forward slashes."""
    lines: int = 0
    """Lines of source."""
    functions: int = 0
    """Functions, methods, nested functions and coroutines; no lambdas."""
    classes: int = 0
    """Classes, nested ones included."""
    nodes: int = 0
    """Nodes of the syntax tree."""
    longest: tuple[Function, ...] = ()
    """Its long functions, the longest first."""
    problem: str = ""
    """Why it does not parse, or nothing."""


def library_name(environ: Mapping[str, str] = os.environ) -> str:
    """Return what is counted, in words."""
    if environ.get(LIBRARY_VARIABLE):
        return f"The modules below {library_root(environ)}"
    return f"The standard library of {platform.python_implementation()} {platform.python_version()}"


def library_root(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the running interpreter's standard library, or the one that the environment names instead."""
    return Path(environ.get(LIBRARY_VARIABLE) or sysconfig.get_path("stdlib")).absolute()


def find_parts(root: Path) -> list[Part]:
    """Return every module below `root`, package by package, in parts of at most `MODULES_PER_PART`."""
    packages: dict[str, list[str]] = {}
    for path in sorted(_module_paths(root)):
        package, slash, _ = path.partition("/")
        packages.setdefault(package if slash else TOP_LEVEL, []).append(path)
    return [
        Part(package=package, number=number, paths=tuple(paths))
        for package in sorted(packages)
        for number, paths in enumerate(_in_parts(packages[package]), start=1)
    ]


def count_file(root: Path, path: str) -> Module:
    """Count the module at `path` below `root`; one that cannot be read or parsed is an answer, not an error."""
    try:
        source = (root / path).read_bytes()
    except OSError as error:
        return Module(path=path, problem=f"cannot be read: {error.strerror}")
    return count_source(path, source)


def count_source(path: str, source: bytes) -> Module:
    """Count the module whose bytes are `source`."""
    lines = len(source.splitlines())
    try:
        tree = _parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Module(path=path, lines=lines, problem=_reason(error))
    functions = 0
    classes = 0
    long: list[Function] = []
    for name, definition in _definitions(tree):
        if isinstance(definition, ast.ClassDef):
            classes += 1
            continue
        functions += 1
        long.append(_function(path, name, definition))
    return Module(
        path=path,
        lines=lines,
        functions=functions,
        classes=classes,
        nodes=sum(1 for _ in ast.walk(tree)),
        longest=longest_functions(long, LONGEST_PER_MODULE),
    )


def longest_functions(functions: Iterable[Function], limit: int) -> tuple[Function, ...]:
    """Return the `limit` longest of `functions` that are long at all; equal ones in the order of their place."""
    long = [function for function in functions if function.lines >= LONG_FUNCTION_LINES]
    return tuple(sorted(long, key=_by_length)[:limit])


def documentation(root: Path, path: str) -> str:
    """Return the docstring of the module at `path`, or an empty text."""
    try:
        return ast.get_docstring(_parse((root / path).read_bytes())) or ""
    except (OSError, SyntaxError, ValueError):
        return ""


def _module_paths(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS]  # not even looked into: they may be huge
        for name in names:
            file = Path(folder, name)
            if name.endswith(".py") and file.is_file():
                yield file.relative_to(root).as_posix()


def _in_parts(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), MODULES_PER_PART):
        yield paths[start : start + MODULES_PER_PART]


def _parse(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        # A doubtful escape in somebody's module is no concern of ours, and must not become an error under -W error.
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    return str(error) or type(error).__name__


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every definition with its full name. Only statements hold definitions, so expressions are not visited."""
    open_nodes: list[tuple[str, ast.AST]] = [("", tree)]
    while open_nodes:
        prefix, node = open_nodes.pop()
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node
            prefix = f"{prefix}{node.name}."
        for block in _BLOCKS:
            open_nodes.extend((prefix, child) for child in getattr(node, block, ()))


def _function(path: str, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    end = node.end_lineno or node.lineno
    return Function(path=path, name=name, line=node.lineno, lines=end - node.lineno + 1)


def _by_length(function: Function) -> tuple[int, str, int]:
    return (-function.lines, function.path, function.line)
