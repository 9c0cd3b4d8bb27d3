"""Backup, hold and resume: a copy while everything runs, and nobody who starts its jobs before a person says so."""

import re
import shlex
import subprocess

from headway.store.open import look
from tests.cli.stage import Stage, run
from tests.docs.pages import DOCS, section


def test_a_copy_is_whole_and_held_until_resumed(stage, tmp_path):
    done = stage.complete()
    stage.run("archive", "--older-than", "0s")
    waiting = stage.add()
    copy = tmp_path / "copies" / "monday"
    said = stage.run("backup", copy)
    assert said.code == 0
    assert said.lines[0].startswith(f"{stage.place} copied to {copy} (")
    assert said.lines[1] == f"the copy is held: nothing runs from it until headway resume --store {copy}"
    assert look(str(copy)).held_us is not None
    assert look(str(stage.place)).held_us is None
    copied = run("jobs", "show", done, "--json", "--store", copy)
    assert copied.json["result"] == 7
    assert {job["id"] for job in run("jobs", "list", "--json", "--store", copy).json["jobs"]} == {done, waiting}
    resumed = run("resume", "--store", copy)
    assert (resumed.code, resumed.lines) == (0, [f"{copy}: jobs start again"])
    assert look(str(copy)).held_us is None


def test_a_backup_says_the_same_to_programs(stage, tmp_path):
    stage.add()
    said = stage.run("backup", tmp_path / "copy", "--json").json
    size = sum(file.stat().st_size for file in (tmp_path / "copy").iterdir() if file.suffix == ".db")
    assert said == {"copied": str(stage.place), "target": str(tmp_path / "copy"), "bytes": size, "held": True}


def test_a_backup_to_a_place_that_is_taken_changes_nothing(stage, tmp_path):
    stage.add()
    said = stage.run("backup", tmp_path)
    assert said.code == 4
    assert said.err.splitlines() == [f"headway: {tmp_path} exists already", "  give a place that is not there yet"]


def test_a_backup_into_a_file_s_tables_is_a_usage_error(stage, tmp_path):
    stage.add()
    said = stage.run("backup", f"sqlite:///{tmp_path / 'copy.db'}")
    assert said.code == 2
    assert "a new directory" in said.err


def test_a_held_store_starts_nothing_and_ends_what_runs(stage):
    running = stage.start()
    stage.add()
    said = stage.run("hold")
    assert said.code == 0
    assert said.lines == [f"{stage.place} is held: no job starts until headway resume; what runs goes on to its end"]
    assert stage.claim() == ()
    assert stage.run("hold", "--json").json == {"store": str(stage.place), "held": True}
    assert stage.run("resume", "--json").json == {"store": str(stage.place), "held": False, "was_held": True}
    (claim,) = stage.claim()
    assert claim.id != running


def test_resuming_a_store_that_was_not_held_says_so(stage):
    stage.add()
    said = stage.run("resume")
    assert (said.code, said.lines) == (0, [f"{stage.place} was not held; nothing was changed"])


def test_restoring_as_the_page_says_brings_everything_back_and_runs_nothing_before_the_end(tmp_path):
    live, copy = tmp_path / "jobs", tmp_path / "monday"
    stage = Stage(live)
    done = stage.complete()
    stage.run("archive", "--older-than", "0s")
    waiting = stage.add()
    stage.run("backup", copy)
    stage.store.close()
    (live / "jobs.db").write_text("what a broken disk leaves " * 1000)
    page = (DOCS / "reference" / "store.md").read_text(encoding="utf-8")
    place, backup = "/var/lib/shop/jobs", "/backups/shop-monday"
    said = []
    for command in re.findall(
        r"`((?:mv|cp|headway) [^`]+)`", section(page, "### Restoring").split("A single month")[0]
    ):
        words = shlex.split(command.replace(place, str(live)).replace(backup, str(copy)))
        if words[0] == "headway":
            said.append(run(*words[1:], *([] if "--store" in words else ["--store", live])))
        else:
            subprocess.run(words, check=True)
    check, unfinished, resumed = said
    assert (check.code, check.out.count("warning"), check.out.count("problem")) == (1, 1, 0)
    assert "claims: headway resume lets jobs run again" in check.out
    assert f" {waiting} " in unfinished.out
    assert resumed.lines == [f"{live}: jobs start again"]
    assert look(str(live)).held_us is None
    assert run("jobs", "show", done, "--json", "--store", live).json["result"] == 7
