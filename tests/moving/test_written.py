"""Who moved a store is written down, in the old place and in the new one."""

import json
from typing import Any

import pytest

from headway.store.moving.move import Move, Who, move, release
from tests.cli.stage import run
from tests.moving.stores import live, place_of
from tests.postgres.databases import drop_databases

ANN = Who(by="ann", via="command")


@pytest.fixture(params=["sqlite-to-postgres", "postgres-to-sqlite"])
def places(request, tmp_path):
    one, other = request.param.split("-to-")
    yield place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target")
    drop_databases(tmp_path)


def written(place: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What was done to the store itself, oldest first, by the command line."""
    said = run("acts", "list", "--store", place, "--json").json
    own = [one for one in said["acts"] if one["subject"] == "store"]
    return [(one["kind"], one["by"], one["via"], one["note"]) for one in reversed(own)]


def moved(source: str, target: str, **how: Any) -> int:
    done = move(source, target, Move(who=ANN, **how), tell=lambda *_: None, say=lambda _: None)
    return sum(one.rows for one in done.tables)


def shown(place: str) -> str:
    return str(run("check", "--store", place, "--json").json["findings"][1]["what"])


def test_it_is_in_both_places(places):
    source, target = places
    live(source)
    rows = moved(source, target)
    left = ("copy", "ann", "command", {"target": shown(target)})
    assert written(source) == [left]
    assert written(target) == [left, ("copy", "ann", "command", {"source": shown(source), "rows": rows})]
    moved(source, target)
    assert len(written(target)) == 2, "done before: nobody did anything"


def test_an_interrupted_one_is_written_down_once(places):
    source, target = places
    live(source)

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            move(source, target, Move(who=ANN), tell=break_off, say=lambda _: None)
    moved(source, target)
    assert [kind for kind, *_ in written(target)] == ["copy", "copy"]


def test_who_opens_the_old_place_again_is_written_down_and_an_emptied_one_is_empty(places):
    source, target = places
    live(source)

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, Move(who=ANN), tell=break_off, say=lambda _: None)
    release(target, who=ANN)
    assert written(target) == []
    release(source, who=Who(by="bob", via="command"))
    assert written(source)[-1] == ("release", "bob", "command", {"target": shown(target), "was": "copying"})
    moved(source, target)
    assert [kind for kind, *_ in written(target)] == ["copy", "release", "copy", "copy"]


def test_what_did_not_come_about_is_not_written_down(places):
    source, target = places
    live(source)
    live(target)
    with pytest.raises(Exception, match="is not empty"):
        moved(source, target)
    assert written(source) == []


def test_a_preview_is_written_down_as_whoever_has_it_has_everything(places):
    source, target = places
    live(source)
    moved(source, target, preview=True)
    assert written(source) == [("copy", "ann", "command", {"target": shown(target), "preview": True})]
    assert written(target)[-1][3]["preview"] is True


def test_the_command_says_who_sits_there(places):
    source, target = places
    live(source)
    assert run("copy", source, target, "--by", "cat").code == 0
    assert {by for _, by, _, _ in written(target)} == {"cat"}
    assert run("copy", source, "--release", "--force", "--by", "dan").code == 0
    assert written(source)[-1][:3] == ("release", "dan", "command")
    assert json.loads(run("acts", "list", "--store", source, "--json").out)["acts"][0]["note"]["was"] == "moved"
