"""Many jobs at once: those that were selected, or all that a filter names, a thousand at a time with a page in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from headway.store.protocol import CancelAnswer, JobFilter, RequeueAnswer
from headway.store.values import DeleteAnswer
from headway.view import words
from headway.web.access import Permission
from headway.web.desk import bulk as desk
from headway.web.desk import jobs
from headway.web.desk.bulk import BulkDone, BulkResult, Deed
from headway.web.pages.asking import Asked, asked, pairs_of
from headway.web.pages.forms import Form, form
from headway.web.pages.frame import go, show
from headway.web.problems import RequestInvalid
from headway.web.route import Route, action
from headway.web.visit import Visit

DIGITS_MAX: Final = 18
WORDS_MAX: Final = 2_000
VERBS: Final[Mapping[Deed, str]] = MappingProxyType({Deed.CANCEL: "Cancel", Deed.RETRY: "Retry", Deed.DELETE: "Delete"})
MEANS: Final[Mapping[Deed, str]] = MappingProxyType(
    {
        Deed.CANCEL: "Those that have not begun never will; those that run are asked to stop.",
        Deed.RETRY: "They are queued again, each with all its attempts. Only failed and cancelled jobs can be.",
        Deed.DELETE: "They are gone for good, with their records. Those that run are left as they are.",
    }
)
SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        CancelAnswer.CANCELLED.value: "cancelled",
        CancelAnswer.REQUESTED.value: "asked to stop",
        CancelAnswer.ALREADY_REQUESTED.value: "had been asked to stop before",
        CancelAnswer.FINAL.value: "had ended before",
        RequeueAnswer.REQUEUED.value: "retried",
        RequeueAnswer.REFUSED.value: "neither failed nor cancelled, so left",
        RequeueAnswer.BODY_GONE.value: "without their arguments, so left",
        RequeueAnswer.KEY_HELD.value: "left, as another job holds their unique key",
        RequeueAnswer.CYCLE.value: "left, as they would wait for themselves",
        DeleteAnswer.DELETED.value: "deleted",
        DeleteAnswer.RUNNING.value: "running, so left",
        DeleteAnswer.NEEDED.value: "left, as others depend on them",
        desk.MISSING: "not there any more",
        desk.SKIPPED: "no longer among those meant",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that can be done to all that match."""

    deed: Deed
    verb: str
    means: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class So:
    """How far a deed has come."""

    outcomes: Counter[str]
    before: int | None = None

    @property
    def text(self) -> str:
        """In words."""
        return said(self.outcomes)


async def offer(visit: Visit) -> Response:
    """What can be done to all jobs that a filter names, and to how many."""
    wanted = asked(visit.request.query_params, visit.console.look.page_size)
    where = jobs.filter_of(visit, parts=wanted.parts())
    offers = [await _offer(visit, deed, where) for deed in Deed]
    return show(visit, "bulk.html", nav="jobs", wanted=wanted, offers=[one for one in offers if one.number])


async def act(visit: Visit) -> Response:
    """Do it: to those selected at once, to all that match step by step."""
    sent = await form(visit)
    try:
        deed = Deed(sent.get("deed", ""))
    except ValueError:
        raise RequestInvalid(f"deed must be one of {', '.join(Deed)}") from None
    match sent.get("scope"):
        case "ids":
            return await _selected(visit, deed, sent)
        case "filter":
            return await _matching(visit, deed, sent)
        case _:
            raise RequestInvalid("scope must be ids or filter")


async def _selected(visit: Visit, deed: Deed, sent: Form) -> Response:
    ids = [number(text) for text in sent.getlist("id")]
    back = _back(sent)
    if not ids:
        return go(visit, back, "Nothing was selected, so nothing was done.", kind="plain")
    if not sent.get("sure"):
        return _asked(visit, f"{VERBS[deed]} {words.count(len(ids), 'job')}? {MEANS[deed]}", sent, back)
    done = await desk.act_on_ids(visit, deed, ids)
    return go(visit, back, said(counted(done.results)), kind=_kind(done))


