"""One job: everything about it, and what can be done to it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from headway.model.job import PENDING, JobRow, State
from headway.model.progress import ESTIMATE_MAX
from headway.store.protocol import CancelAnswer, JobDetail, Kept
from headway.view import records, words
from headway.view.pages import pretty, shown
from headway.view.secrets import MASK, Masked, Masking, mask
from headway.view.timeline import timeline
from headway.web import live
from headway.web.access import Permission
from headway.web.desk import acts
from headway.web.desk import jobs as desk
from headway.web.desk.acts import Known
from headway.web.pages import job_facts, job_log, revising
from headway.web.pages.acts import act_line
from headway.web.pages.attempts import attempted
from headway.web.pages.estimating import estimated
from headway.web.pages.families import family
from headway.web.pages.forms import deed, form
from headway.web.pages.frame import go, show
from headway.web.pages.histories import history
from headway.web.pages.reasons import Reason, reasons
from headway.web.pages.trees import Node, tree
from headway.web.problems import RequestInvalid
from headway.web.route import Route, page
from headway.web.visit import Visit

ACTS_SHOWN: Final = 20
RETRYABLE: Final = frozenset({State.FAILED, State.CANCELLED})
SAYS: Final = MappingProxyType(
    {
        CancelAnswer.CANCELLED: "is cancelled",
        CancelAnswer.REQUESTED: "is asked to stop",
        CancelAnswer.ALREADY_REQUESTED: "had been asked to stop before",
    }
)


async def look(visit: Visit) -> Response:
    """Everything about it."""
    detail = await desk.detail(visit, visit.request.path_params["id"])
    (row,) = await estimated(visit, [detail.row])
    masking = visit.console.masking(row.name)
    masked = mask(detail.payload, masking)
    now_us = visit.console.now_us()
    nodes = {node.uid: f"{node.host}:{node.pid}" for node in await visit.read(visit.reader.nodes(app=visit.app))}
    return show(
        visit,
        "job.html",
        nav="jobs",
        row=row,
        detail=detail,
        masked=masked.text,
        may=_may(visit, row),
        rest=_rest(row, now_us),
        waits=await _waits(visit, row, masked),
        history=history(timeline(detail), masked, nodes, now_us=now_us),
        attempts=attempted(detail.attempts, masked, nodes),
        facts=job_facts.lines(detail, masked, await _schedule(visit, detail)),
        arguments=_arguments(detail, masked, masking),
        result=_result(detail, masked),
        family=await family(visit, detail),
        acts=[
            act_line(one, Known())
            for one in await acts.listed(visit, subject="job", subject_id=str(row.id), limit=ACTS_SHOWN)
        ],
        **await _log(visit, detail, masked),
    )


def _may(visit: Visit, row: JobRow) -> dict[str, bool]:
    """What can be done to it, by this viewer, as it stands."""
    may, ended = visit.may_manage, row.state.is_final
    return {
        "cancel": may and not ended,
        "retry": may and row.state in RETRYABLE,
        "replay": may and ended,
        "revise": may and row.state in PENDING,
        "delete": may and row.state not in {State.RUNNING, State.EXECUTED},
    }


def _rest(row: JobRow, now_us: int) -> str:
    """How long it may still run, by what it has done in its time; nothing where that says nothing."""
    if row.state is not State.RUNNING or row.started_us is None or not row.fraction:
        return ""
    if row.fraction >= ESTIMATE_MAX:
        return ""
    elapsed_us = max(0, now_us - row.started_us)
    return words.duration(int(elapsed_us * (1 - row.fraction) / row.fraction))


async def _schedule(visit: Visit, detail: JobDetail) -> int | None:
    """The number of the schedule that it is a run of; None where there is none any more."""
    name, _ = records.run(detail)
    found = None if name is None else await visit.read(visit.reader.schedule(visit.app, name))
    return None if found is None else found.id


async def _waits(visit: Visit, row: JobRow, masked: Masked) -> tuple[Reason, ...]:
    """Why it is not running, in sentences."""
    return (
        ()
        if row.state not in PENDING or visit.viewer.tenant is not None  # it tells of the others who go first
        else reasons(await desk.explained(visit, str(row.id)), masked, visit.console.look.zone)
    )


def _arguments(detail: JobDetail, masked: Masked, masking: Masking) -> dict[str, Any]:
    if detail.payload is None:
        gone = "removed by retention" if detail.kept is Kept.SUMMARY else "the archive that holds them is not there"
        return {"node": None, "why": gone}
    if not masked.readable:
        return {"node": None, "why": "not shown: they are no readable JSON"}
    by_name = (
        "" if masking.declared else "secrets are known by their names only: this process has not the handler's code"
    )
    return {"node": tree(masked.arguments), "text": shown(pretty(masked.arguments)), "note": by_name}


def _result(detail: JobDetail, masked: Masked) -> dict[str, Any] | None:
    if detail.result is None:
        if detail.result_size is None:
            return None
        return {"node": None, "why": f"not stored: it took {words.grouped(detail.result_size)} bytes", "link": None}
    value = masked.value(records.parsed(detail.result))
    node: Node = tree(value)
    return {"node": node, "text": shown(pretty(value)), "link": _web(records.link(value)), "note": ""}


def _web(address: str | None) -> str | None:
    """An address that may be a link: of the web, never a script's."""
    return (
        address if address is not None and address.startswith(("https://", "http://")) and MASK not in address else None
    )


