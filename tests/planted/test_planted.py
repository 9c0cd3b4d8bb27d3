"""Every planted bug turns the test red that claims to guard against it; without a bug all of them are green."""

import pytest

from tools.planted import RED, Bug, read_bugs, run

BUGS = read_bugs()
WORLDS = "test_simulator.py::test_whatever_happens_every_promise_is_kept"


@pytest.mark.timeout(60)  # some are noticed by the time limit of the test that they break
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug) -> None:
    done = run([bug.test], bug)
    assert done.returncode == RED, done.stdout + done.stderr
    assert "1 failed" in done.stdout, done.stdout


@pytest.mark.timeout(180)
def test_without_a_bug_the_same_tests_are_green() -> None:
    # Of the worlds one is enough: that all are green is shown where they are tested.
    tests = {f"{bug.test}[0]" if bug.test.endswith(WORLDS) else bug.test for bug in BUGS}
    done = run(sorted(tests), None)
    assert done.returncode == 0, done.stdout + done.stderr
