"""What went wrong, for programs: problem details (RFC 9457), made in one place from what was raised."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from headway.model import errors
from headway.view.filters import FilterInvalid

log = logging.getLogger("headway.web")

MEDIA_TYPE: Final = "application/problem+json"
DEFECT: Final = 500
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
SAID: Final = MappingProxyType({
    (404, "Not Found"): "There is nothing at this address.",
    (405, "Method Not Allowed"): "This address does not take that method; the header Allow says which it takes.",
})  # fmt: skip
"""What the router says by the bare name of a status, as a sentence."""


class RequestInvalid(errors.HeadwayError, ValueError):
    """<what of the request> cannot be <value>: <what it can be>."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        """`status`: 400, or a more telling one (404, 413, 414, 415, 422, 429)."""
        super().__init__(message)
        self.status = status


class Unauthorized(errors.HeadwayError):
    """Nobody is signed in."""


class Forbidden(errors.HeadwayError):
    """That needs <permission>."""


class ReadOnly(Forbidden):
    """These pages only look: nothing can be changed here."""


class CrossSite(Forbidden):
    """The request came from another site."""


class Conflict(errors.HeadwayError):
    """It cannot be done as things are: <how they are>."""


STATUSES: Final[Mapping[type[Exception], int]] = MappingProxyType({
    Unauthorized: 401,
    Forbidden: 403,
    Conflict: 409,
    errors.JobNotFound: 404,
    errors.ScheduleNotFound: 404,
    errors.BatchNotFound: 404,
    errors.HandlerUnknown: 404,
    errors.JobNotRetryable: 409,
    errors.JobNotReplayable: 409,
    errors.JobNotRevisable: 409,
    errors.DuplicateJob: 409,
    errors.DuplicateRefId: 409,
    errors.ScheduleBusy: 409,
    errors.ScheduleManaged: 409,
    errors.ScheduleExists: 409,
    errors.BatchClosed: 409,
    errors.BatchFull: 409,
    errors.BatchExists: 409,
    errors.EnqueueVetoed: 409,
    errors.ArgumentsInvalid: 422,
    errors.PayloadTooLarge: 413,
    errors.OptionInvalid: 422,
    errors.OptionUnknown: 422,
    FilterInvalid: 400,
    errors.BatchCycle: 409,
    errors.StoreUnavailable: 503,
    errors.StoreFull: 507,
    errors.StoreError: 503,
})  # fmt: skip
"""The answer to what was raised; a class that is not here answers as the nearest of its bases does."""

WORDS: Final[Mapping[int, str]] = MappingProxyType({
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "body-too-large",
    414: "address-too-long",
    415: "content-type-unsupported",
    429: "too-many-requests",
    431: "headers-too-large",
})  # fmt: skip
"""What a problem is called that only a status tells."""
AGAIN: Final[Mapping[int, str]] = MappingProxyType({429: "5", 503: "1"})
"""After so many seconds it may be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem, ready to be told to a program or a person."""

    status: int
    type: str
    """A word that stays: job-not-found."""
    title: str
    detail: str
    extra: Mapping[str, Any]

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """As problem details."""
        said = {"type": f"urn:headway:{self.type}", "title": self.title, "status": self.status, "detail": self.detail}
        again = {"Retry-After": AGAIN[self.status]} if self.status in AGAIN else {}
        whole = msgspec.json.encode({**said, **self.extra})
        return Response(whole, self.status, {**again, **(headers or {})}, media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """What to tell of an exception; of a defect no more than that there is one, of a broken store not where it lies."""
    match error:
        case HTTPException():
            kind = WORDS.get(error.status_code, f"http-{error.status_code}")
            return _problem(error.status_code, kind, SAID.get((error.status_code, error.detail), error.detail))
        case RequestInvalid():
            return _problem(error.status, WORDS.get(error.status, "request-invalid"), str(error))
        case ClientDisconnect():
            return _problem(400, "request-invalid", "the request broke off")
        case errors.StoreError():
            log.warning("a request failed, as the store did: %s", error)
            return _problem(
                _status(error), slug(type(error).__name__), "The store cannot be used now; the server's log says why."
            )
    status = _status(error)
    if status == DEFECT:
        log.error("a request failed", exc_info=error)
        return _problem(DEFECT, "internal-error", "Something went wrong here; the server's log says what.")
    return _problem(status, slug(type(error).__name__), str(error), _extra(error))


def _status(error: Exception) -> int:
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), DEFECT)


def _extra(error: Exception) -> Mapping[str, Any]:
    """What a program may want to go on with."""
    match error:
        case errors.DuplicateJob() | errors.ScheduleBusy():
            return {"jobId": error.id}
        case errors.PayloadTooLarge():
            return {"size": error.size, "limit": error.limit}
        case _:
            return NOTHING


def slug(name: str) -> str:
    """JobNotFound as job-not-found."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _problem(status: int, kind: str, detail: str, extra: Mapping[str, Any] = NOTHING) -> Problem:
    return Problem(status=status, type=kind, title=kind.replace("-", " ").capitalize(), detail=detail, extra=extra)
