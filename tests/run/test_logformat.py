import json
import logging
import sys

import pytest

from headway.run.logformat import JsonFormatter, TextFormatter


def record(message="job done", **extra):
    made = logging.LogRecord("headway.worker", logging.WARNING, __file__, 1, message, (), None)
    made.__dict__.update(extra)
    return made


def test_a_record_as_text_cannot_steer_a_terminal():
    line = TextFormatter().format(record("a\x1b[31m"))
    assert line.endswith("WARNING headway.worker: a\N{REPLACEMENT CHARACTER}[31m")


def test_a_record_as_json_carries_the_job_and_a_utc_moment():
    said = json.loads(JsonFormatter().format(record(job_id=7, queue="mail", other=object())))
    assert said["level"] == "warning"
    assert said["message"] == "job done"
    assert (said["job_id"], said["queue"]) == (7, "mail")
    assert "other" not in said
    assert said["at"].endswith("Z")


def test_a_record_of_an_error_carries_its_traceback():
    try:
        int("oops")
    except ValueError:
        said = json.loads(JsonFormatter().format(record(exc_info=sys.exc_info())))
    assert "ValueError: invalid literal" in said["traceback"]


@pytest.mark.parametrize(
    ("logger", "said"),
    [
        ("shop.mail", "WARNING shop.mail: job 7 send: out of ink"),
        ("headway.job.send", "WARNING headway.job.send: job 7: out of ink"),
        ("headway.worker", "WARNING headway.worker: out of ink"),
    ],
)
def test_a_line_of_a_body_names_its_job_once(logger, said):
    one = record("out of ink", job_id=7, job_name="send")
    one.name = logger
    assert TextFormatter().format(one).endswith(said)


def test_outside_of_a_job_no_job_is_named():
    one = record("out of ink", job_id=None, job_name=None)
    assert TextFormatter().format(one).endswith("WARNING headway.worker: out of ink")
    assert "job_id" not in json.loads(JsonFormatter().format(one))
