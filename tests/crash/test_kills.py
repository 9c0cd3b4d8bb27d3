"""Real processes, killed for real: thirty whole worker trees under load."""

from pathlib import Path

import pytest

from faults.crash import run


@pytest.mark.timeout(240)  # thirty kills, with the time that new worker trees need to start on a busy machine
def test_nothing_acknowledged_is_lost_and_nothing_finished_runs_again(tmp_path: Path) -> None:
    verdict = run(30, seed=20261122, folder=tmp_path)
    assert verdict.wrong == []
    assert verdict.completed == verdict.acknowledged > 0
    assert verdict.ran_again <= verdict.in_flight
