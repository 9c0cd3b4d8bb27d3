"""headway: durable background jobs for Python, kept in an embedded store."""

from headway.client.asking import Filter
from headway.client.call import Call
from headway.client.job import Job
from headway.client.jobs import Jobs
from headway.client.options import JobOptions, Options, Priority
from headway.client.ref import Ref
from headway.client.status import Status
from headway.model.context import Context
from headway.model.errors import (
    ArgumentsInvalid,
    ConfigInvalid,
    DuplicateRefId,
    EnqueueVetoed,
    HandlerExists,
    HandlerRefused,
    HandlerUnknown,
    HeadwayError,
    JobCancelled,
    JobFailed,
    JobInterrupted,
    JobNotFound,
    JobNotRetryable,
    NameInvalid,
    NestedLoop,
    OptionInvalid,
    OptionUnknown,
    PayloadInvalid,
    PayloadTooLarge,
    Permanent,
    ResultNotReady,
    Retry,
    StoreError,
    StoreUnavailable,
)
from headway.model.handler import OnInterrupt, RunIn
from headway.model.job import State
from headway.model.result import Cancelled, Failure, Snooze, Success
from headway.model.retry import Backoff, Delays, Exponential, Fixed, Linear
from headway.model.voice import NotInJob
from headway.store.protocol import CancelAnswer
from headway.worker.worker import Worker

__all__ = [
    "ArgumentsInvalid",
    "Backoff",
    "Call",
    "CancelAnswer",
    "Cancelled",
    "ConfigInvalid",
    "Context",
    "Delays",
    "DuplicateRefId",
    "EnqueueVetoed",
    "Exponential",
    "Failure",
    "Filter",
    "Fixed",
    "HandlerExists",
    "HandlerRefused",
    "HandlerUnknown",
    "HeadwayError",
    "Job",
    "JobCancelled",
    "JobFailed",
    "JobInterrupted",
    "JobNotFound",
    "JobNotRetryable",
    "JobOptions",
    "Jobs",
    "Linear",
    "NameInvalid",
    "NestedLoop",
    "NotInJob",
    "OnInterrupt",
    "OptionInvalid",
    "OptionUnknown",
    "Options",
    "PayloadInvalid",
    "PayloadTooLarge",
    "Permanent",
    "Priority",
    "Ref",
    "ResultNotReady",
    "Retry",
    "RunIn",
    "Snooze",
    "State",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "Success",
    "Worker",
]
