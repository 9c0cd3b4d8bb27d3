"""docs/features.md is true: every row has a state, and every test that it names exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.docs.pages import CODE, DOCS, ROOT

TEXT = (DOCS / "features.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (M-\d{3}) \| ([^|]+) \| ([^|]+) \| ([^|]*) ?\|$", re.MULTILINE)
STATE = re.compile(r"works|not yet|partly: \S.+")
ROWS = [tuple(cell.strip() for cell in found.groups()) for found in ROW.finditer(TEXT)]


@cache
def found_in(path: str) -> frozenset[str]:
    """The tests of a file, as pytest would name them behind the path."""
    file = ROOT / path
    return frozenset(_tests(ast.parse(file.read_text(encoding="utf-8")).body)) if file.is_file() else frozenset()


def _tests(body: list[ast.stmt], within: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{within}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield within + node.name


def missing(name: str) -> bool:
    path, _, test = name.partition("::")
    return not path.startswith("tests/") or test not in found_in(path)


def test_every_line_of_the_tables_is_a_row():
    assert len(ROWS) == len(re.findall(r"^\| M-", TEXT, re.MULTILINE)) > 200


def test_ids_are_unique_and_in_order():
    ids = [row[0] for row in ROWS]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_a_state_and_its_tests_exist(row):
    _, _, state, shown = row
    assert STATE.fullmatch(state)
    names = CODE.findall(shown)
    assert bool(names) is (state != "not yet")
    assert shown == "<br>".join(f"`{name}`" for name in names)
    assert [name for name in names if missing(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/docs/test_features.py::test_that_is_not_there",
        "tests/docs/test_no_such_file.py::test_a_row",
        "tests/docs/test_features.py",
        "src/headway/__init__.py::test_a_row",
    ],
)
def test_a_name_without_a_test_is_seen(name):
    assert missing(name)


def test_tests_in_classes_are_found():
    assert not missing("tests/conformance/test_archive.py::TestMonth::test_borders")
    assert missing("tests/conformance/test_archive.py::test_borders")
