"""Rules about what a line may say: calls, imports and SQL that are banned, with the few places where they are not."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.tidy.source import Breach, Source, python

CLOCK_READERS = MappingProxyType(
    {
        "time": frozenset(
            f"{name}{unit}"
            for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
            for unit in ("", "_ns")
        ),
        "datetime": frozenset({"now", "utcnow", "today"}),
        "date": frozenset({"today"}),
    }
)
SLEEPERS = MappingProxyType({module: frozenset({"sleep"}) for module in ("time", "asyncio", "anyio", "trio")})

# path -> why this file may. An entry that is no longer needed is a breach too.
MAY_READ_THE_CLOCK: Mapping[str, str] = MappingProxyType({"src/headway/model/clock.py": "it is the clock"})
MAY_SLEEP: Mapping[str, str] = MappingProxyType({})

UNSAFE_MODULES = frozenset({"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle"})
UNSAFE_CALLS = frozenset({"eval", "exec"})

# DELETE alone is a method of HTTP.
SQL = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE(?!\Z)|CREATE|ALTER|DROP|PRAGMA|ATTACH|BEGIN|COMMIT|ROLLBACK|WITH|VACUUM)\b"
    r"|\b(INSERT (OR \w+ )?INTO|DELETE FROM|SELECT\b.*\bFROM|CREATE (TABLE|INDEX)|BEGIN IMMEDIATE)\b",
    re.DOTALL,
)


def clock_readings(sources: Sequence[Source]) -> Iterator[Breach]:
    """Only model/clock.py reads the time; everything else is given a `Clock` or a moment."""
    yield from _calls(python(sources, "src"), CLOCK_READERS, MAY_READ_THE_CLOCK, "take a Clock or `now` as an argument")


def sleeps(sources: Sequence[Source]) -> Iterator[Breach]:
    """Nothing in src sleeps: a service returns how long it may rest, a wait is for an event with a limit."""
    advice = "wait for an event with a time limit, or name the file in MAY_SLEEP with a reason"
    yield from _calls(python(sources, "src"), SLEEPERS, MAY_SLEEP, advice)


def sleeps_in_tests(sources: Sequence[Source]) -> Iterator[Breach]:
    """Tests drive `tick` with a fake clock or wait for an event with a limit."""
    advice = "drive tick() with a fake clock, or wait for an event with a time limit"
    yield from _calls(python(sources, "tests"), SLEEPERS, {}, advice)


def prints(sources: Sequence[Source]) -> Iterator[Breach]:
    """Nothing in src prints: the library logs, cli and demo write through click or rich."""
    for source in python(sources, "src"):
        for node in source.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield Breach(path=source.path, line=node.lineno, advice="log it, or use click.echo in cli and demo")


def unsafe_code(sources: Sequence[Source]) -> Iterator[Breach]:
    """JSON only: nothing that turns stored bytes into code."""
    for source in (*python(sources, "src"), *python(sources, "tests"), *python(sources, "bench")):
        for node in source.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
                yield Breach(path=source.path, line=node.lineno, advice=f"{node.func.id}() runs data as code: parse it")
            for module in _imported(node):
                if module.partition(".")[0] in UNSAFE_MODULES:
                    yield Breach(path=source.path, line=_line(node), advice=f"{module} is not JSON: use model/codec.py")


def sql_outside_the_store(sources: Sequence[Source]) -> Iterator[Breach]:
    """SQL lives under store/ only."""
    for source in python(sources, "src"):
        if source.within("src/headway/store"):
            continue
        prose = _docstrings(source)
        for node in source.nodes:
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if SQL.search(text) and id(node) not in prose:
                yield Breach(path=source.path, line=_line(node), advice="SQL belongs in a .sql file under store/")


def _calls(
    sources: Iterator[Source], banned: Mapping[str, frozenset[str]], allowed: Mapping[str, str], advice: str
) -> Iterator[Breach]:
    for source in sources:
        found = [
            Breach(path=source.path, line=line, advice=f"{name}: {advice}") for line, name in _uses(source, banned)
        ]
        if source.path not in allowed:
            yield from found
        elif not found:
            yield Breach(
                path=source.path, line=1, advice="no longer needs its exception: delete that from tests/tidy/calls.py"
            )


def _uses(source: Source, banned: Mapping[str, frozenset[str]]) -> Iterator[tuple[int, str]]:
    """`time.sleep` and `datetime.datetime.now` as attributes, under any name given by `import ... as`; `from time import sleep`."""
    renamed = {
        alias.asname: alias.name.rpartition(".")[2]
        for node in source.nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    for node in source.nodes:
        if isinstance(node, ast.Attribute):
            owner = _last_name(node.value)
            if node.attr in banned.get(renamed.get(owner, owner), ()):
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in banned.get(node.module or "", ()):
                    yield node.lineno, f"{node.module}.{alias.name}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        return tuple(alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "",)
    return ()


def _line(node: ast.AST) -> int:
    return node.lineno if isinstance(node, ast.stmt | ast.expr) else 1


def _docstrings(source: Source) -> frozenset[int]:
    """Strings that stand alone are prose: docstrings, and the line of doc under a field."""
    return frozenset(id(node.value) for node in source.nodes if isinstance(node, ast.Expr))
