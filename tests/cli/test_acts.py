"""What commands change they write down, and `headway acts list` shows it."""

import getpass

import pytest

from headway.model.claim import NewJob
from headway.model.job import State
from headway.model.schedule import Definition
from headway.model.timetable import cron
from headway.store.batching import NewBatch

ME = getpass.getuser()


def acts(stage, *words):
    return stage.run("acts", "list", *words, "--json").json["acts"]


def told(act):
    return act["kind"], act["subject"], act["subject_id"], act["by"]


@pytest.fixture
def shop(stage):
    """A store with a schedule of its own, a batch, a queue with jobs and a worker."""
    job = NewJob(ref_id="", name="shop:report", payload="{}")
    stage.store.call(stage.store.put_schedule(Definition(name="nightly", timetable=cron("0 3 * * *"), job=job)))
    stage.store.call(stage.store.create_batch(NewBatch(app="default", name="import")))
    stage.add()
    return stage


class TestCommands:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("queues pause mail --by ann", ("pause", "queue", "mail", "ann")),
            ("queues resize mail 3", ("limit", "queue", "mail", ME)),
            ("queues rate mail 10 1m", ("limit", "queue", "mail", ME)),
            ("recurring pause nightly --by ann", ("pause", "schedule", "nightly", "ann")),
            ("recurring pause --all", ("pause", "scheduler", None, ME)),
            ("recurring run nightly", ("run", "schedule", "nightly", ME)),
            ("recurring revise nightly --max-runs 3", ("revise", "schedule", "nightly", ME)),
            ("recurring remove nightly --yes", ("remove", "schedule", "nightly", ME)),
            ("batches cancel import", ("cancel", "batch", "import", ME)),
            ("jobs cancel 1 --by ann", ("cancel", "job", "1", "ann")),
            ("jobs cancel ref-0", ("cancel", "job", "1", ME)),
            ("jobs revise 1 --priority high", ("revise", "job", "1", ME)),
            ("jobs delete 1 --yes", ("delete", "job", "1", ME)),
            ("jobs cancel --queue mail", ("cancel", "jobs", None, ME)),
            ("hold", ("hold", "store", None, ME)),
            ("archive --accept 2026-11", ("accept", "month", "2026-11", ME)),
            ("backup {folder}/copy", ("backup", "store", None, ME)),
        ],
    )
    def test_write_down_what_they_did_and_by_whom(self, shop, tmp_path, words, expected):
        assert shop.run(*words.format(folder=tmp_path).split()).code == 0
        (act,) = acts(shop)
        assert told(act) == expected
        assert act["via"] == "command"

    @pytest.mark.parametrize(
        ("before", "words", "kind"),
        [
            ("queues pause mail", "queues resume mail", "resume"),
            ("recurring pause nightly", "recurring resume nightly", "resume"),
            ("recurring pause --all", "recurring resume --all", "resume"),
            ("hold", "resume", "resume"),
            ("jobs cancel 1", "jobs retry 1", "retry"),
            ("jobs cancel 1", "jobs replay 1", "replay"),
        ],
    )
    def test_leave_a_trace_of_what_was_undone_too(self, shop, before, words, kind):
        assert shop.run(*before.split()).code == 0
        assert shop.run(*words.split()).code == 0
        assert [act["kind"] for act in acts(shop)] == [
            kind,
            before.split()[0] if before == "hold" else before.split()[1],
        ]

    @pytest.mark.parametrize(
        "words",
        [
            "queues resume mail",
            "recurring resume nightly",
            "resume",
            "jobs retry 1",
            "jobs replay 1",
            "jobs cancel 999",
            "backup .",
            "jobs cancel --queue other",
            "jobs delete 999 --yes",
            "jobs cancel 1 --dry-run",
            "workers restart smtp",
            "purge --completed-older-than 1d --yes",
        ],
    )
    def test_write_nothing_where_they_did_nothing(self, shop, words):
        shop.run(*words.split())
        assert acts(shop) == []

    def test_say_which_jobs_it_was_and_by_which_filter(self, stage):
        jobs = [stage.add(queue="mail") for _ in range(3)]
        stage.add(queue="other")
        stage.run("jobs", "cancel", "--queue", "mail")
        (act,) = acts(stage)
        assert sorted(act["note"]["jobs"]) == jobs
        assert act["note"]["filter"]["queues"] == ["mail"]

    def test_never_write_down_arguments(self, shop):
        shop.run("jobs", "revise", 1, "--arguments", '{"to": "hush"}')
        shop.run("recurring", "revise", "nightly", "--arguments", '{"to": "hush"}')
        assert [act["note"]["arguments"] for act in acts(shop)] == [["to"], ["to"]]

    def test_write_down_what_they_purged(self, stage):
        stage.complete()
        assert stage.run("purge", "--completed-older-than", "0s", "--yes").code == 0
        (act,) = acts(stage)
        assert (told(act), act["note"]["deleted"]) == (("purge", "jobs", None, ME), 1)


