"""Commands that look at the store as a whole, or keep house in it."""

import csv
import io
import json

from headway.model.job import State
from headway.model.outcome import EndKind


def test_counts_name_every_state(stage):
    stage.add()
    stage.fail()
    counted = stage.run("jobs", "counts", "--json").json
    assert (counted["counts"]["queued"], counted["counts"]["failed"], counted["counts"]["completed"]) == (1, 1, 0)
    assert counted["total"] == 2
    assert stage.run("jobs", "counts").lines[-1] == "2 jobs"


def test_queues_tell_how_they_stand(stage):
    stage.add(queue="mail")
    stage.start(queue="reports", priority=5)
    said = stage.run("queues", "list", "--json")
    by_name = {each["queue"]: each for each in said.json["queues"]}
    assert by_name["mail"]["queued"] == 1
    assert by_name["reports"]["running"] == 1
    assert stage.run("queues", "list").lines[0].split()[0] == "queue"


def test_nodes_are_listed_and_none_active_is_exit_1(stage):
    stage.add()
    assert stage.run("nodes").code == 1
    stage.claim()
    said = stage.run("nodes", "--json")
    assert said.code == 0
    assert [(node["uid"], node["state"], node["concurrency"]) for node in said.json["nodes"]] == [
        ("node-1", "active", 4)
    ]
    assert "active" in stage.run("nodes").out


def test_a_csv_export_has_exactly_the_listed_rows(stage):
    for number in range(3):
        stage.fail(tags=("a", "b"), created_by="=1+1" if number == 0 else "ann")
    stage.complete()
    listed = stage.run("jobs", "list", "state:failed", "--json").json["jobs"]
    rows = list(csv.DictReader(io.StringIO(stage.run("export", "state:failed").out)))
    assert [int(row["id"]) for row in rows] == [job["id"] for job in listed]
    assert list(rows[0]) == list(listed[0])
    assert rows[0]["tags"] == "a b"
    assert rows[-1]["created_by"] == "'=1+1"


def test_json_exports_say_the_same_in_one_document_or_in_lines(stage):
    stage.fail()
    stage.complete()
    listed = stage.run("jobs", "list", "--json").json["jobs"]
    assert stage.run("export", "--json").json == {"jobs": listed, "total": 2}
    assert [json.loads(line) for line in stage.run("export", "--format", "jsonl").lines] == listed


def test_an_export_to_a_file_is_there_whole(stage, tmp_path):
    stage.fail()
    file = tmp_path / "out.csv"
    said = stage.run("export", "--output", file, "--json")
    assert said.json == {"written": 1, "file": str(file)}
    assert len(file.read_text().splitlines()) == 2
    assert stage.run("export", "--output", tmp_path / "no" / "out.csv").code == 1


def test_an_export_of_nothing_is_exit_1(stage):
    stage.add()
    assert stage.run("export", "state:failed").code == 1


def test_ended_jobs_are_archived_and_still_listed(stage):
    job = stage.complete()
    said = stage.run("archive", "--older-than", "0s", "--json")
    assert said.json == {"archived": 1}
    assert stage.run("jobs", "list", "--json").json["jobs"][0]["archived"] is True
    assert stage.run("jobs", "show", job, "--json").json["result"] == 7


def test_without_an_age_jobs_are_archived_as_old_as_a_worker_would(stage):
    stage.complete()
    assert stage.run("archive", "--json").json == {"archived": 0}
    assert "[default: 1 h, as a worker]" in " ".join(stage.run("archive", "--help").out.split())


def test_purge_wants_to_be_told_what_and_yes(stage):
    stage.complete()
    assert stage.run("purge").code == 2
    assert stage.run("purge", "--completed-older-than", "0s").code == 2
    assert len(stage.ids()) == 1
    failed = stage.fail()
    assert stage.run("purge", "--completed-older-than", "0s", "--yes", "--json").json == {
        "deleted": 1, "logs_removed": 0, "lines_removed": 0, "bodies_removed": 0,
    }  # fmt: skip
    assert stage.ids() == (failed,)


def test_purge_of_logs_leaves_the_rest_and_says_how_much_went(stage):
    job = stage.add(priority=1)
    claim = stage.claim()[0]
    stage.report(claim, "one", "two")
    stage.settle(claim, State.COMPLETED, EndKind.RETURNED, result="7")
    said = stage.run("purge", "--logs-older-than", "0s", "--completed-older-than", "90d", "--yes")
    assert (said.code, said.out) == (0, "0 jobs deleted; logs of 1 job removed, 2 lines\n")
    shown = stage.run("jobs", "show", job, "--json").json
    assert (shown["result"], shown["log_lines_dropped"], shown["kept"]) == (7, 2, "no_log")
    page = stage.run("jobs", "show", job).out
    assert "yes, its log is removed" in page
    assert "2 lines not kept" in page
    assert stage.run("jobs", "log", job).err == f"job {job} has no log lines; 2 lines not kept\n"
    assert stage.run("purge", "--logs-older-than", "0s", "--yes").out == "logs of 0 jobs removed, 0 lines\n"


def test_purge_of_bodies_leaves_the_summaries(stage):
    jobs = [stage.complete(), stage.fail()]
    said = stage.run("purge", "--bodies-older-than", "0s", "--yes", "--json")
    assert said.json == {"deleted": 0, "logs_removed": 0, "lines_removed": 0, "bodies_removed": 2}
    assert stage.run("jobs", "list", "--json").json["total"] == 2
    page = stage.run("jobs", "show", jobs[1]).out
    assert "removed by retention (keep_bodies)" in page
    assert "yes, only its summary is kept" in page
    said = stage.run("jobs", "retry", jobs[1])
    assert (said.code, "enqueue it anew" in said.err) == (4, True)
    assert stage.run("purge", "--bodies-older-than", "0s", "--yes").out == "bodies of 0 jobs removed\n"


def test_a_duration_that_is_none_is_a_usage_error(stage):
    stage.add()
    said = stage.run("archive", "--older-than", "soon")
    assert said.code == 2
    assert "90s" in said.err
