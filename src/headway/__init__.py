"""headway: durable background jobs for Python, kept in an embedded store.

Each name is imported when it is first used, so that `import headway` and the command line start at once.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.client.asking import Filter
    from headway.client.batch import Batch
    from headway.client.call import Call
    from headway.client.chain import Chain
    from headway.client.errand import Many
    from headway.client.job import Job
    from headway.client.jobs import Jobs
    from headway.client.options import JobOptions, Options, Priority
    from headway.client.queue import Queue
    from headway.client.recurring import Recurring
    from headway.client.ref import Ref
    from headway.client.schedule import Occurred, Occurrence, Schedule
    from headway.client.schedule_options import ScheduleOptions
    from headway.client.status import Status
    from headway.client.transient import Run
    from headway.client.within import AsyncWithin, Within
    from headway.model.batch import BatchRef, BatchState, BatchStatus
    from headway.model.condition import Condition
    from headway.model.context import Context
    from headway.model.daysoff import days_off
    from headway.model.displaced import SchemaTooOld, StoreMoved
    from headway.model.errors import (
        ArgumentsInvalid,
        BatchClosed,
        BatchCycle,
        BatchExists,
        BatchFull,
        BatchNotFound,
        ConfigInvalid,
        ConnectionRefused,
        CronInvalid,
        DuplicateJob,
        DuplicateRefId,
        EndpointFailed,
        EndpointRefused,
        EnqueueVetoed,
        HandlerExists,
        HandlerRefused,
        HandlerUnknown,
        HeadwayError,
        JobCancelled,
        JobDone,
        JobFailed,
        JobInterrupted,
        JobNotFound,
        JobNotReplayable,
        JobNotRetryable,
        JobNotRevisable,
        NameInvalid,
        NestedLoop,
        OptionInvalid,
        OptionUnknown,
        PayloadInvalid,
        PayloadTooLarge,
        Permanent,
        ResultNotReady,
        Retry,
        ScheduleBusy,
        ScheduleExists,
        ScheduleManaged,
        ScheduleNotFound,
        SchemaTooNew,
        StartupFailed,
        StoreBusy,
        StoreError,
        StoreForeign,
        StoreFull,
        StorePlaceInvalid,
        StoreReadOnly,
        StoreUnavailable,
        TokenExists,
        UserExists,
        UserNotFound,
        WorkerBroken,
        ZoneUnknown,
    )
    from headway.model.event import EventKind, JobEvent
    from headway.model.explain import Explanation
    from headway.model.gate import GateKind
    from headway.model.handler import OnInterrupt, RunIn
    from headway.model.job import State
    from headway.model.parent import Parent
    from headway.model.rate import Rate
    from headway.model.result import Cancelled, Failure, Snooze, Success
    from headway.model.result_ref import ResultRef
    from headway.model.retry import Backoff, Delays, Exponential, Fixed, Linear
    from headway.model.schedule import Managed, Misfire, Overlap, ScheduleState
    from headway.model.tenant import current_tenant, tenant
    from headway.model.timetable import Every, cron, every
    from headway.model.transient import TransientRun
    from headway.model.voice import NotInJob
    from headway.store.protocol import CancelAnswer, RequeueAnswer
    from headway.store.scheduling import Removed
    from headway.store.values import DeleteAnswer
    from headway.worker.worker import Worker
else:  # checkers must not see it: with it, every name would seem to be there
    from headway.exports import find as __getattr__  # noqa: F401 - Python calls it
    from headway.exports import names as __dir__  # noqa: F401 - so does a prompt that completes

__all__ = [
    "ArgumentsInvalid",
    "AsyncWithin",
    "Backoff",
    "Batch",
    "BatchClosed",
    "BatchCycle",
    "BatchExists",
    "BatchFull",
    "BatchNotFound",
    "BatchRef",
    "BatchState",
    "BatchStatus",
    "Call",
    "CancelAnswer",
    "Cancelled",
    "Chain",
    "Condition",
    "ConfigInvalid",
    "ConnectionRefused",
    "Context",
    "CronInvalid",
    "Delays",
    "DeleteAnswer",
    "DuplicateJob",
    "DuplicateRefId",
    "EndpointFailed",
    "EndpointRefused",
    "EnqueueVetoed",
    "EventKind",
    "Every",
    "Explanation",
    "Exponential",
    "Failure",
    "Filter",
    "Fixed",
    "GateKind",
    "HandlerExists",
    "HandlerRefused",
    "HandlerUnknown",
    "HeadwayError",
    "Job",
    "JobCancelled",
    "JobDone",
    "JobEvent",
    "JobFailed",
    "JobInterrupted",
    "JobNotFound",
    "JobNotReplayable",
    "JobNotRetryable",
    "JobNotRevisable",
    "JobOptions",
    "Jobs",
    "Linear",
    "Managed",
    "Many",
    "Misfire",
    "NameInvalid",
    "NestedLoop",
    "NotInJob",
    "Occurred",
    "Occurrence",
    "OnInterrupt",
    "OptionInvalid",
    "OptionUnknown",
    "Options",
    "Overlap",
    "Parent",
    "PayloadInvalid",
    "PayloadTooLarge",
    "Permanent",
    "Priority",
    "Queue",
    "Rate",
    "Recurring",
    "Ref",
    "Removed",
    "RequeueAnswer",
    "ResultNotReady",
    "ResultRef",
    "Retry",
    "Run",
    "RunIn",
    "Schedule",
    "ScheduleBusy",
    "ScheduleExists",
    "ScheduleManaged",
    "ScheduleNotFound",
    "ScheduleOptions",
    "ScheduleState",
    "SchemaTooNew",
    "SchemaTooOld",
    "Snooze",
    "StartupFailed",
    "State",
    "Status",
    "StoreBusy",
    "StoreError",
    "StoreForeign",
    "StoreFull",
    "StoreMoved",
    "StorePlaceInvalid",
    "StoreReadOnly",
    "StoreUnavailable",
    "Success",
    "TokenExists",
    "TransientRun",
    "UserExists",
    "UserNotFound",
    "Within",
    "Worker",
    "WorkerBroken",
    "ZoneUnknown",
    "cron",
    "current_tenant",
    "days_off",
    "every",
    "tenant",
]
