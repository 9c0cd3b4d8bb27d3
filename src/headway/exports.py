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
    "Many": "headway.client.errand",
    "NameInvalid": "headway.model.errors",
    "NestedLoop": "headway.model.errors",
    "NotInJob": "headway.model.voice",
    "OnInterrupt": "headway.model.handler",
    "OptionInvalid": "headway.model.errors",
    "OptionUnknown": "headway.model.errors",
    "Options": "headway.client.options",
    "Parent": "headway.model.parent",
    "PayloadInvalid": "headway.model.errors",
    "PayloadTooLarge": "headway.model.errors",
    "Permanent": "headway.model.errors",
    "Priority": "headway.client.options",
    "Queue": "headway.client.queue",
    "Rate": "headway.model.rate",
    "Ref": "headway.client.ref",
    "RequeueAnswer": "headway.store.protocol",
    "ResultNotReady": "headway.model.errors",
    "ResultRef": "headway.model.result_ref",
    "Retry": "headway.model.errors",
    "Run": "headway.client.transient",
    "RunIn": "headway.model.handler",
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
