"""From a call to what a schedule enqueues each time, and to the schedule's definition."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.client.schedule_options import definition_fields
from headway.model.errors import NameInvalid, OptionInvalid
from headway.model.firing import upcoming
from headway.model.naming import check_name
from headway.model.schedule import Definition
from headway.model.timetable import IntervalTable, Timetable, timetable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.client.call import Call
    from headway.model.claim import NewJob

SCHEDULE_NAME_MAX: Final = 150
"""A run is called by the schedule's name and its instant, which must fit a ref_id together."""

REFUSED: Final = MappingProxyType(
    {
        "ref_id": "each run has one of its own, made of the schedule's name and the instant",
        "depends_on": "a run waits for nothing but its instant; let it enqueue a chain",
        "when": "a run waits for nothing but its instant; let it enqueue a chain",
        "batch": "a batch ends, and a schedule goes on; let the run open a batch",
        "parent": "a run comes from its schedule",
        "run_after": "the timetable says when it runs; give another one, or jitter= to spread runs",
        "on_success": "nobody is there to be called when a run ends; give it a callback with then(...), or use a hook",
        "on_failure": "nobody is there to be called when a run ends; use a hook, such as @jobs.on_failure",
    }
)
"""Options of a call that make no sense for one that is enqueued again and again, by the store."""


def check_schedule_name(name: Any) -> str:
    """The name of a schedule, or NameInvalid."""
    return check_name("schedule name", name, SCHEDULE_NAME_MAX)


def refuse_what_ends(call: Call[Any]) -> None:
    """OptionInvalid for a call that can be enqueued once only."""
    plan = call.plan
    for option, why in REFUSED.items():
        if option in plan.chosen:
            raise OptionInvalid(f"{call.name} cannot be scheduled with {option}: {why}")
    if isinstance(plan.chosen.get("expires"), datetime):
        raise OptionInvalid(
            f"{call.name} cannot be scheduled with expires as a moment, at which all later runs would have expired: "
            "give a duration, counted from when each run is due"
        )
    if plan.fields.get("duplicate_raises"):
        raise OptionInvalid(
            f"{call.name} cannot be scheduled with on_duplicate='raise', which could be told to nobody: leave it out"
        )
    if call.links:
        names = ", ".join(call.links)
        raise OptionInvalid(
            f"{call.name} cannot be scheduled with results of other jobs ({names}): those are there once; let the run enqueue a chain"
        )


def template(job: NewJob, *, durable: bool) -> NewJob:
    """What is enqueued each time: what belongs to one run only is left out."""
    return msgspec.structs.replace(job, ref_id="", expires_us=None, fleeting=not durable)


def definition_of(
    name: str | None,
    timetable: Timetable | Any,
    call: Call[Any],
    job: NewJob,
    options: Mapping[str, Any],
    now_us: int,
    *,
    stored: bool = False,
) -> Definition:
    """The schedule that a call's job and these options amount to, checked as a whole."""
    fields = definition_fields(options, stored=stored)
    durable = fields.pop("durable", True)
    made = Definition(
        name=_default_name(call) if name is None else check_schedule_name(name),
        timetable=timetable_of(timetable),
        job=template(job, durable=durable),
        expires_after_us=call.plan.expires_after_us,
        **fields,
    )
    if isinstance(made.timetable, IntervalTable) and made.jitter_us >= made.timetable.every_us:
        raise OptionInvalid(
            f"jitter must be shorter than the interval of {made.name} ({made.timetable}): runs would meet"
        )
    if made.excluding is not None:
        _refuse_all_days_off(made, now_us)
    if made.start_us is not None and made.end_us is not None:
        _refuse_empty_span(made, made.start_us, now_us)
    return made


def _default_name(call: Call[Any]) -> str:
    if len(call.name) > SCHEDULE_NAME_MAX:
        raise NameInvalid(
            f"{call.name} has {len(call.name)} characters, and a schedule's name at most {SCHEDULE_NAME_MAX}: "
            "give the schedule a name of its own"
        )
    return call.name


def _refuse_all_days_off(made: Definition, now_us: int) -> None:
    """Whether anything is left; one whose end has come was right once, and is only over."""
    endless = msgspec.structs.replace(made, end_us=None)
    if not upcoming(endless, now_us, now_us, 1):
        raise OptionInvalid(
            f"the schedule {made.name!r} ({made.timetable}) would never fire: excluding= names all its days"
        )


def _refuse_empty_span(made: Definition, start_us: int, now_us: int) -> None:
    """Whether it comes between its start and its end; where the instants of an interval lie is known once it is stored."""
    if isinstance(made.timetable, IntervalTable) or made.run_at_start:
        return
    if not upcoming(made, start_us - 1, now_us, 1):
        raise OptionInvalid(
            f"the schedule {made.name!r} ({made.timetable}) would never fire: no instant of it lies between its "
            "start_at and its end_at"
        )
