"""Is the report right? Its files are read back and held against counts that were made without jobs."""

from collections.abc import Iterator
from itertools import zip_longest

from headway.demo.library import Module
from headway.demo.page import to_html
from headway.demo.report import CSV_COLUMNS, Report, from_csv

MAX_DIFFERENCES = 20
"""No more differences than this are told: the first ones say what is wrong."""


def differences(*, html: str, csv: str, expected: Report) -> list[str]:
    """Say where the report's files differ from what is expected; an empty list means nowhere."""
    found: list[str] = []
    for difference in _all_differences(html, csv, expected):
        found.append(difference)
        if len(found) == MAX_DIFFERENCES:
            break
    return found


def _all_differences(html: str, csv: str, expected: Report) -> Iterator[str]:
    try:
        counted = {module.path: module for module in from_csv(csv)}
    except (ValueError, TypeError) as error:
        yield f"modules.csv cannot be read: {error}"
    else:
        yield from _in_modules(counted, {module.path: module for module in expected.modules})
    yield from _in_lines(html, to_html(expected))


def _in_modules(counted: dict[str, Module], expected: dict[str, Module]) -> Iterator[str]:
    for path in sorted(counted.keys() | expected.keys()):
        if path not in counted:
            yield f"{path} is missing in modules.csv"
        elif path not in expected:
            yield f"{path} is in modules.csv, but not in the library"
        else:
            yield from _in_module(counted[path], expected[path])


def _in_module(counted: Module, expected: Module) -> Iterator[str]:
    for column in CSV_COLUMNS:
        if getattr(counted, column) != getattr(expected, column):
            yield f"{expected.path}: {column} is {getattr(counted, column)}, not {getattr(expected, column)}"


def _in_lines(html: str, expected: str) -> Iterator[str]:
    lines = zip_longest(html.splitlines(), expected.splitlines(), fillvalue="")
    for number, (line, expected_line) in enumerate(lines, start=1):
        if line != expected_line:
            yield f"report.html, line {number}: {line!r}, not {expected_line!r}"