async def _log(visit: Visit, detail: JobDetail, masked: Masked) -> dict[str, Any]:
    """The newest lines; a page that is open already asks for what came since."""
    level = visit.request.query_params.get("level", "info")
    if level not in job_log.LEVELS:
        raise RequestInvalid(f"level must be one of {', '.join(job_log.LEVELS)}")
    if live.AGAIN in visit.request.scope:
        return {"lines": (), "level": level, "levels": job_log.LEVELS, "last": 0, "unshown": 0}
    stored = await desk.lines(visit, str(detail.row.id))
    lines = job_log.said(stored, masked, level)
    return {
        "lines": lines,
        "level": level,
        "levels": job_log.LEVELS,
        "last": stored[-1].number if stored else 0,
        "unshown": len(stored) - len(lines) if level == "info" else 0,
    }


async def cancel(visit: Visit) -> Response:
    """Cancel it, and show how it stands."""
    answer = await desk.cancel(visit, _given(visit))
    return _back(visit, f"The job {SAYS.get(answer, answer.value)}.")


async def retry(visit: Visit) -> Response:
    """Run it again."""
    await desk.retry(visit, _given(visit), revive=bool((await form(visit)).get("revive")))
    return _back(visit, "The job is retried: it is queued.")


async def replay(visit: Visit) -> Response:
    """Do the same once more, as a new job."""
    number = await desk.replay(visit, _given(visit))
    return go(visit, f"/jobs/{number}", f"This is a new job that does what job {_given(visit)[:40]} did.")


async def delete(visit: Visit) -> Response:
    """Delete it."""
    await desk.delete(visit, _given(visit))
    return go(visit, "/jobs", f"Job {_given(visit)[:40]} is deleted.")


def _given(visit: Visit) -> str:
    given: str = visit.request.path_params["id"]
    return given


def _back(visit: Visit, said: str) -> Response:
    return go(visit, f"/jobs/{quote(_given(visit), safe='')}", said)


ROUTES = (
    page("/jobs/{id}", "job", live.live(look)),
    page("/jobs/{id}/lines", "job-lines", job_log.since),
    page("/jobs/{id}/log", "job-log", job_log.whole),
    deed("/jobs/{id}/cancel", "job-cancel", cancel),
    deed("/jobs/{id}/retry", "job-retry", retry),
    deed("/jobs/{id}/replay", "job-replay", replay),
    deed("/jobs/{id}/delete", "job-delete", delete),
    Route(method="GET", path="/jobs/{id}/revise", permission=Permission.MANAGE, run=revising.look, name="job-revise"),
    deed("/jobs/{id}/revise", "job-revise-act", revising.revise),
)
