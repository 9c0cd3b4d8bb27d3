"""From a call to the job that the store inserts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from headway.client.call import Call
from headway.client.linked import ALONE, Placed, parents_of
from headway.client.plan import Plan
from headway.model.callback import NewCallback, as_text
from headway.model.claim import NewJob
from headway.model.clock import Clock
from headway.model.errors import OptionInvalid
from headway.model.ids import RefIds
from headway.model.link import as_links
from headway.model.tenant import AMBIENT

TRACEPARENT_MAX_CHARS: Final = 512
"""A W3C traceparent has 55."""
CONTENT_BYTES: Final = 16
DERIVED: Final = "arguments:"
"""What a unique key begins with that nobody chose."""

_canonical: Final = msgspec.json.Encoder(order="deterministic")


def new_job(
    call: Call[Any],
    clock: Clock,
    ref_ids: RefIds,
    traceparent: str | None = None,
    *,
    after: tuple[str, ...] = (),
    placed: Placed = ALONE,
) -> NewJob:
    """The job of a call. With a ref_id of the caller's own it carries the digest that tells a repeat from a clash.

    `after` are references of jobs that it waits for beside those of its own; `placed` what is stored with it.
    """
    plan = call.plan
    fields = plan.fields
    ambient = AMBIENT.get()
    if ambient is not None and "tenant" not in fields:
        fields = {**fields, "tenant": ambient}
    if "unique_key" in fields:
        fields = {**fields, "unique_key": unique_key_of(call, fields.get("tenant"))}
    elif "on_duplicate" in plan.chosen:
        raise OptionInvalid("on_duplicate says what to do about a unique key: give unique_key or unique_for too")
    if plan.expires_after_us is not None:
        fields = {**fields, "expires_us": clock.now_us() + plan.expires_after_us}
    facts = plan.facts
    if facts is not None or traceparent is not None:
        fields = {**fields, "extras": _extras(facts, traceparent)}
    if call.links or after:
        fields = {**fields, **_waiting(call, after, placed)}
    if "condition" in fields and not (fields.get("depends_on") or fields.get("after_batches")):
        raise OptionInvalid(
            f"{call.name}: when={fields['condition']!r} needs depends_on=: it says how those must have ended"
        )
    if plan.ref_id is None:
        return NewJob(ref_id=ref_ids.new(), name=plan.name, payload=call.payload, **fields)
    return NewJob(
        ref_id=plan.ref_id,
        name=plan.name,
        payload=call.payload,
        content=content_of(call, fields.get("tenant")),
        **fields,
    )


def with_callback(job: NewJob, plan: Plan, callback: NewJob, argument: str | None) -> NewJob:
    """The job with its callback: as many retries, for the same user, and on its named worker only if the call says so."""
    then = plan.callback
    assert then is not None
    changes: dict[str, Any] = {"ref_id": ""}
    if "retries" not in then.call.plan.chosen:
        changes["retries"] = job.retries
    if plan.chosen.get("callback_on_worker"):
        changes["lane"] = job.lane
    for name in ("created_by", "user_id", "tenant"):
        if getattr(callback, name) is None:
            changes[name] = getattr(job, name)
    stored = NewCallback(job=msgspec.structs.replace(callback, **changes), argument=argument)
    return msgspec.structs.replace(job, callback=as_text(stored))


def _waiting(call: Call[Any], after: tuple[str, ...], placed: Placed) -> dict[str, Any]:
    """What it waits for, and which of its arguments are results of that."""
    links = parents_of(call.links, call.plan.app, placed)
    asked = (*call.plan.fields.get("depends_on", ()), *after)
    return {"depends_on": tuple(dict.fromkeys((*asked, *links.values()))), "links": as_links(links, asked)}


def content_of(call: Call[Any], tenant: str | None = None) -> bytes:
    """A digest of what is asked for: the handler, its arguments, the tenant, and the options that change what is done.

    When and where it runs is no part of it: the same call with another delay or queue is the same job.
    """
    from hashlib import blake2b

    digest = blake2b(call.name.encode(), digest_size=CONTENT_BYTES)
    for part in (call.canonical(), _canonical.encode(call.plan.what_matters()), *_linked(call)):
        digest.update(b"\0")
        digest.update(part)
    digest.update(_for(tenant))
    return digest.digest()


def _for(tenant: str | None) -> bytes:
    """What tells the same call for another tenant apart; nothing where there is none."""
    return b"" if tenant is None else b"\0tenant:" + tenant.encode()


def unique_key_of(call: Call[Any], tenant: str | None = None) -> str | None:
    """The call's own key, or the one that follows from its handler and arguments."""
    plan = call.plan
    key: str | None = plan.fields.get("unique_key")
    if key is not None or plan.fields.get("unique_for_us") is None:
        return key
    if plan.ref_id is not None:
        raise OptionInvalid(
            "ref_id and unique_for contradict each other: a ref_id makes this call one job for good, unique_for only "
            "for a span; leave one out, or give a unique_key of your own"
        )
    return derived_key(call, tenant)


def derived_key(call: Call[Any], tenant: str | None = None) -> str:
    """The unique key that follows from the handler, the arguments and the tenant: the same in every process."""
    from hashlib import blake2b

    digest = blake2b(call.name.encode() + b"\0" + call.canonical(), digest_size=CONTENT_BYTES)
    for part in _sources(call):
        digest.update(b"\0" + part)
    digest.update(_for(tenant))
    return DERIVED + digest.hexdigest()


def _linked(call: Call[Any]) -> Iterator[bytes]:
    """Whose results it gets, and what gets its own."""
    yield from _sources(call)
    if call.plan.callback is not None:
        yield content_of(call.plan.callback.call)


def _sources(call: Call[Any]) -> Iterator[bytes]:
    for name, one in sorted(call.links.items()):
        if one is not None:
            source = one.source
            yield name.encode() + b"=" + (content_of(source) if isinstance(source, Call) else b"%d" % source.id)


def _extras(facts: Any, traceparent: Any) -> str:
    extras = {} if facts is None else {"args": facts}
    if traceparent is not None:
        if not isinstance(traceparent, str) or len(traceparent) > TRACEPARENT_MAX_CHARS:
            what = "so much text" if isinstance(traceparent, str) else repr(traceparent)
            raise OptionInvalid(
                f"jobs.trace_context must answer None or text of at most {TRACEPARENT_MAX_CHARS} characters, not {what}"
            )
        extras["traceparent"] = traceparent
    return msgspec.json.encode(extras).decode()
