import pytest

from tests.cli.application import write


def test_a_handler_runs_here_and_prints_its_result(app):
    said = app.run("run", app.spec, "greet", '{"name": "ann", "times": 2}')
    assert (said.code, said.out) == (0, '"hello ann hello ann"\n')
    assert "greet returned after" in said.err


def test_a_coroutine_with_a_context_runs_and_its_log_is_told(app):
    said = app.run("run", app.spec, "agreet", '{"name": "ann"}', "--json")
    assert said.code == 0
    assert (said.json["end"], said.json["result"]) == ("returned", "hello ann")
    assert [line["text"] for line in said.json["log"]] == ["greeting ann"]


def test_a_failure_is_exit_1_and_tells_no_secret(app):
    said = app.run("run", app.spec, "login", '{"user": "ann", "pin": "98765"}')
    assert said.code == 1
    assert "login raised after" in said.err
    assert "ValueError" in said.err
    assert "98765" not in said.out + said.err
    record = app.run("run", app.spec, "login", '{"user": "ann", "pin": "98765"}', "--json").json
    assert record["error"]["type"] == "ValueError"
    assert "98765" not in str(record)


def test_jobs_that_were_tied_to_the_attempt_are_told_and_not_stored(app):
    said = app.run("run", app.spec, "parent")
    assert said.code == 0
    assert "were not stored" in said.err
    assert len(app.run("run", app.spec, "parent", "--json").json["children_not_stored"]) == 1
    assert app.process("worker", app.spec, "--exit-when-idle").code == 0
    assert app.run("jobs", "counts", "--store", app.place, "--json").json["total"] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("greeet", "{}"), "did you mean 'greet'?"),
        (("greet", "{}"), "missing 1 required argument: 'name'"),
        (("greet", '{"nam": "ann"}'), "did you mean 'name'?"),
        (("greet", '{"name": 5}'), "name"),
        (("greet", "[1]"), "must be a JSON object"),
        (("greet", "{"), "no JSON"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(app, words, says):
    said = app.run("run", app.spec, *words)
    assert said.code == 2
    assert says in said.err
    assert len(said.err.splitlines()) <= 2


WARNING = """
import logging
from headway.client.jobs import Jobs

jobs = Jobs({place!r})
{set_up}
@jobs.job(name="warn", takes_context=True, redact=["pin"])
def warn(ctx, pin: str) -> None:
    logging.getLogger("shop.mail").warning("low on ink, %s", pin)
    ctx.log.warning("low on paper")
"""


@pytest.mark.parametrize("set_up", ["", "logging.basicConfig()"], ids=["bare", "set up"])
def test_what_a_body_logs_is_shown_once_and_tells_no_secret(app, set_up):
    made = write(app.folder, f"{app.module}_warns", WARNING.replace("{set_up}", set_up))
    said = made.process("run", made.spec, "warn", '{"pin": "98765"}')
    assert said.code == 0
    assert [said.err.count(text) for text in ("low on ink", "low on paper", "98765")] == [1, 1, 0]
