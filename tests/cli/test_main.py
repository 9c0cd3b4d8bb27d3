"""The command as a whole: help, version, errors, what it loads, and what it does when nobody reads."""

import json
import os
import subprocess
import sys

import click
import pytest

from headway.cli.exits import CommandError, Exit, complaint
from headway.cli.main import Root
from headway.model import errors
from tests.cli.application import LIMIT_S, command
from tests.cli.stage import run


def test_help_lists_the_commands_and_is_exit_0():
    said = run("--help")
    assert said.code == 0
    for name in (
        "worker",
        "jobs",
        "queues",
        "nodes",
        "run",
        "check",
        "export",
        "backup",
        "hold",
        "resume",
        "archive",
        "purge",
        "demo",
    ):
        assert f"\n  {name} " in said.out


def test_no_words_at_all_show_the_help():
    said = run()
    assert said.code == 2
    assert "Usage: headway" in said.out + said.err
    assert "\n  worker " in said.out + said.err


def test_the_version_is_told():
    said = run("--version")
    assert said.code == 0
    assert said.out.startswith("headway ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("wroker",), "did you mean worker?"),
        (("jobs", "cansel"), "did you mean cancel?"),
        (("zzz",), "there are worker, serve, jobs"),
        (("jobs", "list", "--limmit", "3"), "--limit"),
        (("jobs", "list", "--limit", "0"), "0 is not in the range"),
        (("jobs", "show"), "missing argument"),
    ],
)
def test_a_wrong_word_names_the_right_one(words, says):
    said = run(*words)
    assert said.code == 2
    assert says in said.err
    assert len(said.err.splitlines()) == 2


def test_a_usage_error_is_json_too():
    said = run("jobs", "list", "--limit", "x", "--json")
    assert said.code == 2
    assert set(said.json["error"]) == {"kind", "message", "advice", "exit_code"}
    assert said.json["error"]["kind"] == "usage"


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (errors.StoreUnavailable("x"), "store_unavailable", Exit.STORE),
        (errors.SchemaTooNew("x"), "schema_too_new", Exit.STORE),
        (errors.StoreForeign("x"), "store_foreign", Exit.STORE),
        (errors.StoreFull("x"), "store_full", Exit.STORE),
        (errors.OptionUnknown("x"), "option_unknown", Exit.USAGE),
        (errors.HandlerUnknown("x"), "handler_unknown", Exit.USAGE),
        (errors.JobNotFound("x"), "job_not_found", Exit.FAILED),
        (errors.HeadwayError("x"), "headway_error", Exit.FAILED),
        (CommandError("x"), "failed", Exit.FAILED),
        (KeyboardInterrupt(), "interrupted", Exit.INTERRUPTED),
        (RuntimeError("x"), "internal", Exit.INTERNAL),
        (click.ClickException("X."), "failed", Exit.FAILED),
    ],
)
def test_every_kind_of_error_has_its_code(error, kind, code):
    told = complaint(error)
    assert (told.kind, told.code) == (kind, code)
    assert told.what


def test_what_to_do_stands_after_the_semicolon_or_is_known_by_kind():
    assert complaint(errors.StoreUnavailable("it is away; come back later")).advice == "come back later"
    assert "headway check" in complaint(errors.StoreBusy("it is busy")).advice


def failing(error):
    def fail():
        raise error

    root = Root(name="headway", entries={}, params=[])
    root.resolve_command = lambda *_: ("fail", click.Command("fail", callback=fail), [])
    return root


def ended(root, *words):
    with pytest.raises(SystemExit) as caught:
        root.main([*words])
    return caught.value.code


def test_a_defect_is_told_in_two_lines_and_its_traceback_with_debug(capsys, monkeypatch):
    assert ended(failing(RuntimeError("oops")), "fail") == 70
    assert capsys.readouterr().err.splitlines() == [
        "headway: headway itself failed: RuntimeError: oops",
        "  run it again with --debug and report what it prints",
    ]
    monkeypatch.setenv("HEADWAY_DEBUG", "1")
    ended(failing(RuntimeError("oops")), "fail")
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_code_5(capsys):
    assert ended(failing(KeyboardInterrupt()), "fail") == 5
    assert capsys.readouterr().err.strip() == "headway: interrupted"


def test_a_reader_that_had_enough_is_no_error(stage):
    for number in range(300):
        stage.add(ref_id=f"r{number}")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            command("jobs", "list", "--limit", 300, "--store", stage.place), stdout=closed, stderr=subprocess.PIPE,
            text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def loaded_by(*words):
    """The modules that a command loads, beyond what `import headway` does."""
    code = (
        "import sys, json, headway\n"
        "before = set(sys.modules)\n"
        "from headway.cli.main import root\n"
        "try:\n    root.main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_nothing_but_the_list_of_commands():
    ours = {name for name in loaded_by("--help") if name.startswith("headway")}
    assert ours <= {
        "headway.cli",
        "headway.cli.main",
        "headway.cli.lazy",
        "headway.cli.exits",
        "headway.model",
        "headway.model.displaced",
        "headway.model.errors",
        "headway.model.nearest",
    }


def test_a_command_that_only_looks_loads_no_runner_and_no_rich():
    loaded = loaded_by("jobs", "list", "--store", "/nowhere/at/all")
    assert "headway.cli.jobs_list" in loaded
    assert not {"headway.run.host", "headway.cli.worker", "asyncio", "rich"} & loaded
