"""What failed: groups by handler and code, the newest errors with their last frames, and everything to be retried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.responses import Response

from headway.model.job import JobRow, State
from headway.model.outcome import ErrorText
from headway.store.figures import FailureGroup
from headway.store.protocol import JobDetail
from headway.view import words
from headway.view.secrets import Masked, mask
from headway.web import live
from headway.web.desk import figures
from headway.web.desk import jobs as desk
from headway.web.pages.frame import show
from headway.web.pages.links import with_query
from headway.web.route import page
from headway.web.visit import Visit

GROUPS_MAX: Final = 50
NEWEST_MAX: Final = 12
LOOKED_MAX: Final = 100
"""Of so many that were created last, those are shown that failed last: one that was retried may be an old job."""
FRAMES_SHOWN: Final = 4
"""Lines of the innermost frames: two for each."""
REASON_WIDTH: Final = 240
LINE_WIDTH: Final = 200

RETRY: Final = MappingProxyType({"scope": "filter", "deed": "retry", "back": "/failures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Failures of one kind."""

    name: str
    code: str | None
    jobs: int
    newest_us: int
    newest_id: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    """The filter that names them."""
    is_exact: bool
    """False: no filter names those without a code alone, so it names all of the handler."""

    @property
    def path(self) -> str:
        """The list of them."""
        return with_query("/jobs", self.fields)

    @property
    def form(self) -> dict[str, str]:
        """What a form says that retries them."""
        return {**RETRY, **dict(self.fields)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed job with what it raised."""

    row: JobRow
    said: str
    frames: str


async def look(visit: Visit) -> Response:
    """All groups, and the newest."""
    found = await figures.failures(visit)
    looked = await desk.some(visit, desk.filter_of(visit, "state:failed"), limit=LOOKED_MAX)
    newest = sorted(looked, key=lambda row: row.finished_us or 0, reverse=True)[:NEWEST_MAX]
    details = [await _failure(visit, row) for row in newest]
    return show(
        visit,
        "failures.html",
        nav="failures",
        groups=groups(found.groups),
        found=found,
        more_groups=max(0, len(found.groups) - GROUPS_MAX),
        newest=details,
        total=(await desk.counts(visit))[State.FAILED],
        all_fields={**RETRY, "state": "failed"},
    )


def groups(found: Sequence[FailureGroup]) -> tuple[Group, ...]:
    """The largest, each with the filter that names its jobs."""
    kinds = Counter(one.name for one in found)
    return tuple(_group(one, is_only=kinds[one.name] == 1) for one in found[:GROUPS_MAX])


def _group(one: FailureGroup, *, is_only: bool) -> Group:
    fields = [("state", "failed"), ("name", one.name), *([("code", one.code)] if one.code else [])]
    return Group(
        name=one.name,
        code=one.code,
        jobs=one.jobs,
        newest_us=one.newest_us,
        newest_id=one.newest_id,
        reason=words.cut(one.newest_reason or "", REASON_WIDTH),
        fields=tuple(fields),
        is_exact=one.code is not None or is_only,
    )


async def _failure(visit: Visit, row: JobRow) -> Failure:
    detail: JobDetail | None = await visit.read(visit.reader.detail(row.id, app=visit.app))
    if detail is None:
        return Failure(row=row, said="", frames="")
    masked = mask(detail.payload, visit.console.masking(row.name))
    errors = [one.error for one in sorted(detail.attempts, key=lambda one: one.epoch) if one.error is not None]
    if not errors:
        return Failure(row=row, said=words.cut(masked.text(row.reason) or row.code or "", REASON_WIDTH), frames="")
    return Failure(row=row, said=_first(errors[-1], masked), frames=_last(errors[-1], masked))


def _first(error: ErrorText, masked: Masked) -> str:
    line = (masked.text(error.message) or "").strip().split("\n", 1)[0]
    return words.cut(f"{error.type}: {line}".rstrip(": "), REASON_WIDTH)


def _last(error: ErrorText, masked: Masked) -> str:
    """The innermost frames, as they stand above the message."""
    lines = (masked.text(error.traceback) or "").rstrip().split("\n")
    frames = [line for line in lines[1:] if line.startswith("  ")][-FRAMES_SHOWN:]
    return "\n".join(words.cut(line[2:], LINE_WIDTH) for line in frames)


ROUTES = (page("/failures", "failures", live.live(look)),)
