from headway.model.job import State
from headway.view import words
from headway.view.estimates import with_estimates
from tests.view.rows import NOW_US, SECOND, job_row

RUNNING = {"state": State.RUNNING, "started_us": NOW_US - 5 * SECOND}


def shown(*rows, durations=(10 * SECOND,)):
    return [words.progress(row) for row in with_estimates(rows, lambda _name: durations, now_us=NOW_US)]


def test_a_silent_job_has_an_estimate_that_says_so_and_keeps_its_message():
    assert shown(job_row(**RUNNING), job_row(**RUNNING, message="parsing")) == [
        "50 % estimated",
        "50 % estimated, parsing",
    ]


def test_what_a_job_reports_itself_stays_and_without_history_there_is_nothing():
    reports = job_row(**RUNNING, fraction=0.1, message="a tenth")
    assert shown(reports, job_row(**RUNNING), durations=()) == ["10 %" + " a tenth", ""]


def test_what_does_not_run_is_not_estimated_and_each_handler_is_asked_for_once():
    asked = []

    def durations(name):
        asked.append(name)
        return (SECOND,)

    rows = (job_row(**RUNNING), job_row(**RUNNING), job_row(), job_row(**RUNNING, fraction=0.5))
    found = with_estimates(rows, durations, now_us=NOW_US)
    assert [row.fraction for row in found] == [0.99, 0.99, None, 0.5]
    assert asked == [rows[0].name]
