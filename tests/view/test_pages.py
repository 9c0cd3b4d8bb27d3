from datetime import UTC

from headway.model.job import State
from headway.model.outcome import EndKind, ErrorText, LogLine
from headway.store.protocol import AttemptRow, Kept, StoredLine
from headway.view import records
from headway.view.pages import TEXT_MAX, detail_page, log_line
from headway.view.secrets import MASK, Masking, declared, mask
from tests.view.rows import MINUTE, NOW_US, SECOND, job_detail, job_row


def page(detail, masking=None):
    return detail_page(detail, masking or Masking(), now_us=NOW_US, zone=UTC)


def facts(shown):
    return {fact.label: fact.value for fact in shown.facts}


def sections(shown):
    return {section.title.split(" (")[0]: section.text for section in shown.sections}


def test_facts_say_what_is_known_and_leave_out_what_is_not():
    row = job_row(
        state=State.RUNNING,
        started_us=NOW_US - MINUTE,
        epoch=1,
        fraction=0.4,
        message="checking",
        priority=5,
        node_id=3,
    )
    shown = facts(page(job_detail(row)))
    assert shown["state"] == "running"
    assert shown["progress"] == "40 % checking"
    assert shown["queue"] == "mail, priority 5"
    assert shown["took"] == "1 min"
    assert shown["created"] == "2026-11-22 02:57:00 (3 min ago)"
    assert shown["node"] == "3"
    assert not {"batch", "user", "tags", "archived", "finished"} & set(shown)


def test_a_failed_job_shows_its_latest_error_without_secrets():
    error = ErrorText("ValueError", "pin 98765 is wrong", "Traceback\nValueError: pin 98765 is wrong")
    attempt = AttemptRow(epoch=1, node_uid="n", started_us=NOW_US - MINUTE, finished_us=NOW_US - SECOND, kind=EndKind.RAISED, code=None, reason=None, error=error)  # fmt: skip
    row = job_row(
        state=State.FAILED, reason="pin 98765 is wrong", started_us=NOW_US - MINUTE, finished_us=NOW_US, epoch=1
    )
    shown = page(job_detail(row, payload='{"pin": "98765"}', attempts=(attempt,)), declared(["pin"]))
    assert sections(shown)["error of epoch 1"] == f"Traceback\nValueError: pin {MASK} is wrong"
    assert "98765" not in str(shown)
    assert "98765" not in str(
        records.detail(job_detail(row, payload='{"pin": "98765"}', attempts=(attempt,)), declared(["pin"]))
    )


def test_an_archive_that_was_taken_away_is_told():
    assert "archive" in sections(page(job_detail(job_row(), payload=None)))["arguments"]


def test_what_retention_removed_is_told():
    row = job_row(state=State.FAILED, archived=True)
    summary = page(job_detail(row, payload=None, kept=Kept.SUMMARY))
    assert sections(summary)["arguments"] == "removed by retention (keep_bodies)"
    assert facts(summary)["archived"] == "yes, only its summary is kept"
    without_log = facts(page(job_detail(row, kept=Kept.NO_LOG, lines_dropped=1200)))
    assert (without_log["archived"], without_log["log"]) == ("yes, its log is removed", "1 200 lines not kept")
    plain = facts(page(job_detail(row)))
    assert (plain["archived"], "log" in plain) == ("yes", False)


def test_a_job_that_is_due_later_or_parked_says_so():
    due = facts(page(job_detail(job_row(state=State.SCHEDULED, due_us=NOW_US + MINUTE))))
    assert due["due"] == "2026-11-22 03:01:00 (in 1 min)"
    parked = facts(page(job_detail(job_row(blocked="unknown_handler"))))
    assert parked["state"] == "queued (no worker knows this handler)"


def test_statistics_and_checkpoint_are_shown_masked():
    detail = job_detail(job_row(), payload='{"pin":"4711"}', stats='{"rows":3}', checkpoint='{"at":"4711"}')
    shown = sections(page(detail, declared(("pin",))))
    assert '"rows": 3' in shown["statistics"]
    assert "4711" not in shown["checkpoint"]


def test_a_result_that_was_too_large_is_told_by_its_size():
    shown = page(job_detail(job_row(state=State.COMPLETED, finished_us=NOW_US), result_size=2_000_000))
    assert sections(shown)["result"] == "not stored: it took 2 000 000 bytes"


def test_a_long_text_is_cut_and_says_by_how_much():
    shown = page(job_detail(job_row(), payload='{"a": "' + "x" * 30_000 + '"}'))
    text = sections(shown)["arguments"]
    assert "characters more" in text
    assert len(text) < TEXT_MAX + 100


def test_the_history_is_told_in_local_time_and_marks_what_is_not_exact():
    row = job_row(state=State.QUEUED, created_by="ann")
    assert [(moment.at, moment.text) for moment in page(job_detail(row)).history] == [
        ("2026-11-22 02:57:00", "queued, created, by ann")
    ]


def test_a_log_line_names_unusual_levels_and_indents_its_further_lines():
    line = StoredLine(number=1, epoch=1, line=LogLine(NOW_US, 40, "bad\nworse\x1b[0m"))
    text = log_line(line, mask("{}", Masking()), UTC)
    assert text == "2026-11-22 03:00:00 ERROR bad\n    worse\N{REPLACEMENT CHARACTER}[0m"


def test_levels_between_names_take_the_lower_one():
    assert [records.level(number) for number in (5, 10, 25, 30, 60)] == [
        "debug",
        "debug",
        "info",
        "warning",
        "critical",
    ]


def test_records_keep_broken_json_as_its_text():
    assert records.parsed("{broken") == "{broken"
    assert records.parsed("[1]") == [1]
    assert records.parsed(None) is None


def test_a_condition_and_the_job_of_a_callback_are_told():
    shown = facts(page(job_detail(job_row(condition="failure_or_cancelled", callback_of=7))))
    assert (shown["runs on"], shown["callback of"]) == ("failure or cancelled", "job 7")
