"""What the demo found, as values: the sums over all modules, and the same as CSV.

A report knows nothing of jobs, clocks or files, so equal findings make equal reports, letter by letter.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from headway.demo.library import TOP_LEVEL, Function, Module, longest_functions

LONGEST_SHOWN = 25
"""A report shows this many of the longest functions."""

CSV_COLUMNS = ("path", "lines", "functions", "classes", "nodes", "problem")
"""The CSV's head; every column is a field of `Module`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document that was fetched."""

    name: str
    """Its name on the server."""
    size: int
    """Its bytes."""
    requests: int
    """How often it was asked for until it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The counts of some modules together."""

    name: str
    """The package's name, or what else is summed."""
    modules: int
    """Modules, those that do not parse included."""
    lines: int
    """Lines of source."""
    functions: int
    """Functions."""
    classes: int
    """Classes."""
    nodes: int
    """Nodes of the syntax trees."""
    problems: int
    """Modules that do not parse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a run found."""

    run: str
    """The run's number."""
    library: str
    """What was counted, in words."""
    modules: tuple[Module, ...]
    """Every module."""
    documents: tuple[Fetched, ...]
    """Every document."""

    @property
    def total(self) -> Sums:
        """The sums over all modules."""
        return sum_up("All packages", self.modules)

    @property
    def packages(self) -> tuple[Sums, ...]:
        """The sums of every package, the biggest first."""
        gathered: dict[str, list[Module]] = {}
        for module in self.modules:
            gathered.setdefault(package_of(module), []).append(module)
        sums = (sum_up(name, modules) for name, modules in gathered.items())
        return tuple(sorted(sums, key=lambda package: (-package.lines, package.name)))

    @property
    def longest(self) -> tuple[Function, ...]:
        """The longest functions of all."""
        return longest_functions((long for module in self.modules for long in module.longest), LONGEST_SHOWN)

    @property
    def problems(self) -> tuple[Module, ...]:
        """The modules that do not parse."""
        return tuple(module for module in self.modules if module.problem)


def build_report(*, run: str, library: str, modules: Iterable[Module], documents: Iterable[Fetched]) -> Report:
    """Make the report of these findings, in whatever order they came."""
    return Report(
        run=run,
        library=library,
        modules=tuple(sorted(modules, key=lambda module: module.path)),
        documents=tuple(sorted(documents, key=lambda document: document.name)),
    )


def package_of(module: Module) -> str:
    """Return the name of the package that the module belongs to."""
    package, slash, _ = module.path.partition("/")
    return package if slash else TOP_LEVEL


def sum_up(name: str, modules: Iterable[Module]) -> Sums:
    """Add the counts of `modules`."""
    counted = tuple(modules)
    return Sums(
        name=name,
        modules=len(counted),
        lines=sum(module.lines for module in counted),
        functions=sum(module.functions for module in counted),
        classes=sum(module.classes for module in counted),
        nodes=sum(module.nodes for module in counted),
        problems=sum(1 for module in counted if module.problem),
    )


def to_csv(report: Report) -> str:
    """Write a line for every module."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows([getattr(module, column) for column in CSV_COLUMNS] for module in report.modules)
    return text.getvalue()


def from_csv(text: str) -> list[Module]:
    """Read what `to_csv` wrote. Long functions are not part of it; a text of another kind is a `ValueError`."""
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    if tuple(head) != CSV_COLUMNS:
        message = f"the columns are {head}, not {list(CSV_COLUMNS)}"
        raise ValueError(message)
    return [_module(*row) for row in rows]


def _module(path: str, lines: str, functions: str, classes: str, nodes: str, problem: str) -> Module:
    return Module(
        path=path, lines=int(lines), functions=int(functions), classes=int(classes), nodes=int(nodes), problem=problem
    )
