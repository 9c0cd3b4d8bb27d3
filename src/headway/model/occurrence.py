"""The run of a schedule at an instant: what its job is called, and what the job knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headway.model.claim import NewJob
from headway.model.clock import from_us
from headway.model.schedule import Definition

RUN: Final = "run"
"""Under which name a job's extras hold schedule and instant."""


def ref_of(name: str, instant_us: int) -> str:
    """The reference of a run: one for each schedule of an app and instant, as people would write it."""
    moment = from_us(instant_us)
    precision = "microseconds" if moment.microsecond else "seconds"
    return f"{name}@{moment.replace(tzinfo=None).isoformat(timespec=precision)}Z"


def job_of(definition: Definition, instant_us: int, **changes: Any) -> NewJob:
    """What is enqueued for an instant."""
    extras = msgspec.json.decode(definition.job.extras) if definition.job.extras else {}
    extras[RUN] = (definition.name, instant_us)
    due_us = instant_us + jitter_us(definition, instant_us)
    expires_after_us = definition.expires_after_us
    given = {
        "ref_id": ref_of(definition.name, instant_us),
        "due_us": due_us,
        "delay_us": 0,
        "expires_us": None if expires_after_us is None else due_us + expires_after_us,
        "extras": msgspec.json.encode(extras).decode(),
        "recurring": True,
        **changes,
    }
    return msgspec.structs.replace(definition.job, **given)


def jitter_us(definition: Definition, instant_us: int) -> int:
    """By how much the run of an instant is put off: the same in every process."""
    if not definition.jitter_us:
        return 0
    from hashlib import blake2b

    digest = blake2b(f"{definition.app}:{definition.name}:{instant_us}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % definition.jitter_us


def run_of(extras: Mapping[str, Any]) -> tuple[str, int] | None:
    """The schedule's name and the instant, from a job's extras."""
    found = extras.get(RUN)
    match found:
        case [str() as name, int() as instant_us]:
            return name, instant_us
        case _:
            return None
