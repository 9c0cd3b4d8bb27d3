import dataclasses
import os
import sqlite3

import pytest
from msgspec import structs

from headway.cli import findings
from headway.model.registry import Registry
from headway.store.open import lock_holder, look
from headway.store.place import parse_place
from headway.store.protocol import Breach, Retention
from headway.store.sqlite.lock import LockFile
from tests.cli.stage import run

HOUR_US = 3_600_000_000


def topics(said, level):
    return {finding["topic"] for finding in said.json["findings"] if finding["level"] == level}


def test_a_sound_store_is_exit_0(stage):
    stage.complete()
    said = stage.run("check", "--audit", "--json")
    assert (said.code, said.json["problems"], said.json["warnings"]) == (0, 0, 0)
    assert {
        "settings",
        "place",
        "permissions",
        "space",
        "claims",
        "archive",
        "schema",
        "SQLite",
        "retention",
        "writer lock",
        "handlers",
        "workers",
        "schedules",
        "calls",
        "audit",
    } == topics(said, "fine")
    said = stage.run("check")
    assert said.code == 0
    assert said.lines[-1] == "everything is fine"


def test_ready_jobs_without_a_worker_are_a_finding(stage):
    stage.add(queue="mail")
    said = stage.run("check")
    assert said.code == 1
    assert "1 job of queue mail can run, and no active worker serves it" in said.out
    assert "headway worker module:jobs --queue mail=8" in said.lines[-1]


def test_a_drained_worker_is_counted_apart_and_named_where_it_is_missed(stage):
    stage.claim()
    stage.store.call(stage.store.drain_node("node-1"))
    said = stage.run("check")
    assert (said.code, "0 nodes active, 1 drained" in said.out) == (0, True)
    stage.add(queue="mail")
    said = stage.run("check", "--json")
    assert topics(said, "warning") == {"workers"}
    assert f"or headway nodes undrain {stage.node}" in stage.run("check").out


def test_how_long_what_is_kept_is_shown_as_the_worker_wrote_it_down(stage):
    stage.complete()
    assert "no worker has purged here yet" in stage.run("check").out
    ages = Retention(archive_us=HOUR_US, failed_us=90 * 24 * HOUR_US, logs_us=24 * HOUR_US)
    stage.store.call(stage.store.keep(ages))
    assert (
        "completed for ever, failed 90 d, logs 1 d, bodies for ever; archived after 1 h (a worker looked"
        in stage.run("check").out
    )
    stage.store.call(stage.store.keep(Retention()))
    assert "bodies for ever; never archived" in stage.run("check").out


def test_names_that_nobody_knows_are_a_finding(stage):
    stage.claim()
    stage.add(name="shop:renamed")
    said = stage.run("check", "--json")
    assert topics(said, "warning") == {"handlers"}


def test_names_of_the_given_code_are_known():
    assert [each.level for each in findings.handlers(("a",), (), Registry())] == [findings.Level.WARNING]


def test_the_application_is_compared_with_what_is_stored(app):
    assert app.process("worker", app.spec, "--exit-when-idle").code == 0
    said = app.run("check", app.spec, "--json")
    assert said.code == 0
    assert "every invariant" not in said.out


def test_files_that_others_can_read_are_a_finding(stage):
    stage.complete()
    stage.place.chmod(0o755)
    said = stage.run("check", "--json")
    assert said.code == 1
    assert topics(said, "warning") == {"permissions"}
    assert f"chmod 700 {stage.place}" in said.out


def test_a_lock_that_is_held_names_its_holder(stage):
    stage.complete()
    lock = LockFile(stage.place / "writer.lock")
    lock.take()
    lock.sign(os.getpid())
    found = list(findings.lock(lock_holder(str(stage.place))))
    lock.close()
    assert [each.level for each in found] == [findings.Level.WARNING]
    assert f"process {os.getpid()}" in found[0].what


def test_little_room_is_a_finding(stage, monkeypatch):
    stage.complete()
    monkeypatch.setattr(findings, "FREE_MIN_BYTES", 2**62)
    assert topics(stage.run("check", "--json"), "warning") == {"space"}


