"""Where each public name of the package comes from, and how it is found when it is first used."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

PLACES: Final[Mapping[str, str]] = MappingProxyType({
    "ArgumentsInvalid": "headway.model.errors",
    "Backoff": "headway.model.retry",
    "Batch": "headway.client.batch",
    "BatchClosed": "headway.model.errors",
    "BatchCycle": "headway.model.errors",
    "BatchExists": "headway.model.errors",
    "BatchFull": "headway.model.errors",
    "BatchNotFound": "headway.model.errors",
    "BatchRef": "headway.model.batch",
    "BatchState": "headway.model.batch",
    "BatchStatus": "headway.model.batch",
    "Call": "headway.client.call",
    "CancelAnswer": "headway.store.protocol",
    "Cancelled": "headway.model.result",
    "Chain": "headway.client.chain",
    "Condition": "headway.model.condition",
    "ConfigInvalid": "headway.model.errors",
    "Context": "headway.model.context",
    "CronInvalid": "headway.model.errors",
    "Delays": "headway.model.retry",
    "DuplicateJob": "headway.model.errors",
    "DuplicateRefId": "headway.model.errors",
    "EnqueueVetoed": "headway.model.errors",
    "EventKind": "headway.model.event",
    "Every": "headway.model.timetable",
    "Explanation": "headway.model.explain",
    "Exponential": "headway.model.retry",
    "Failure": "headway.model.result",
    "Filter": "headway.client.asking",
    "Fixed": "headway.model.retry",
    "GateKind": "headway.model.gate",
    "HandlerExists": "headway.model.errors",
    "HandlerRefused": "headway.model.errors",
    "HandlerUnknown": "headway.model.errors",
    "HeadwayError": "headway.model.errors",
    "Job": "headway.client.job",
    "JobCancelled": "headway.model.errors",
    "JobEvent": "headway.model.event",
    "JobFailed": "headway.model.errors",
    "JobInterrupted": "headway.model.errors",
    "JobNotFound": "headway.model.errors",
    "JobNotReplayable": "headway.model.errors",
    "JobNotRetryable": "headway.model.errors",
    "JobNotRevisable": "headway.model.errors",
    "JobOptions": "headway.client.options",
    "Jobs": "headway.client.jobs",
    "Linear": "headway.model.retry",
    "Managed": "headway.model.schedule",
    "Many": "headway.client.errand",
    "Misfire": "headway.model.schedule",
    "NameInvalid": "headway.model.errors",
    "NestedLoop": "headway.model.errors",
    "NotInJob": "headway.model.voice",
    "Occurred": "headway.client.schedule",
    "Occurrence": "headway.client.schedule",
    "OnInterrupt": "headway.model.handler",
    "OptionInvalid": "headway.model.errors",
    "OptionUnknown": "headway.model.errors",
    "Options": "headway.client.options",
    "Overlap": "headway.model.schedule",
    "Parent": "headway.model.parent",
    "PayloadInvalid": "headway.model.errors",
    "PayloadTooLarge": "headway.model.errors",
    "Permanent": "headway.model.errors",
    "Priority": "headway.client.options",
    "Queue": "headway.client.queue",
    "Rate": "headway.model.rate",
    "Recurring": "headway.client.recurring",
    "Ref": "headway.client.ref",
    "Removed": "headway.store.scheduling",
    "RequeueAnswer": "headway.store.protocol",
    "ResultNotReady": "headway.model.errors",
    "ResultRef": "headway.model.result_ref",
    "Retry": "headway.model.errors",
    "Run": "headway.client.transient",
    "RunIn": "headway.model.handler",
    "Schedule": "headway.client.schedule",
    "ScheduleBusy": "headway.model.errors",
    "ScheduleExists": "headway.model.errors",
    "ScheduleManaged": "headway.model.errors",
    "ScheduleNotFound": "headway.model.errors",
    "ScheduleOptions": "headway.client.schedule_options",
    "ScheduleState": "headway.model.schedule",
    "SchemaTooNew": "headway.model.errors",
    "Snooze": "headway.model.result",
    "StartupFailed": "headway.model.errors",
    "State": "headway.model.job",
    "Status": "headway.client.status",
    "StoreBusy": "headway.model.errors",
    "StoreError": "headway.model.errors",
    "StoreForeign": "headway.model.errors",
    "StoreFull": "headway.model.errors",
    "StorePlaceInvalid": "headway.model.errors",
    "StoreReadOnly": "headway.model.errors",
    "StoreUnavailable": "headway.model.errors",
    "Success": "headway.model.result",
    "TransientRun": "headway.model.transient",
    "Worker": "headway.worker.worker",
    "WorkerBroken": "headway.model.errors",
    "ZoneUnknown": "headway.model.errors",
    "cron": "headway.model.timetable",
    "days_off": "headway.model.daysoff",
    "every": "headway.model.timetable",
})  # fmt: skip


def names() -> list[str]:
    """What the package has, imported yet or not."""
    return sorted(PLACES)


def find(name: str) -> Any:
    """Import a public name; the package keeps it, so this is asked once for each."""
    place = PLACES.get(name)
    if place is None:
        msg = f"module 'headway' has no attribute {name!r}"
        raise AttributeError(msg, name=name)
    value = getattr(import_module(place), name)
    setattr(import_module("headway"), name, value)
    return value
