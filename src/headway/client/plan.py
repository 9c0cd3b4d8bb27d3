"""What the options of a call amount to: the fields of the job to insert, worked out once for many calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.client.callbacks import Callbacks
from headway.client.options import CALL_CHECKS, Check, checked, merge
from headway.model.batch import BatchRef
from headway.model.clock import MICROSECOND, to_us
from headway.model.errors import OptionInvalid
from headway.model.handler import Handler, OnInterrupt, Overrides

if TYPE_CHECKING:
    from headway.client.then import Then

_CHECKS: Final[Mapping[str, Check]] = MappingProxyType(dict(CALL_CHECKS))
_COPIED: Final = ("queue", "priority", "retries", "tags", "created_by", "user_id", "tenant", "batch_id", "reply_to")
"""Options that are fields of the job under the same name."""
_LINES: Final = (("worker", "lane"), ("concurrency_key", "key"), ("concurrency_limit", "key_limit"))
"""Options that say in which lines the job stands, and their fields."""
WHAT_MATTERS: Final = ("user_id", "reply_to", "args")
"""Options that change what is done, and for whom: two calls under one ref_id must agree in them, not in when or where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A handler's name with the options of a call, checked and merged."""

    app: str
    name: str
    handler: Handler | None
    """None for a name that only workers know."""
    defaults: Mapping[str, Any]
    """Jobs < job, as far as a call can change it."""
    chosen: Mapping[str, Any]
    """What `using` said."""
    ref_id: str | None
    fields: Mapping[str, Any]
    """Fields of NewJob that need no look at the clock."""
    expires_after_us: int | None
    """Expiry relative to the enqueue."""
    callbacks: Callbacks | None
    """What this process calls at the end of the job; never stored."""

    @classmethod
    def of(
        cls,
        *,
        app: str,
        name: str,
        handler: Handler | None,
        defaults: Mapping[str, Any],
        chosen: Mapping[str, Any] = MappingProxyType({}),
    ) -> Plan:
        """Work out the fields; `chosen` has been checked."""
        merged = merge(defaults, chosen)
        check_line(name, defaults, merged)
        fields: dict[str, Any] = {"app": app}
        fields.update((option, merged[option]) for option in _COPIED if option in merged)
        fields.update((field, merged[option]) for option, field in _LINES if merged.get(option) is not None)
        if merged.get("key_rate") is not None:
            fields["key_rate"] = merged["key_rate"].window
        if merged.get("on_interrupt") == OnInterrupt.FAIL:
            fields["interrupt_fails"] = True
        fields.update(_links(app, merged))
        fields.update(_unique(merged))
        then = merged.get("callback")
        if then is not None and then.argument is not None and merged.get("store_result") is False:
            raise OptionInvalid("store_result=False and a callback that takes the result exclude each other")
        match merged.get("run_after"):
            case datetime() as moment:
                fields["due_us"] = to_us(moment)
            case timedelta() as delay:
                fields["delay_us"] = delay // MICROSECOND
            case _:
                pass
        expires = merged.get("expires")
        check_moments(merged.get("run_after"), expires)
        if isinstance(expires, datetime):
            fields["expires_us"] = to_us(expires)
        overrides = _overrides(chosen)
        if overrides is not None:
            fields["options"] = overrides
        return cls(
            app=app,
            name=name,
            handler=handler,
            defaults=defaults,
            chosen=MappingProxyType(dict(chosen)),
            ref_id=merged.get("ref_id"),
            fields=fields,
            expires_after_us=expires // MICROSECOND if isinstance(expires, timedelta) else None,
            callbacks=Callbacks.of(chosen),
        )

    def using(self, options: Mapping[str, Any]) -> Plan:
        """A changed copy; what was chosen before and is not named stays."""
        return Plan.of(
            app=self.app,
            name=self.name,
            handler=self.handler,
            defaults=self.defaults,
            chosen=merge(self.chosen, checked(options, _CHECKS)),
        )

    def then(self, callback: Then) -> Plan:
        """A changed copy with this callback."""
        chosen = merge(self.chosen, {"callback": callback})
        return Plan.of(app=self.app, name=self.name, handler=self.handler, defaults=self.defaults, chosen=chosen)

    @property
    def callback(self) -> Then | None:
        """What is stored when the call has returned."""
        found: Then | None = self.chosen.get("callback")
        return found

    @property
    def facts(self) -> Mapping[str, Any] | None:
        """The free facts for the handler."""
        given: Mapping[str, Any] | None = self.chosen.get("args")
        return given

    def what_matters(self) -> dict[str, Any]:
        """The options that two calls under one ref_id must agree in."""
        return {option: self.chosen[option] for option in WHAT_MATTERS if option in self.chosen}


