"""What an endpoint answered, and what becomes of the job by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from headway.model.errors import EndpointFailed, EndpointRefused

BEGINNING_CHARS: Final = 500
"""How much of a body is told in an error."""
ENVELOPE_BYTES: Final = 1024
"""Left of the limit of results for what stands around the body."""
OK, REDIRECT, CLIENT, SERVER = 200, 300, 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of a job that was an endpoint's."""

    status: int
    body: Any = None
    """JSON as its values, anything else that is text as text; None for no body."""
    omitted: str | None = None
    """Why the body is not here, if it is not: it is too large, or binary."""


class Reply:
    """Collects what the application sends. No more than `limit` bytes of the body are kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()
        self._headers: dict[str, str] = {}
        self.status: int | None = None
        self.size = 0
        self.is_whole = False

    def take(self, message: dict[str, Any]) -> None:
        """A message of the application."""
        match message["type"]:
            case "http.response.start":
                self.status = message["status"]
                self._headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in message.get("headers", ())
                }
            case "http.response.body":
                piece: bytes = message.get("body", b"")
                self.size += len(piece)
                self._body += piece[: max(0, self._limit - len(self._body))]
                self.is_whole = not message.get("more_body", False)
            case _:
                pass  # pushes, trailers and the like mean nothing to a job

    def answer(self, what: str) -> Answer:
        """The job's result. EndpointFailed, to be retried, for a 5xx and for no answer; EndpointRefused for whatever is no 2xx."""
        if self.status is None or not self.is_whole:
            raise EndpointFailed(f"{what} ended without a whole answer", status=self.status or SERVER)
        if self.status >= SERVER:
            raise EndpointFailed(f"{what} answered {self.status}{self._beginning()}", status=self.status)
        if not OK <= self.status < REDIRECT:
            raise EndpointRefused(f"{what} answered {self.status}{self._beginning()}", status=self.status)
        if self.size > self._limit:
            return Answer(
                status=self.status, omitted=f"the body takes {self.size:,} bytes, the limit is {self._limit:,}"
            )
        return self._read(self.status)

    def _read(self, status: int) -> Answer:
        kind = self._headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self._body:
            return Answer(status=status)
        if kind == "application/json" or kind.endswith("+json"):
            try:
                return Answer(status=status, body=msgspec.json.decode(bytes(self._body)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass  # its own fault; told as text
        try:
            text = self._body.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            return Answer(
                status=status, omitted=f"the body is neither JSON nor UTF-8 text, but {kind or 'of no named kind'}"
            )
        return Answer(status=status, body=text)

    def _beginning(self) -> str:
        """For an error: where a redirect leads, or how the body begins."""
        if self.status is not None and REDIRECT <= self.status < CLIENT:
            return f", to {self._headers.get('location', 'nowhere')}: redirects are not followed, give the path that is meant"
        text = self._body.decode(errors="replace").strip()
        return f": {text[:BEGINNING_CHARS]}" if text else ""
