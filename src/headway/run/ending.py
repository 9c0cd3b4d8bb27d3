"""What an attempt's end is called: from a returned value, an exception or a stop request to an Ending.

The handler's own decisions (should_retry, backoff) are taken here, where user code runs. Nothing a user's code does
stops an Ending from being made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from headway.model.errors import (
    EndpointFailed,
    EndpointRefused,
    JobDone,
    OptionInvalid,
    PayloadInvalid,
    Permanent,
    Retry,
    UserNotFound,
)
from headway.model.failure import MESSAGE_MAX_CHARS, clean, cut, describe
from headway.model.link import stored_parents
from headway.model.outcome import Ending, EndKind, ErrorText, has_retry
from headway.model.result import Cancelled, Failure, Snooze, Success
from headway.model.retry import Backoff, check_delay
from headway.model.stored_result import NOT_STORABLE, ResultProblem, encode_result
from headway.run.attempt import Attempt
from headway.run.runner import StopReason
from headway.run.stops import code_of

MICROSECOND: Final = timedelta(microseconds=1)
REASON_CHARS_MAX: Final = 1_000
WARNING: Final = 30
BY_EARLIER: Final = "a transaction of an earlier attempt of it was committed"
RESULT_MISSING: Final = "result_missing"
"""The code of a job whose argument was to be another job's result."""


class ExplicitFailure(Exception):
    """The handler returned Failure(...)."""


def returned(attempt: Attempt, value: object) -> Ending:
    """The ending of a body that returned, unless a stop request was swallowed."""
    if attempt.stop is not None and attempt.stop is not StopReason.SHUTDOWN:
        # Only a shutdown lets a body that came to its end count: work that is done shall not be done again.
        return stopped(attempt, attempt.stop)
    try:
        ending = _returned(attempt, value)
        return ending if attempt.marked is None else _as_marked(attempt, ending)
    except BaseException as error:  # noqa: BLE001 - the value's own code may raise anything
        return _bare(attempt, error)


def raised(attempt: Attempt, error: BaseException) -> Ending:
    """The ending of a body that raised."""
    if isinstance(error, JobDone):
        return _end(attempt, EndKind.RETURNED, result=error.result, reason=BY_EARLIER)
    if attempt.stop is not None:
        return stopped(attempt, attempt.stop)
    try:
        return _raised(attempt, error)
    except BaseException as other:  # noqa: BLE001 - should_retry and the exception's own code may raise anything
        return _bare(attempt, other)


def _as_marked(attempt: Attempt, ending: Ending) -> Ending:
    """A success has the result that its transaction was committed with; of any other end the store knows that it comes too late."""
    if ending.kind is not EndKind.RETURNED:
        return ending
    return msgspec.structs.replace(ending, result=attempt.marked, result_size=None, code=None)


def undecodable(attempt: Attempt, error: BaseException) -> Ending:
    """The ending of an attempt whose arguments could not be rebuilt: trying again would not help."""
    cause = error.__cause__
    broken = isinstance(cause, msgspec.DecodeError) and not isinstance(cause, msgspec.ValidationError)
    code = "undecodable" if broken or not isinstance(error, PayloadInvalid) else PayloadInvalid.code
    return _end(attempt, EndKind.RAISED, code=code, reason=_short(str(error)), error=describe(error), permanent=True)


def unlinked(attempt: Attempt) -> Ending:
    """The ending of an attempt that should have been given the results of other jobs, and there is none of some of them."""
    links = stored_parents(attempt.claim.links)
    words = "; ".join(
        f"argument {name} should be the result of job {parent}, which left none" for name, parent in links.items()
    )
    error = ErrorText(type="ResultMissing", message=words, traceback="")
    return _end(attempt, EndKind.RAISED, code=RESULT_MISSING, reason=_short(words), error=error, permanent=True)


def stopped(attempt: Attempt, reason: StopReason) -> Ending:
    """The ending of an attempt that was asked to stop."""
    match reason:
        case StopReason.TIMEOUT:
            words = (
                f"it ran longer than {attempt.timeout_s:g} s" if attempt.timeout_s is not None else "it ran too long"
            )
            delay_us = retry_delay_us(attempt) if _retries_timeouts(attempt) else None
            return _end(attempt, EndKind.TIMED_OUT, code=code_of(reason), reason=words, delay_us=delay_us)
        case StopReason.CANCEL:
            return _end(attempt, EndKind.CANCELLED)
        case _:
            return _end(attempt, EndKind.RELEASED, code=code_of(reason))


def retry_delay_us(attempt: Attempt) -> int | None:
    """The pause before the next attempt: the call's back-off, else the handler's computation, else its back-off.

    None where no attempt follows: the handler's computation is asked once for each retry, and for nothing else.
    """
    if not has_retry(attempt.claim.tries, attempt.claim.retries):
        return None
    if attempt.delay_us is None:
        attempt.delay_us = _delay_us(attempt)
    return attempt.delay_us


