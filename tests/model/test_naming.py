"""Names of handlers and everything else that is named."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from types import FunctionType, ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.errors import HandlerRefused, NameInvalid
from headway.model.naming import check_name, handler_name, main_name


def test_a_function_is_named_by_module_and_qualname():
    assert handler_name(json.dumps) == "json:dumps"
    assert handler_name(json.JSONEncoder) == "json.encoder:JSONEncoder"


def test_lambdas_nested_functions_and_partials_need_a_name():
    def nested(): ...

    for target in (lambda: None, nested, functools.partial(json.dumps)):
        with pytest.raises(HandlerRefused, match=r"give name=\.\.\."):
            handler_name(target)


def test_the_programs_own_module_is_called_by_its_spec_or_its_file():
    run_as_module = ModuleType("__main__")
    run_as_module.__spec__ = SimpleNamespace(name="shop.jobs")
    assert main_name(run_as_module, "f") == "shop.jobs"
    run_as_file = ModuleType("__main__")
    run_as_file.__file__ = "/srv/shop/app.py"
    assert main_name(run_as_file, "f") == "app"


def test_a_function_of_the_running_program_takes_that_name(monkeypatch):
    program = ModuleType("__main__")
    program.__file__ = "app.py"
    monkeypatch.setitem(sys.modules, "__mp_main__", program)
    greet = FunctionType(check_name.__code__, {"__name__": "__mp_main__"}, "greet")
    assert handler_name(greet) == "app:check_name"


def test_an_interactive_session_or_an_archive_needs_a_name():
    archive = ModuleType("__main__")
    archive.__file__ = "/srv/app.pyz/__main__.py"
    for main in (ModuleType("__main__"), archive, None):
        with pytest.raises(HandlerRefused, match=r"give name=\.\.\."):
            main_name(main, "f")


PROGRAM = "from headway.model.naming import handler_name\ndef greet(): ...\nprint(handler_name(greet))\n"


def test_a_script_run_imported_and_run_as_module_gives_one_name(tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    said = {
        subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()
        for words in (["app.py"], ["-m", "app"], ["-c", "import app"])
    }
    assert said == {"app:greet"}


def test_python_c_needs_a_name():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert "HandlerRefused: greet cannot be a handler without a name" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("\0\n", "is empty"),
        (" mail ", "spaces around it; write 'mail'"),
        ("ma\nil", "cannot be printed; write 'ma il'"),
        ("a\u200bb", "cannot be printed"),
        ("\ud800x", "cannot be printed; write 'x'"),
        ("x" * 201, "has 201 characters, the limit is 200"),
    ],
)
def test_a_bad_name_is_refused_with_the_nearest_fix(text, said):
    with pytest.raises(NameInvalid) as caught:
        check_name("queue", text)
    assert "the queue " in str(caught.value)
    assert said in str(caught.value)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(NameInvalid, match="the tag must be a str, not int"):
        check_name("tag", 17)


@given(st.text(), st.integers(1, 50))
def test_what_passes_is_short_printable_and_bare(text, most):
    try:
        passed = check_name("tag", text, most)
    except NameInvalid as error:
        str(error).encode()  # an error about a name can itself be stored
    else:
        assert text == passed == text.strip()
        assert text.isprintable()
        assert 0 < len(text) <= most
