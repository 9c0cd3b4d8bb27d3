"""The errors: one base, documented, able to be rebuilt elsewhere."""

from __future__ import annotations

import copy
import inspect
from datetime import timedelta

import pytest

from headway.model import errors
from headway.model.errors import (
    EndpointFailed,
    EndpointRefused,
    HeadwayError,
    JobCancelled,
    JobDone,
    JobFailed,
    JobInterrupted,
    OptionInvalid,
    PayloadTooLarge,
    Permanent,
    Retry,
    UserNotFound,
)

EVERY = [value for value in vars(errors).values() if inspect.isclass(value) and value.__module__ == errors.__name__]
RAISED_BY_HANDLERS = {Retry, Permanent, JobDone, JobInterrupted, UserNotFound, EndpointFailed, EndpointRefused}


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_has_the_one_base_and_says_its_pattern(kind):
    assert (kind in RAISED_BY_HANDLERS) is not issubclass(kind, HeadwayError)
    assert kind.__dict__["__doc__"].rstrip().endswith((".", "?", "...", ">"))


def test_an_interruption_passes_except_exception():
    assert not issubclass(JobInterrupted, Exception)
    assert JobInterrupted("timeout").reason == "timeout"


def test_facts_survive_reconstruction_so_that_executors_can_carry_errors():
    failed = JobFailed("job 7 failed", code="timeout", message="too slow", error_type="E", traceback="t", attempts=3)
    back = copy.copy(failed)
    assert (str(back), vars(back)) == (str(failed), vars(failed))
    assert copy.copy(PayloadTooLarge("large", size=2, limit=1)).size == 2


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.ArgumentsInvalid, TypeError),
        (errors.OptionInvalid, ValueError),
        (errors.NameInvalid, ValueError),
        (errors.JobNotFound, LookupError),
        (errors.ResultNotReady, TimeoutError),
        (errors.StoreBusy, errors.StoreUnavailable),
        (errors.StorePlaceInvalid, ValueError),
    ],
)
def test_errors_are_also_what_python_calls_them(kind, builtin):
    assert issubclass(kind, builtin)


def test_a_retry_may_say_when_and_not_backwards():
    assert Retry(timedelta(seconds=3), reason="busy").in_ == timedelta(seconds=3)
    assert Retry().in_ is None
    for wrong in (timedelta(seconds=-1), timedelta.max, 5):
        with pytest.raises(OptionInvalid, match=r"Retry\(in_=...\) cannot be"):
            Retry(wrong)


def test_a_cancellation_carries_its_reason():
    cancelled = copy.copy(JobCancelled("job 7 was cancelled", code="parent_failed", reason="its parent failed"))
    assert (cancelled.code, cancelled.reason) == ("parent_failed", "its parent failed")
