"""From what is to change of a job that waits to the revision that the store makes: checked as at the enqueue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypedDict

import msgspec

from headway.client.call import Call, plain_call
from headway.client.encode import DERIVED, derived_key
from headway.client.linked import ALONE, ResultOf, parents_of, stored_links
from headway.client.options import CALL_CHECKS, Check, PriorityLike, checked
from headway.client.plan import Plan
from headway.model.clock import MICROSECOND, to_us
from headway.model.errors import ArgumentsInvalid, JobNotRevisable, OptionInvalid, PayloadTooLarge
from headway.model.handler import Handler
from headway.model.job import PENDING
from headway.model.link import as_links, stored_parents
from headway.model.secret import SOUNDS_SECRET
from headway.store.protocol import JobDetail
from headway.store.revision import Revision


class Changes(TypedDict, total=False):
    """What can be changed of a job that waits; what is not given stays as it is."""

    priority: PriorityLike | None
    run_after: datetime | timedelta | None
    queue: str | None
    arguments: Mapping[str, Any] | None


TRIES: Final = 10
"""So often a revision is made anew from arguments that somebody else has just changed."""
PARTS: Final = ("priority", "run_after", "queue")
VALUE_SHOWN_MAX: Final = 60
"""Characters of an argument's value in the job's history."""
SAID_MAX: Final = 2_000
"""And of all of them."""
MASK: Final = "***"

_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({name: check for name, check in CALL_CHECKS if name in PARTS})


def revision(changes: Changes) -> tuple[Revision, Mapping[str, Any] | None]:
    """The part that needs no look at the job, and the arguments; OptionInvalid where nothing is to change."""
    options: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    arguments = options.pop("arguments", None)
    given = checked(options, _CHECKS)
    if not given and arguments is None:
        raise OptionInvalid(f"nothing says what to change: give {', '.join(PARTS)} or arguments")
    due_us, delay_us = None, None
    match given.get("run_after"):
        case datetime() as moment:
            due_us = to_us(moment)
        case timedelta() as delay:
            delay_us = delay // MICROSECOND
        case _:
            pass
    change = Revision(priority=given.get("priority"), queue=given.get("queue"), due_us=due_us, delay_us=delay_us)
    return change, arguments


def with_arguments(
    change: Revision, detail: JobDetail, arguments: Mapping[str, Any], *, handler: Handler | None, max_bytes: int
) -> Revision:
    """The same with other arguments: those given take the place of the stored ones, and all are checked as at the enqueue."""
    row, old = detail.row, detail.payload
    if row.state not in PENDING or old is None:
        raise JobNotRevisable(why_not(row.id))
    plan = Plan.of(app=row.app, name=row.name, handler=handler, defaults={})
    before: Call[Any] = Call(plan, old, stored_links(row.app, detail.links))
    given = _by_name(row.name, arguments)
    if handler is None:
        kept = {name: link for name, link in before.links.items() if name not in given}
        after = plain_call(plan, {**before.arguments, **given, **kept}, max_bytes)
    else:
        after = before.with_arguments(**given)
    if (size := len(after.payload.encode())) > max_bytes:
        msg = f"the arguments of {row.name} take {size:,} bytes as JSON, the limit is {max_bytes:,}"
        raise PayloadTooLarge(msg, size=size, limit=max_bytes)
    # By their numbers, so that a link that stays is seen to stay.
    parents = {name: int(parent) for name, parent in parents_of(after.links, row.app, ALONE).items()}
    links = detail.links if parents == stored_parents(detail.links) else as_links(parents, ())
    follows = (
        row.unique_key is not None
        and row.unique_key.startswith(DERIVED)
        and row.unique_key == derived_key(before, row.tenant)
    )
    return msgspec.structs.replace(
        change,
        payload=after.payload,
        old_payload=old,
        links=links,
        old_links=detail.links,
        unique_key=derived_key(after, row.tenant) if follows else None,
        said=_said(
            {**before.arguments, **before.links},
            {**after.arguments, **stored_links(row.app, links)},
            () if handler is None else handler.redact,
        ),
    )


def why_not(job_id: int) -> str:
    """What to say of a job that does not wait."""
    return f"job {job_id} cannot be revised: it runs or has ended, and only what waits can be changed"


def _by_name(name: str, arguments: Any) -> dict[str, Any]:
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ArgumentsInvalid(f"{name}: arguments must be a dict with text keys, not {type(arguments).__name__}")
    return dict(arguments)


def _said(before: Mapping[str, Any], after: Mapping[str, Any], redact: tuple[str, ...]) -> str:
    """From what to what, for the job's history; of secrets only that they changed."""
    parts: list[str] = []
    for name in after:
        old, new = before.get(name, msgspec.UNSET), after[name]
        if old != new or type(old) is not type(new):
            hidden = name in redact or SOUNDS_SECRET.search(name) is not None
            shown = (MASK, MASK) if hidden else (_shown(old), _shown(new))
            parts.append(f"{name} {shown[0]} -> {shown[1]}")
    text = "; ".join(parts)
    return text if len(text) <= SAID_MAX else text[:SAID_MAX] + "..."


def _shown(value: Any) -> str:
    """A plain value as JSON, cut; of what holds others only that it does: a secret may be among them."""
    match value:
        case msgspec.UNSET:
            return "(default)"
        case ResultOf():
            return f"(the result of {value.source!r})"
        case dict():
            return "{...}"
        case list():
            return "[...]"
        case _:
            text = msgspec.json.encode(value).decode()
            return text if len(text) <= VALUE_SHOWN_MAX else text[:VALUE_SHOWN_MAX] + "..."
