"""What is asked of an endpoint: checked when it is enqueued, and again in the attempt, as stored arguments can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import quote, unquote, urlencode

import msgspec

from headway.model.errors import ArgumentsInvalid

Method: TypeAlias = Literal["DELETE", "GET", "PATCH", "POST", "PUT"]
Plain: TypeAlias = str | int | float | bool
Query: TypeAlias = Mapping[str, Plain | Sequence[Plain]]
METHODS: Final[tuple[str, ...]] = get_args(Method)
HEADERS: Final = (
    *("accept", "accept-language", "content-type", "idempotency-key", "if-match", "prefer", "x-request-id"),
)
"""The headers that a job may carry. None of them says who somebody is, or where a request comes from."""
VALUE_MAX_CHARS: Final = 1000
RESERVED: Final = "/%:@!$&'()*+,;=~"
"""What stands in a path as it is."""
Headers: TypeAlias = list[tuple[bytes, bytes]]


def check(method: object, path: object, query: object, headers: object) -> None:
    """Refuse what cannot be asked for; ArgumentsInvalid says what can."""
    if method not in METHODS:
        raise ArgumentsInvalid(f"the method cannot be {method!r}: it is one of {', '.join(METHODS)}")
    _check_path(path)
    for name, value in _items("query", query):
        for one in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(one, Plain):
                raise ArgumentsInvalid(
                    f"query: {name} cannot be {one!r}: give text, a number, a boolean, or a list of them"
                )
    for name, value in _items("headers", headers):
        _check_header(name, value)


def _check_path(path: object) -> None:
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        raise ArgumentsInvalid(f"the path cannot be {path!r}: it begins with one / and has no scheme or host")
    if "?" in path or "#" in path:
        raise ArgumentsInvalid(
            f"the path cannot be {path!r}: give what follows the ? as query={{...}}, and no fragment"
        )
    plain = unquote(path)
    if not plain.isprintable() or "\\" in plain or {".", ".."} & set(plain.split("/")):
        raise ArgumentsInvalid(
            f"the path cannot be {path!r}: it has control characters, a backslash, or . and .. in it"
        )


def _check_header(name: str, value: object) -> None:
    if name.lower() not in HEADERS:
        raise ArgumentsInvalid(
            f"the header {name} cannot be stored with a job: only {', '.join(HEADERS)} can. Who asks is said by "
            "user_id=..., and nothing else; anything more belongs into the body or the query"
        )
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or len(value) > VALUE_MAX_CHARS:
        raise ArgumentsInvalid(
            f"the header {name} cannot be that: give printable ASCII of at most {VALUE_MAX_CHARS} characters"
        )
    if name.lower() == "content-type" and "json" not in value.partition(";")[0].lower():
        raise ArgumentsInvalid(f"the header {name} cannot be {value!r}: the body is JSON")


def _items(what: str, given: object) -> list[tuple[str, object]]:
    if given is None:
        return []
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ArgumentsInvalid(f"{what} cannot be {given!r}: give a mapping from names to values")
    return list(given.items())


def address(path: str, query: Mapping[str, Any] | None) -> dict[str, Any]:
    """The path and the query as an ASGI scope has them."""
    pairs = [
        (name, _text(one))
        for name, value in (query or {}).items()
        for one in (value if isinstance(value, list | tuple) else (value,))
    ]
    return {
        "path": unquote(path),
        "raw_path": quote(path, safe=RESERVED).encode(),
        "query_string": urlencode(pairs).encode(),
    }


def content(json: object, given: Mapping[str, str] | None, host: str) -> tuple[Headers, bytes]:
    """The headers, and the body; None is no body."""
    headers = {"host": host, "user-agent": "headway", "accept": "application/json"}
    body = b"" if json is None else msgspec.json.encode(json)
    if body:
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
    headers |= {name.lower(): value for name, value in (given or {}).items()}
    return [(name.encode(), value.encode()) for name, value in headers.items()], body


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