async def _matching(visit: Visit, deed: Deed, sent: Form) -> Response:
    wanted = Asked(pairs=pairs_of(sent.multi_items()), size=1, usual_size=1)
    where = jobs.filter_of(visit, parts=wanted.parts())
    back = _back(sent)
    if not sent.get("sure"):
        total = (await _offer(visit, deed, where)).number
        return _asked(visit, f"{VERBS[deed]} {words.count(total, 'job')}? {MEANS[deed]}", sent, back)
    so = _so_far(sent)
    narrowed = able(where, deed)
    if narrowed is None:
        return go(visit, back, said(so.outcomes), kind="plain")
    done = await desk.act_on_filter(visit, deed, narrowed, before=so.before)
    so = So(outcomes=so.outcomes + counted(done.results), before=done.next_before)
    if done.next_before is None or not done.results:
        return go(visit, back, said(so.outcomes), kind="good" if so.outcomes else "plain")
    seen = so.outcomes.total()
    return show(
        visit,
        "bulk_progress.html",
        nav="jobs",
        verb=VERBS[deed],
        deed=deed,
        wanted=wanted,
        back=back,
        so=so,
        seen=seen,
        total=seen + done.left,
    )


async def _offer(visit: Visit, deed: Deed, where: JobFilter) -> Offer:
    narrowed = able(where, deed)
    would = None if narrowed is None else await desk.act_on_filter(visit, deed, narrowed, dry_run=True, limit=1)
    number_of = would.left if would is not None and would.results else 0
    return Offer(deed=deed, verb=VERBS[deed], means=MEANS[deed], number=number_of)


def able(where: JobFilter, deed: Deed) -> JobFilter | None:
    """The same without the states of which the deed can do nothing; None where no state is left."""
    if not where.states:
        return where
    states = tuple(state for state in where.states if state in desk.STATES[deed])
    return replace(where, states=states) if states else None


def _asked(visit: Visit, question: str, sent: Form, back: str) -> Response:
    fields = [(name, value) for name, value in sent.multi_items() if name not in {"sure", "ask"}]
    return show(
        visit,
        "confirm.html",
        nav="jobs",
        question=question,
        fields=fields,
        action=visit.url("/jobs/bulk"),
        back=visit.url(back),
    )


def _so_far(sent: Form) -> So:
    """What the steps before did, as the page in between handed it on."""
    outcomes = Counter({word: number(count) for word in SAYS if (count := sent.get(f"n_{word}")) is not None})
    before = sent.get("before")
    return So(outcomes=outcomes, before=None if not before else number(before))


def counted(results: Iterable[BulkResult]) -> Counter[str]:
    """How often each outcome came."""
    return Counter(one.outcome for one in results)


def said(outcomes: Mapping[str, int]) -> str:
    """What was done, in words: "3 cancelled, 2 had ended before"."""
    parts = [f"{words.grouped(count)} {SAYS.get(word, word)}" for word, count in outcomes.items() if count]
    return (", ".join(parts) or "There was nothing to do") + "."


def _kind(done: BulkDone) -> str:
    return "good" if done.done == len(done.results) else "warn"


def number(text: str) -> int:
    """A number of a form; RequestInvalid for what is none."""
    if not (text.isascii() and text.isdecimal()) or len(text) > DIGITS_MAX:
        raise RequestInvalid(f"{text[:40]!r} is no number")
    return int(text)


def _back(sent: Form) -> str:
    """The page within the console to go back to."""
    path = sent.get("back", "")[:WORDS_MAX]
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/jobs"


ROUTES = (
    Route(method="GET", path="/jobs/bulk", permission=Permission.MANAGE, run=offer, name="jobs-bulk"),
    action("/jobs/bulk", "jobs-bulk-act", act),
)