def check_line(name: str, declared: Mapping[str, Any], merged: Mapping[str, Any]) -> None:
    """Refuse a worker other than the declared one, and a limit or a rate of no key."""
    worker = declared.get("worker")
    if worker is not None and merged["worker"] != worker:
        raise OptionInvalid(
            f"{name} was declared with worker={worker!r}, so all its calls run there: leave out "
            f"worker={merged['worker']!r}, or take the worker out of the declaration and give it with using()"
        )
    if merged.get("concurrency_limit") is not None and merged.get("concurrency_key") is None:
        raise OptionInvalid(
            f"{name}: concurrency_limit={merged['concurrency_limit']} says how many jobs of one concurrency_key may run: "
            "give the concurrency_key with it"
        )
    if merged.get("key_rate") is not None and merged.get("concurrency_key") is None:
        raise OptionInvalid(
            f"{name}: key_rate={merged['key_rate']} says how many jobs of one concurrency_key may start: "
            "give the concurrency_key with it; rate_limit= is the rate of a handler, and queues have one too"
        )


def check_moments(run_after: datetime | timedelta | None, expires: datetime | timedelta | None) -> None:
    """Refuse a job that could never start. A moment and a duration cannot be compared before the enqueue."""
    match run_after, expires:
        case (datetime() as start, datetime() as end) if end <= start:
            pass
        case (timedelta() as wait, timedelta() as life) if life <= wait:
            pass
        case _:
            return
    raise OptionInvalid(
        f"run_after={run_after} and expires={expires} exclude each other: the job would have expired before it may start"
    )


def _links(app: str, merged: Mapping[str, Any]) -> dict[str, Any]:
    """What ties it to other jobs and to batches."""
    fields: dict[str, Any] = {}
    if "parent" in merged:
        fields["parent_id"] = _own(app, merged["parent"]).id
    if "depends_on" in merged:
        links = [_own(app, link) for link in merged["depends_on"]]
        fields["depends_on"] = tuple(link.id for link in links if not isinstance(link, BatchRef))
        fields["after_batches"] = tuple(link.name for link in links if isinstance(link, BatchRef))
    if "when" in merged:
        fields["condition"] = merged["when"].value
    if "batch" in merged:
        batch = _own(app, merged["batch"])
        fields["batch"] = batch.id
        if "batch_id" not in merged:
            fields["batch_id"] = batch.name
        if "tenant" not in merged and batch.tenant is not None:
            fields["tenant"] = batch.tenant
    return fields


def _unique(merged: Mapping[str, Any]) -> dict[str, Any]:
    """What no other job may have beside it."""
    key, span = merged.get("unique_key"), merged.get("unique_for")
    if key is None and span is None:
        return {}
    return {
        "unique_key": key,
        "unique_for_us": None if span is None else span // MICROSECOND,
        "duplicate_raises": merged.get("on_duplicate") == "raise",
    }


def _own(app: str, reference: Any) -> Any:
    if reference.app != app:
        what = f"batch {reference.name!r}" if isinstance(reference, BatchRef) else f"job {reference.id}"
        raise OptionInvalid(f"{what} belongs to the app {reference.app!r}, not to {app!r}: link jobs of one app")
    return reference


def _overrides(chosen: Mapping[str, Any]) -> str | None:
    """What the run of the call needs to know and differs from its handler, as JSON."""
    given: dict[str, Any] = {}
    for option, value in chosen.items():
        match option:
            case "timeout":
                given["timeout_us"] = None if value is None else value // MICROSECOND
            case "grace":
                given["grace_us"] = value // MICROSECOND
            case "backoff":
                given["backoff"] = value.to_json()
            case "strict":
                given["strict_result"] = value
            case "callback" if value.argument is not None:
                # What cannot be stored cannot be handed on: then the job fails, and not its callback.
                given.setdefault("strict_result", True)
            case "on_interrupt" | "retry_on_timeout" | "store_result":
                given[option] = value
            case _:
                pass
    return msgspec.json.encode(Overrides(**given)).decode() if given else None
