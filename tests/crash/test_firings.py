"""Real processes, killed for real, while schedules fire every second."""

from pathlib import Path

import pytest

from faults.firings import run


@pytest.mark.timeout(180)  # twenty seconds of instants, with the time that new workers need to start on a busy machine
def test_each_instant_has_one_job_or_is_recorded_as_missed(tmp_path: Path) -> None:
    verdict = run(20, seed=20261122, folder=tmp_path)
    assert verdict.wrong == []
    assert verdict.kills > 0