class TestList:
    def test_goes_on_below_an_id(self, shop):
        for _ in range(2):
            shop.run("queues", "pause", "mail")
            shop.run("queues", "resume", "mail")
        page = shop.run("acts", "list", "--limit", 3, "--json").json
        assert [act["kind"] for act in page["acts"]] == ["resume", "pause", "resume"]
        rest = shop.run("acts", "list", "--before", page["next_before"], "--json").json
        assert ([act["kind"] for act in rest["acts"]], rest["next_before"]) == (["pause"], None)

    def test_by_subject_and_person(self, shop):
        shop.run("queues", "pause", "mail", "--by", "ann")
        shop.run("queues", "pause", "other", "--by", "bob")
        shop.run("jobs", "cancel", 1, "--by", "ann")
        assert [told(act)[:3] for act in acts(shop, "--subject", "queue:mail")] == [("pause", "queue", "mail")]
        assert len(acts(shop, "--subject", "queue")) == 2
        assert [act["subject"] for act in acts(shop, "--by", "ann")] == ["job", "queue"]
        assert acts(shop, "--app-name", "another") == []

    def test_is_read_by_people(self, shop):
        assert shop.run("acts", "list").code == 1
        shop.run("queues", "resize", "mail", 3, "--json")
        said = shop.run("acts", "list")
        assert said.code == 0
        assert said.lines[0].split() == ["id", "when", "who", "did", "to", "app", "by", "way", "of", "note"]
        assert "limit" in said.lines[1]
        assert "queue mail" in said.lines[1]
        assert "size 3" in said.lines[1]
        assert said.lines[-1] == "1 act"


class TestDelete:
    def test_asks_for_yes(self, stage):
        job = stage.complete()
        said = stage.run("jobs", "delete", job)
        assert (said.code, "--yes" in said.err) == (2, True)
        assert stage.run("jobs", "delete", job, "--dry-run").lines[0] == f"{job} would be deleted"
        assert stage.state(job) is State.COMPLETED

    def test_tells_of_each(self, stage):
        done, runs, pending = stage.complete(), stage.start(), stage.add()
        said = stage.run("jobs", "delete", done, runs, pending, 999, "--yes")
        assert said.code == 1
        assert said.lines == [
            f"{done} deleted",
            f"{runs} not deleted: it runs, or its callback has not ended; cancel it first",
            f"{pending} deleted",
            "999 not found",
            "2 jobs of 4",
        ]

    def test_by_a_filter_means_what_ended(self, stage):
        done, pending, runs = stage.complete(), stage.add(), stage.start()
        assert stage.run("jobs", "delete", "--all", "--yes", "--json").json["results"] == [
            {"job": done, "outcome": "deleted", "done": True}
        ]
        assert (stage.state(pending), stage.state(runs)) == (State.QUEUED, State.RUNNING)
        (act,) = acts(stage)
        assert act["note"]["jobs"] == [done]

    def test_leaves_word_of_what_it_was(self, stage):
        job = stage.fail(ref_id="order-7")
        stage.run("jobs", "delete", "order-7", "--yes", "--by", "ann")
        (act,) = acts(stage, "--subject", f"job:{job}")
        assert act["note"] == {"outcome": "deleted", "was": "failed", "name": "shop:send", "ref_id": "order-7"}

    def test_of_what_others_need_is_refused(self, stage):
        parent = stage.add()
        stage.add(depends_on=(parent,), condition="finished")
        said = stage.run("jobs", "delete", parent, "--yes")
        assert (said.code, "depend on it" in said.out) == (1, True)


class TestDrain:
    def test_is_by_number_or_uid_and_shown(self, stage):
        stage.claim()
        said = stage.run("nodes", "drain", stage.node, "--by", "ann")
        assert (said.code, said.out) == (0, f"node {stage.node} (here, process 1) is draining\n")
        assert stage.run("nodes", "drain", "node-1").out.endswith("was draining before; nothing was changed\n")
        listed = stage.run("nodes", "--json")
        assert [node["state"] for node in listed.json["nodes"]] == ["draining"]
        assert listed.code == 1, "none is active"
        said = stage.run("nodes", "undrain", "node-1", "--json")
        assert said.json == {"results": [{"node": stage.node, "uid": "node-1", "state": "active", "changed": True}]}
        assert [told(act) for act in acts(stage)] == [
            ("undrain", "node", "node-1", ME), ("drain", "node", "node-1", "ann"),
        ]  # fmt: skip

    def test_of_an_unknown_node_changes_nothing(self, stage):
        stage.claim()
        said = stage.run("nodes", "drain", stage.node, "node-2")
        assert said.code == 1
        assert "did you mean node-1?" in said.err
        assert stage.run("nodes", "list").code == 0

    def test_of_a_node_that_left_is_exit_1(self, stage):
        stage.claim()
        stage.store.call(stage.store.leave(stage.node))
        said = stage.run("nodes", "drain", "node-1")
        assert (said.code, "was left before" in said.out) == (1, True)

    def test_refuses_options_before_the_command(self, stage):
        stage.claim()
        said = stage.run("nodes", "--json", "drain", "node-1")
        assert said.code == 2
        assert stage.run("nodes").code == 0
