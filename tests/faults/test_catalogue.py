"""The table of faults is true: every test that it names is there, every case by hand too, and the page says the same."""

import ast

import pytest

from faults.__main__ import CASES, PAGE, main
from faults.catalogue import CRASH, FAULTS, TABLE, TEST, document
from faults.scene import ROOT


def functions(path: str) -> set[str]:
    """Every function of a file, methods too."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("fault", TABLE, ids=lambda fault: fault.name)
def test_what_shows_a_fault_is_there(fault) -> None:
    assert fault.shown
    for one in fault.shown:
        where, _, name = one.partition("::")
        if where == "faults":
            assert name in CASES
        elif where == "crash":
            assert (ROOT / "faults" / "crash.py").exists()
        else:
            assert name in functions(where)


def test_every_case_by_hand_belongs_to_a_fault() -> None:
    shown = {one.removeprefix("faults::") for fault in TABLE for one in fault.shown if one.startswith("faults::")}
    assert shown == set(CASES)


def test_every_fault_is_shown_at_every_run() -> None:
    assert [fault.name for fault in TABLE if TEST not in fault.rings] == []
    assert {ring for fault in TABLE for ring in fault.rings} == {TEST, FAULTS, CRASH}


def test_names_are_not_used_twice() -> None:
    assert len({fault.name for fault in TABLE}) == len(TABLE)


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == document(), "write it again: python -m faults --document"


def test_without_its_tools_the_ring_by_hand_says_what_is_missing_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["--only", "small disk"]) == 2
    assert "strace is missing: apt-get install strace" in capsys.readouterr().err
