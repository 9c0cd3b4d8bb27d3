"""The pytest plug-in: its fixtures are there without being asked for, and cost nothing until they are."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headway import State
from headway.model.claim import NewJob
from headway.store.protocol import Store
from headway.testing import FakeClock
from tests.testing.application import Shop


def test_the_clock_is_the_tests_own(headway_clock: FakeClock) -> None:
    assert headway_clock.now() == datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_the_store_is_clean_and_has_the_clock(
    headway_store: Store, headway_clock: FakeClock, headway_place: str
) -> None:
    reader = headway_store.reader
    assert headway_store.place == headway_place
    assert sum(reader.call(reader.counts()).values()) == 0
    job = headway_store.call(headway_store.enqueue([NewJob(ref_id="one", name="any", payload="{}")]))[0]
    row = reader.call(reader.job(job.id))
    assert row is not None
    assert row.created_us == headway_clock.now_us()


def test_jobs_by_hand(app: Shop, headway_manual, headway_clock: FakeClock) -> None:
    world = headway_manual(app.jobs)
    ref = app.flaky.enqueue(1)
    world.drain(until=headway_clock.now() + timedelta(hours=5))
    assert ref.status().state is State.COMPLETED


def test_jobs_inline(app: Shop, headway_inline) -> None:
    headway_inline(app.jobs)
    assert app.plain.enqueue("a").result() == 1


def test_jobs_recorded(app: Shop, headway_recording) -> None:
    sent = headway_recording(app.jobs)
    app.plain.enqueue("a")
    assert sent.of(app.plain) == [app.plain.call("a")]


def test_a_start_of_pytest_does_not_import_headway(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text(
        "import sys\n\n\ndef test_none():\n    assert 'headway_pytest' in sys.modules\n    assert 'headway' not in sys.modules\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_none.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
