import pytest

from headway.store.batching import NewBatch


@pytest.fixture
def batch(stage):
    """A batch of three, one of which has completed and one failed."""
    made = stage.store.call(stage.store.create_batch(NewBatch(app="default", name="nightly", created_by="ann"))).id
    stage.complete(batch=made, batch_id="nightly")
    stage.fail(batch=made, batch_id="nightly")
    stage.add(batch=made, batch_id="nightly")
    return made


def test_batches_are_listed_newest_first_with_their_counts(stage, batch):
    stage.store.call(stage.store.create_batch(NewBatch(app="default", name="empty"), sealed=True))
    said = stage.run("batches", "list")
    assert said.code == 0
    assert [line.split()[:4] for line in said.lines[1:3]] == [
        [str(batch + 1), "completed", "empty", "0"],
        [str(batch), "open", "nightly", "3"],
    ]
    assert said.lines[-1] == "2 batches"
    listed = stage.run("batches", "list", "--active", "--json").json["batches"]
    assert [(one["name"], one["jobs"], one["pending"], one["failed"]) for one in listed] == [("nightly", 3, 1, 1)]
    first = stage.run("batches", "list", "--limit", 1, "--json").json
    assert first["next_before"] == batch + 1
    rest = stage.run("batches", "list", "--before", first["next_before"], "--json").json
    assert [one["name"] for one in rest["batches"]] == ["nightly"]


def test_without_a_batch_the_list_is_empty_and_the_code_says_so(stage):
    said = stage.run("batches", "list")
    assert (said.code, said.lines) == (1, ["0 batches"])


def test_one_is_shown_by_its_name(stage, batch):
    said = stage.run("batches", "show", "nightly")
    assert said.code == 0
    assert said.lines[0] == f"batch {batch} nightly"
    assert "1 pending, 1 completed, 1 failed" in said.out
    assert "by ann" in said.out
    shown = stage.run("batches", "show", "nightly", "--json").json
    assert (shown["state"], shown["jobs"], shown["completed"], shown["progress"]) == ("open", 3, 1, None)
    assert stage.run("jobs", "list", "--batch", "nightly", "--json").json["total"] == 3


def test_one_that_is_not_there_is_said_to_be_missing(stage):
    for verb in ("show", "cancel"):
        said = stage.run("batches", verb, "nowhere")
        assert said.code == 1
        assert "there is no batch 'nowhere'" in said.err


def test_cancel_cancels_its_jobs_and_says_how_many(stage, batch):
    said = stage.run("batches", "cancel", "nightly", "--by", "bob")
    assert (said.code, said.lines) == (0, ["nightly cancelled, 1 job with it"])
    shown = stage.run("batches", "show", "nightly", "--json").json
    assert (shown["state"], shown["cancel_requested_by"], shown["cancelled"]) == ("failed", "bob", 1)
    again = stage.run("batches", "cancel", "nightly", "--json")
    assert (again.code, again.json["results"][0]["outcome"]) == (1, "final")


def test_a_job_that_waits_for_a_batch_says_for_which(stage):
    job = stage.add(after_batches=("later",))
    assert "batch later (there is none of that name yet)" in stage.run("jobs", "show", job).out
    shown = stage.run("jobs", "show", job, "--json").json
    assert shown["after_batches"] == [{"name": "later", "exists": False, "outcome": None, "waits": True}]
