"""Why a job does not run, as the API tells it."""

from __future__ import annotations

from headway.model.job import State
from headway.web.api.shapes.base import Moment, Record, Shape


class GateAnswer(Shape, frozen=True, kw_only=True):
    """One thing that keeps a job from starting."""

    kind: str
    subject: str | None
    jobs: list[int]
    batches: list[str]
    limit: int | None
    per_seconds: float | None
    since: Moment | None
    by: str | None
    opens_at: Moment | None


class Explained(Shape, frozen=True, kw_only=True):
    """Why a job is not running."""

    id: int
    state: State
    queue: str
    gates: list[GateAnswer]
    ahead: int | None
    ahead_exact: bool
    starts_in_seconds: float | None
    since: Moment | None
    reason: str | None
    text: list[str]
    """The same in sentences, the foremost first."""


def explained(record: Record) -> Explained:
    """An explanation."""
    return Explained(**{**record, "gates": [GateAnswer(**gate) for gate in record["gates"]]})
