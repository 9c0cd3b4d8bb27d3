"""headway copy: what it says and with which code it ends."""

from headway.store.moving import filling
from headway.store.moving.sides import opened
from headway.store.open import look
from tests.cli.stage import run


def test_a_store_moves_and_the_old_place_says_where(stage, tmp_path):
    job = stage.complete()
    waiting = stage.add()
    target = tmp_path / "new"
    said = run("copy", stage.place, target)
    assert said.code == 0, said.err
    assert said.lines[0].startswith(f"{stage.place} copied to {target}: ")
    assert said.lines[1] == f"{stage.place} takes no more changes; give {target} to workers and programs"
    assert run("jobs", "show", job, "--json", "--store", target).json["result"] == 7
    refused = stage.run("jobs", "cancel", waiting)
    assert refused.code == 4
    assert f"has moved to {target}" in refused.err
    again = run("copy", stage.place, target)
    assert (again.code, again.lines) == (0, [f"{stage.place} was copied to {target} before; nothing was changed"])


def test_programs_get_counts_and_hashes(stage, tmp_path):
    stage.add()
    said = run("copy", stage.place, tmp_path / "new", "--preview", "--json").json
    assert (said["moved"], said["held"], said["tables"]["headway_job"]["rows"]) == (False, True, 1)
    assert len(said["tables"]["headway_job"]["sha256"]) == 64


def test_a_copy_that_cannot_be_is_refused(stage, tmp_path):
    stage.start()
    said = run("copy", stage.place, tmp_path / "new", "--drain-timeout", "0s")
    assert said.code == 4
    assert "1 jobs run" in said.err
    assert look(str(stage.place)).held_us is None
    assert run("copy", stage.place).code == 2
    assert run("copy", stage.place, "--release").code == 1


def test_a_store_is_released(stage, tmp_path):
    job = stage.add()
    run("copy", stage.place, tmp_path / "new")
    assert run("copy", stage.place, "--release").code == 4
    said = run("copy", stage.place, "--release", "--force", "--json").json
    assert said == {"released": str(stage.place), "target": str(tmp_path / "new"), "was": "moved"}
    assert stage.run("jobs", "cancel", job).code == 0


def test_half_a_copy_is_given_up(stage, tmp_path):
    stage.add()
    target = tmp_path / "new"
    for force, end in (
        (False, "is open again, and empty: what was copied from {} is deleted"),
        (True, "is open with what was copied so far: not everything of {} is there"),
    ):
        begin_a_copy(stage.place, target)
        refused = run("queues", "pause", "mail", "--store", target)
        assert refused.code == 4
        assert f"is being filled by a copy from {stage.place}, started " in refused.err
        said = run("copy", target, "--release", *(["--force"] * force))
        assert (said.code, said.out) == (0, f"{target} {end.format(stage.place)}\n"), said.err
        assert run("queues", "pause", "mail", "--store", target, "--app-name", "default").code == 0
        target = tmp_path / "another"
    begin_a_copy(stage.place, target := tmp_path / "third")
    said = run("copy", target, "--release", "--json")
    assert said.json == {"released": str(target), "source": str(stage.place), "was": "filling"}


def begin_a_copy(source, target):
    with opened(str(source)) as one, opened(str(target)) as other:
        filling.begin(other, "an interrupted one", one.store.place)
