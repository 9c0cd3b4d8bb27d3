"""Forms: read within limits, and asked about once more where they say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, cast
from urllib.parse import parse_qsl, quote

from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from headway.web import guard
from headway.web.pages.frame import came_from, show
from headway.web.problems import RequestInvalid
from headway.web.route import Route, action
from headway.web.visit import Visit

FIELDS_MAX: Final = 2_000
"""More than the rows that can be selected at once."""
KEPT: Final = "headway.form"
TYPE: Final = "application/x-www-form-urlencoded"

Form = ImmutableMultiDict[str, str]


async def form(visit: Visit) -> Form:
    """The fields that were sent; RequestInvalid where they are no form."""
    scope = visit.request.scope
    if KEPT not in scope:
        sent = visit.request.headers.get("content-type", TYPE).partition(";")[0].strip().lower()
        if sent != TYPE:
            raise RequestInvalid(f"a form is sent as {TYPE}, not as {sent[:100]}", status=415)
        try:
            text = (await guard.body(visit.request)).decode()
            fields = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
        except ValueError:
            raise RequestInvalid(
                f"the form cannot be read: it must be UTF-8, with at most {FIELDS_MAX} fields"
            ) from None
        scope[KEPT] = ImmutableMultiDict(fields)
    return cast("Form", scope[KEPT])


def deed(path: str, name: str, run: Callable[[Visit], Awaitable[Response]]) -> Route:
    """A form that changes something, and asks first where its button says so (`confirm`), also without JavaScript."""

    async def asked(visit: Visit) -> Response:
        sent = await form(visit)
        if sent.get("ask") and not sent.get("sure"):
            fields = [(key, value) for key, value in sent.multi_items() if key not in {"ask", "sure"}]
            request = visit.request
            root = request.scope.get("root_path", "")
            return show(
                visit,
                "confirm.html",
                question=sent["ask"][:1_000],
                fields=fields,
                action=quote(root + request.scope["path"].removeprefix(root)),
                back=came_from(request) or visit.url("/"),
            )
        return await run(visit)

    return action(path, name, asked)
