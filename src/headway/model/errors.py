"""Every error headway raises: one base, named for the state of the world; the docstring is the pattern of the message."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

RETRY_IN_MAX: Final = timedelta(days=3650)
"""The longest pause a handler may ask for: a moment beyond it does not fit every store."""


class HeadwayError(Exception):
    """Something headway was asked for cannot be done; each kind below says what."""


class ArgumentsInvalid(HeadwayError, TypeError):
    """<handler>: <argument>: expected <type>, got <type>. Nothing was stored."""


class PayloadInvalid(HeadwayError, ValueError):
    """The stored arguments (or result) of <handler> do not fit its present signature: <argument>: <why>."""

    code = "validation"


class PayloadTooLarge(HeadwayError, ValueError):
    """The arguments of <handler> take <size> bytes as JSON, the limit is <limit>. Nothing was stored."""

    def __init__(self, message: str, *, size: int = 0, limit: int = 0) -> None:
        super().__init__(message)
        self.size = size
        self.limit = limit


class OptionInvalid(HeadwayError, ValueError):
    """<option> cannot be <value>: <what it can be>."""


class OptionUnknown(HeadwayError, TypeError):
    """There is no option <name>; did you mean <name>? The options are <names>."""


class NameInvalid(OptionInvalid):
    """The <kind> <text> <what is wrong>; write <nearest fix>."""


class ZoneUnknown(OptionInvalid):
    """There is no zone <name>: <what to write>."""


class CronInvalid(OptionInvalid):
    """The cron expression <text> cannot be: <reason and what to write instead>; a caret marks the character."""

    def __init__(self, message: str, *, text: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.text = text
        self.position = position


class ConfigInvalid(HeadwayError, ValueError):
    """The setting <name> (from <place>) cannot be <value>: <what it can be>."""


class StartupFailed(HeadwayError, RuntimeError):
    """The on_startup hook <name> failed: <error>; the worker did not start."""


class WorkerBroken(HeadwayError, RuntimeError):
    """The worker stopped: <what broke>; what it ran was given back and runs again elsewhere."""


class HandlerUnknown(HeadwayError, LookupError):
    """No handler is registered as <name>; did you mean <name>?"""


class HandlerExists(HeadwayError, ValueError):
    """Two handlers are named <name>: <one> and <other>; give one of them name=..."""


class HandlerRefused(HeadwayError, TypeError):
    """<function> cannot be a handler: <why>; <what to do>."""


class EnqueueVetoed(HeadwayError):
    """The job <name> was not enqueued: <hook> said no: <reason>."""


class JobNotFound(HeadwayError, LookupError):
    """There is no job <id or ref_id> in this store."""


class DuplicateRefId(HeadwayError, ValueError):
    """A job with ref_id <text> exists with other content: <what differs>."""


class DuplicateJob(HeadwayError, ValueError):
    """The unique key <key> belongs to job <id>, which is <state>: <what to do>. Nothing was stored or changed."""

    def __init__(self, text: str, *, id: int | None = None, key: str | None = None) -> None:  # noqa: A002 - the job's own word
        super().__init__(text)
        self.id = id
        self.key = key


class JobNotReplayable(HeadwayError):
    """Job <id> is <state>: only jobs that have ended can be replayed."""


class JobNotRevisable(HeadwayError):
    """Job <id> is <state>: only jobs that wait can be revised."""


class JobNotRetryable(HeadwayError):
    """Job <id> is <state>: only failed and cancelled jobs can be retried."""


class ScheduleExists(HeadwayError, ValueError):
    """Two schedules are named <name>: <one> and <other>; give one of them name=..."""


class ScheduleNotFound(HeadwayError, LookupError):
    """There is no schedule <name> of the app <name>."""


class ScheduleManaged(HeadwayError):
    """The schedule <name> is managed by code: <what to do>. Nothing was changed."""


class ScheduleBusy(HeadwayError):
    """The schedule <name> runs already, as job <id>: <what to do>. Nothing was stored."""

    def __init__(self, message: str, *, id: int | None = None) -> None:  # noqa: A002 - the job's own word
        super().__init__(message)
        self.id = id


class BatchExists(HeadwayError, ValueError):
    """The app <name> has a batch <name> already; give another name, or add to that one. Nothing was stored."""


class BatchNotFound(HeadwayError, LookupError):
    """There is no batch <name> of the app <name>."""


class BatchClosed(HeadwayError):
    """The batch <name> is closed (or was cancelled): nothing can be added any more. Nothing was stored."""


class BatchFull(HeadwayError, ValueError):
    """The batch <name> has a total of <n> jobs, and <m> are there: <k> more do not fit. Nothing was stored."""


class BatchCycle(HeadwayError, ValueError):
    """The batch <name> would wait for itself: <how>. Nothing was stored."""


class UserExists(HeadwayError, ValueError):
    """There is a user <name> already; give another name, or change that one. Nothing was stored."""


class TokenExists(HeadwayError, ValueError):
    """There is a token <name> already; revoke it first, or give another name. Nothing was stored."""


class ResultNotReady(HeadwayError, TimeoutError):
    """Job <id> is still <state> after <seconds> s; it goes on."""


class JobFailed(HeadwayError):
    """Job <id> (<name>) failed after <attempts> attempts: <code>: <message>."""

    def __init__(
        self,
        text: str,
        *,
        code: str | None = None,
        message: str | None = None,
        error_type: str | None = None,
        traceback: str | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.message = message
        self.error_type = error_type
        self.traceback = traceback
        self.attempts = attempts


class JobCancelled(HeadwayError):
    """Job <id> (<name>) was cancelled: <code>: <reason>."""

    def __init__(self, text: str, *, code: str | None = None, reason: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason


class NestedLoop(HeadwayError, RuntimeError):
    """<method> would block the running event loop; await <a-twin> instead."""


class StoreError(HeadwayError):
    """The store <place> cannot do this: <why>."""


class StorePlaceInvalid(StoreError, ValueError):
    """<place> is not where a store can be: <why>; write <nearest fix>."""


class StoreUnavailable(StoreError):
    """The store <place> cannot be reached: <why>. Nothing was stored."""


class StoreBusy(StoreUnavailable):
    """Another program has held the writer lock of <place> for <seconds> s. Nothing was stored."""


class StoreFull(StoreError):
    """The disk (or quota) that holds <place> is full. Nothing was stored."""


class StoreReadOnly(StoreError):
    """The store <place> cannot be written: <why>. Nothing was stored."""


class StoreForeign(StoreError):
    """<place> is not a headway store: <it is corrupt, or holds something else>. It was not touched."""


class ConnectionRefused(HeadwayError, ValueError):
    """The connection cannot be used for jobs: <why>; <what to do>. Nothing was written."""


class SchemaTooNew(StoreError):
    """The store <place> has schema <n>, this headway knows up to <m>: upgrade headway."""


class Retry(Exception):
    """Raised by a handler: run me again after `in_` (None: as the back-off says); charges one retry like any failure."""

    def __init__(self, in_: timedelta | None = None, reason: str = "") -> None:
        if in_ is not None and not _is_pause(in_):
            msg = f"Retry(in_=...) cannot be {in_!r}: give a timedelta that is not negative and not above {RETRY_IN_MAX.days} days"
            raise OptionInvalid(msg)
        super().__init__(reason or "the handler asked for a retry")
        self.in_ = in_
        self.reason = reason


class Permanent(Exception):
    """Raised by a handler: this failure is for good; never retried, whatever the budget."""


class UserNotFound(Permanent):
    """There is no user <id>: <why>. Raised by a loader of users (or for its None): the job fails with this code, for good."""

    code = "user_not_found"


class EndpointFailed(Exception):
    """<method> <path> answered <status>: <beginning of the body>. Of an endpoint that ran as a job; retried like any failure."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = f"http_{status}"


class EndpointRefused(Permanent):
    """<method> <path> answered <status>: <beginning of the body>. A 4xx (or no 2xx) of an endpoint that ran as a job: for good."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = f"http_{status}"


class JobInterrupted(BaseException):
    """The attempt was asked to stop: <reason>. Not an Exception, so that `except Exception` in a handler lets it pass."""

    def __init__(self, reason: str = "cancel") -> None:
        super().__init__(reason)
        self.reason = reason


class JobDone(BaseException):
    """The job is done: a transaction of an earlier attempt of it was committed. It ends this attempt, and the job completed.

    Not an Exception, so that `except Exception` in a handler lets it pass.
    """

    def __init__(self, result: str) -> None:
        super().__init__("a transaction of an earlier attempt of this job was committed")
        self.result = result
        """JSON of what that transaction gave as the result; null for nothing."""


def _is_pause(value: object) -> bool:
    return isinstance(value, timedelta) and timedelta(0) <= value <= RETRY_IN_MAX