@pytest.mark.parametrize(
    ("safe", "shared", "pids", "level"),
    [
        (False, False, (1,), findings.Level.FINE),
        (False, False, (1, 1), findings.Level.FINE),
        (False, False, (1, 2), findings.Level.WARNING),
        (False, True, (), findings.Level.WARNING),
        (True, True, (1, 2), findings.Level.FINE),
    ],
)
def test_several_processes_on_a_library_that_loses_rows_are_warned(stage, safe, shared, pids, level):
    stage.claim()
    (node,) = stage.store.reader.call(stage.store.reader.nodes())
    nodes = tuple(structs.replace(node, pid=pid) for pid in pids)
    place = parse_place(f"sqlite:///{stage.place / 'shop.db'}" if shared else str(stage.place))
    facts = dataclasses.replace(look(str(stage.place)), library_safe=safe)
    (found,) = findings.library(place, facts, nodes)
    assert found.level is level
    assert ("can lose rows" in found.what) == (level is findings.Level.WARNING)


def test_a_held_store_is_a_finding_that_names_the_way_out(stage):
    stage.complete()
    stage.run("hold")
    said = stage.run("check", "--json")
    assert said.code == 1
    assert topics(said, "warning") == {"claims"}
    (claims,) = (each for each in said.json["findings"] if each["topic"] == "claims")
    assert claims["what"].startswith("held since ")
    assert "headway resume" in claims["advice"]
    stage.run("resume")
    assert stage.run("check").code == 0


def test_a_log_that_grows_is_a_finding_and_one_that_is_not_there_is_none(stage, monkeypatch):
    stage.complete()
    facts = look(str(stage.place))
    assert facts.log_bytes > 0
    place = parse_place(str(stage.place))
    monkeypatch.setattr(findings, "LOG_MAX_BYTES", 1)
    assert [each.topic for each in findings.files(place, facts) if each.level is not findings.Level.FINE] == ["log"]
    missing = dataclasses.replace(facts, log_bytes=0)
    assert "log" not in {each.topic for each in findings.files(place, missing)}


def test_a_file_system_that_is_not_fit_is_a_problem(stage):
    stage.complete()
    facts = dataclasses.replace(look(str(stage.place)), unfit="it is on nfs; move it")
    found = [each for each in findings.files(parse_place(str(stage.place)), facts) if each.topic == "file system"]
    assert [(each.level, each.what, each.advice) for each in found] == [
        (findings.Level.PROBLEM, "it is on nfs", "move it")
    ]


def test_each_breach_of_an_invariant_is_a_problem():
    found = list(findings.breaches((Breach(invariant="epochs grow", job_id=7, note="it did not"),)))
    assert [each.level for each in found] == [findings.Level.PROBLEM]
    assert found[0].what == "job 7: epochs grow does not hold: it did not"


def test_wrong_settings_are_a_problem(stage):
    said = stage.run("check", "--json")
    assert "settings" in topics(said, "fine")


def test_settings_that_cannot_be_read_end_the_check_with_a_problem(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headway.toml").write_text('durabilty = "full"\n')
    said = run("check", "--json")
    assert said.code == 1
    assert topics(said, "problem") == {"settings"}
    assert "did you mean 'durability'?" in said.out


@pytest.mark.parametrize(("version", "level"), [(999, findings.Level.PROBLEM), (1, findings.Level.FINE)])
def test_schemas_newer_and_older_than_this_headway_are_told_apart(stage, version, level):
    stage.complete()
    stage.store.close()
    with sqlite3.connect(stage.place / "jobs.db") as connection:
        connection.execute("DELETE FROM headway_schema WHERE version > 1")
        connection.execute("UPDATE headway_schema SET version = ?", (version,))
    connection.close()
    found = list(findings.schema(look(str(stage.place))))
    assert [each.level for each in found] == [level]
    assert str(version) in found[0].what


def test_two_different_applications_are_a_usage_error():
    assert run("check", "a:jobs", "--app", "b:jobs").code == 2


def test_without_the_code_and_without_a_node_names_are_only_counted():
    assert [each.level for each in findings.handlers(("a",), (), None)] == [findings.Level.FINE]
