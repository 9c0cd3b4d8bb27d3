"""The log of a job: its newest lines on the page, those that came since for the page that is open, all of them as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import PlainTextResponse, Response

from headway.store.protocol import StoredLine
from headway.view import records, words
from headway.view.pages import log_line
from headway.view.secrets import Masked, mask
from headway.web.desk import jobs as desk
from headway.web.desk.jobs import LINES_MAX
from headway.web.pages.frame import show
from headway.web.problems import RequestInvalid
from headway.web.visit import Visit

SHOWN_MAX: Final = 200
"""Lines of a page; the file has them all."""
TEXT_MAX: Final = 1_000
"""Characters of a line on a page."""
LEVELS: Final = ("info", "warning", "error")
"""What the lines can be narrowed to: those of this level and above."""
DIGITS_MAX: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line, ready to be shown."""

    number: int
    epoch: int
    at_us: int
    level: str
    text: str


def said(stored: Sequence[StoredLine], masked: Masked, level: str = "info") -> tuple[Said, ...]:
    """The newest lines of a level and above."""
    least = LEVELS.index(level)
    told = [_said(one, masked) for one in stored]
    return tuple(one for one in told if _rank(one.level) >= least)[-SHOWN_MAX:]


def _rank(level: str) -> int:
    return {"debug": 0, "info": 0, "warning": 1}.get(level, 2)


def _said(stored: StoredLine, masked: Masked) -> Said:
    text = words.safe_lines(masked.text(stored.line.text) or "")
    return Said(
        number=stored.number,
        epoch=stored.epoch,
        at_us=stored.line.at_us,
        level=records.level(stored.line.level),
        text=text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}{words.ELLIPSIS}",
    )


async def since(visit: Visit) -> Response:
    """The lines after a number, as a piece of the page."""
    given = visit.request.path_params["id"]
    after = visit.request.query_params.get("after", "0")
    if not (after.isascii() and after.isdecimal()) or len(after) > DIGITS_MAX:
        raise RequestInvalid(f"after must be the number of a line, not {after[:40]!r}")
    detail = await desk.detail(visit, given)
    masked = mask(detail.payload, visit.console.masking(detail.row.name))
    found = await desk.lines(visit, given, after=int(after), limit=LINES_MAX)
    return show(visit, "_log_lines.html", lines=said(found, masked))


async def whole(visit: Visit) -> Response:
    """The whole log as a file."""
    given = visit.request.path_params["id"]
    detail = await desk.detail(visit, given)
    masked = mask(detail.payload, visit.console.masking(detail.row.name))
    text = "".join(f"{line}\n" for line in _lines(await desk.lines(visit, given), masked, visit))
    name = f"job-{detail.row.id}.log"
    return PlainTextResponse(text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _lines(stored: Sequence[StoredLine], masked: Masked, visit: Visit) -> Iterator[str]:
    for one in stored:
        yield log_line(one, masked, visit.console.look.zone)
