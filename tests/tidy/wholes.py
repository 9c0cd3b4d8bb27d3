"""Rules about the tree as a whole: nothing dead, SQL files in order, no word of one machine."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tests.tidy.source import Breach, Source, python

# Who starts these is outside the package: `python -m`, a console script, pytest.
ENTRY_FILES = frozenset({"__init__.py", "__main__.py"})

# Written apart, so that this file does not hold what it forbids.
MACHINE_WORDS = re.compile(
    "|".join((
        r"(?<![\w.])/wor" + "k/",
        r"\bpypi\." + "org",
        r"\bpython" + r"hosted\.org",
        r"\bregistry\.npm" + r"js\.org",
        r"--index" + "-url",
        r'"resol' + r'ved": "https?:',
    ))
)  # fmt: skip
COMPILER_LINE = "--no-emit-index" + "-url"

SQL_PIECES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|;|[^\s;]", re.DOTALL)


def dead_modules(sources: Sequence[Source]) -> Iterator[Breach]:
    """Every module is imported by another, is an entry point, or is started by its name."""
    modules = {_dotted(source.path): source for source in python(sources, "src") if source.name not in ENTRY_FILES}
    used = {name for source in python(sources, "src") for name in _reached(source)}
    entries = "\n".join(source.text for source in sources if source.path == "pyproject.toml")
    for dotted, source in modules.items():
        if dotted not in used and f'"{dotted}' not in entries:
            yield Breach(path=source.path, line=1, advice="nothing imports this module: delete it, or use it")


def unused_sql(sources: Sequence[Source]) -> Iterator[Breach]:
    """Every .sql file is loaded by its name somewhere in the store; migrations are taken in order, not by name."""
    said = {
        node.value
        for source in python(sources, "src/headway/store")
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for source in _verbs(sources):
        if source.stem not in said and source.name not in said:
            yield Breach(path=source.path, line=1, advice="no module of the store loads this statement: delete it")


def many_statements(sources: Sequence[Source]) -> Iterator[Breach]:
    """A verb's file holds one statement, so that it can be run in a shell and explained."""
    for source in _verbs(sources):
        statements = _statements(source.text)
        if statements != 1:
            advice = f"{statements} statements: one statement in a file, named for its verb"
            yield Breach(path=source.path, line=1, advice=advice)


def machine_words(sources: Sequence[Source]) -> Iterator[Breach]:
    """No path of one machine and no package registry: a checkout works anywhere."""
    for source in sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            if found := MACHINE_WORDS.search(line.replace(COMPILER_LINE, "")):
                yield Breach(path=source.path, line=number, advice=f"names {found.group()!r}: say it without")


def _dotted(path: str) -> str:
    return ".".join(PurePosixPath(path).with_suffix("").parts[1:])


def _reached(source: Source) -> Iterator[str]:
    """What a module imports, and what it names whole in a string (a child is started by its module's name)."""
    own = _dotted(source.path).split(".")
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(own[: len(own) - node.level + (source.name == "__init__.py")]) if node.level else ""
            module = ".".join(filter(None, (above, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ".".join(own):
            yield node.value


def _verbs(sources: Sequence[Source]) -> Iterator[Source]:
    return (source for source in sources if source.path.endswith(".sql") and "/migrations/" not in source.path)


def _statements(text: str) -> int:
    count, open_ = 0, False
    for piece in SQL_PIECES.findall(text):
        if piece == ";":
            count, open_ = count + open_, False
        elif not piece.startswith(("--", "/*")):
            open_ = True
    return count + open_