def _delay_us(attempt: Attempt) -> int:
    handler, options = attempt.handler, attempt.options
    failures = attempt.claim.tries + 1
    backoff = handler.backoff
    if not isinstance(options.backoff, msgspec.UnsetType):
        try:
            backoff = Backoff.from_json(options.backoff)
        except OptionInvalid:
            attempt.line(WARNING, "the call's back-off could not be read; the handler's is used")
    elif handler.backoff_call is not None:
        try:
            return check_delay("what the backoff function returned", handler.backoff_call(failures)) // MICROSECOND
        except BaseException as error:  # noqa: BLE001 - user code may raise anything
            attempt.line(WARNING, f"the backoff function failed, the default pause is used: {describe(error).message}")
    return backoff.delay(failures, attempt.site.random()) // MICROSECOND


def _returned(attempt: Attempt, value: object) -> Ending:
    match value:
        case None:
            return _end(attempt, EndKind.RETURNED)
        case Success(output=output, message=message):
            return _completed(attempt, output, _short(message))
        case Failure():
            return _raised(attempt, value.error or ExplicitFailure(value.message), value)
        case Cancelled():
            return _end(attempt, EndKind.CANCELLED, reason=_short(value.message))
        case Snooze():
            return _end(attempt, EndKind.SNOOZED, delay_us=value.delay_us(attempt.site.now_us()))
        case _:
            return _completed(attempt, value, None)


def _completed(attempt: Attempt, value: object, reason: str | None) -> Ending:
    if value is None:  # nothing to store: an absent result reads as None
        return _end(attempt, EndKind.RETURNED, reason=reason)
    options, handler = attempt.options, attempt.handler
    if not (handler.store_result if isinstance(options.store_result, msgspec.UnsetType) else options.store_result):
        return _end(attempt, EndKind.RETURNED, reason=reason)
    stored = encode_result(value, max_bytes=attempt.site.settings.result_bytes_max)
    if not isinstance(stored, ResultProblem):
        return _end(attempt, EndKind.RETURNED, result=stored.json, reason=reason)
    strict = handler.strict_result if isinstance(options.strict_result, msgspec.UnsetType) else options.strict_result
    if strict:
        error = ErrorText(type="ResultNotStorable", message=clean(stored.reason), traceback="")
        return _end(
            attempt, EndKind.RAISED, code=stored.code, reason=_short(stored.reason), error=error, permanent=True
        )
    attempt.line(WARNING, f"the result was not stored: {stored.reason}")
    size = stored.size if stored.code != NOT_STORABLE else None
    return _end(attempt, EndKind.RETURNED, result_size=size, code=stored.code, reason=reason or _short(stored.reason))


def _raised(attempt: Attempt, error: BaseException, failure: Failure | None = None) -> Ending:
    permanent = (failure is not None and failure.permanent) or not _may_retry(attempt, error)
    delay_us = None
    if not permanent:
        if isinstance(error, Retry) and error.in_ is not None:
            delay_us = error.in_ // MICROSECOND
        else:
            delay_us = retry_delay_us(attempt)
    text = describe(error)
    if failure is not None:
        text = msgspec.structs.replace(text, message=cut(str(failure.message), MESSAGE_MAX_CHARS))
    return _end(
        attempt,
        EndKind.RAISED,
        code=error.code if isinstance(error, UserNotFound | EndpointFailed | EndpointRefused) else None,
        error=text,
        reason=_short(text.message or text.type),
        permanent=permanent,
        delay_us=delay_us,
    )


def _retries_timeouts(attempt: Attempt) -> bool:
    chosen = attempt.options.retry_on_timeout
    return attempt.handler.retry_on_timeout if isinstance(chosen, msgspec.UnsetType) else chosen


def _may_retry(attempt: Attempt, error: BaseException) -> bool:
    handler = attempt.handler
    if isinstance(error, Permanent) or (handler.no_retry_on and isinstance(error, handler.no_retry_on)):
        return False
    if isinstance(error, Retry):
        return True
    if handler.retry_on and not isinstance(error, handler.retry_on):
        return False
    if handler.should_retry is None:
        return True
    try:
        return bool(handler.should_retry(attempt.context, error))
    except BaseException as other:  # noqa: BLE001 - user code may raise anything
        attempt.line(WARNING, f"should_retry failed, so the job may be retried: {describe(other).message}")
        return True


def _bare(attempt: Attempt, error: BaseException) -> Ending:
    """The ending that is left when making a better one failed."""
    return Ending(
        attempt.claim.id,
        attempt.claim.epoch,
        EndKind.RAISED,
        attempt.started_us,
        attempt.site.now_us(),
        error=describe(error),
        report=attempt.report(last=True),
    )


def _end(  # one place that fills the row
    attempt: Attempt,
    kind: EndKind,
    *,
    result: str | None = None,
    result_size: int | None = None,
    code: str | None = None,
    reason: str | None = None,
    error: ErrorText | None = None,
    permanent: bool = False,
    delay_us: int | None = None,
) -> Ending:
    children = attempt.children
    claim = attempt.claim
    return Ending(
        claim.id,
        claim.epoch,
        kind,
        attempt.started_us or claim.claimed_us,
        attempt.site.now_us(),
        result,
        result_size,
        code,
        reason,
        error,
        permanent,
        delay_us,
        None if attempt.buffer is None else attempt.report(last=True),
        msgspec.json.encode(children).decode() if children and kind is EndKind.RETURNED else None,
    )


def _short(text: object) -> str | None:
    return None if text is None else cut(str(text), REASON_CHARS_MAX)
