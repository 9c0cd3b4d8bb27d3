"""A copy whose process is killed, and a worker and clients that know nothing of it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headway.model.displaced import StoreMoved
from headway.store.moving.move import Move, move
from headway.store.moving.table import BLOCK_ROWS
from headway.store.open import open_store
from tests.cli.stage import Stage
from tests.moving.stores import live, place_of
from tests.moving.test_copy import NAMES, PAIRS, copied, details
from tests.moving.test_filling import refused

ROOT = Path(__file__).resolve().parents[2]
JOBS = BLOCK_ROWS + 10
SHOWN = 20


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=NAMES)
def test_a_killed_copy_goes_on_with_the_same_command(tmp_path, one, other):
    from headway.model.claim import NewJob

    source, target = place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target")
    lived = len(live(source))
    store = open_store(source)
    store.call(store.enqueue([NewJob(ref_id=f"many-{n}", name="shop:send", payload="{}") for n in range(JOBS)]))
    store.close()
    before = details(source, SHOWN)
    for blocks in (1, 2):
        died = subprocess.run(
            [sys.executable, "-m", "tests.moving.child", source, target, str(blocks)], cwd=ROOT, timeout=60, check=False
        )
        assert died.returncode == -signal.SIGKILL
        refused(target, source)
    moved = copied(source, target, force=True)
    assert {table.table: table.rows for table in moved.tables}["headway_job"] == JOBS + lived
    assert details(target, SHOWN) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_whoever_enqueues_meanwhile_is_refused_or_copied(tmp_path, kind):
    """What was accepted is in the copy; what was refused is in neither."""
    source, target = place_of(kind, tmp_path / "source"), place_of("sqlite", tmp_path / "target")
    stage = Stage(source)
    accepted, refused = [], []

    def enqueue(*_: object) -> None:
        ref = f"meanwhile-{len(accepted) + len(refused)}"
        try:
            accepted.append(stage.store.call(stage.store.enqueue([_job(ref)]))[0].id)
        except StoreMoved:
            refused.append(ref)

    enqueue()
    move(source, target, Move(), tell=enqueue, say=enqueue)
    stage.store.close()
    assert refused
    assert [one.row.id for one in details(target)] == sorted(accepted, reverse=True)


def _job(ref: str):
    from headway.model.claim import NewJob

    return NewJob(ref_id=ref, name="shop:send", payload="{}")
