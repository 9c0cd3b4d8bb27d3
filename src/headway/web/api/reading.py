"""What a request gives, read strictly: a misspelt name is refused with the nearest one, and nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final, NoReturn, TypeVar, get_origin

import msgspec
from starlette.requests import Request

from headway.model.nearest import nearest
from headway.web import guard
from headway.web.problems import RequestInvalid

T = TypeVar("T", bound=msgspec.Struct)

MEDIA_TYPE: Final = "application/json"
DEPTH_MAX: Final = 64
"""Brackets within brackets."""
STRING_MAX: Final = 256 * 1024
"""Bytes of one text."""
INTEGER_MAX: Final = 2**63 - 1
INTEGER_MIN: Final = -(2**63)
DIGITS_MAX: Final = 20
SHOWN_MAX: Final = 60
COMMON: Final = frozenset({"app"})
"""Parameters that each address takes."""

# A quoted text is skipped whole, also one that never ends: so each byte is looked at once.
_TOKENS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE: Final = re.compile(rb"\\u[dD]")
_PLACE: Final = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)


async def body_of(request: Request, shape: type[T], *, needed: bool = True) -> T:
    """The JSON body as a struct; one that is not needed may be missing.

    415 for another content type, 400 for what is no JSON or beyond the limits, 422 for what does not fit.
    """
    body = await guard.body(request)
    if not body.strip() and not needed:
        return _shaped({}, shape)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise RequestInvalid(f"the body must be {MEDIA_TYPE}, not {kind[:SHOWN_MAX]!r}", status=415)
    value = decoded(body)
    if not isinstance(value, dict):
        raise RequestInvalid("the body must be a JSON object", status=422)
    _refuse_unknown(value, known_names(shape), "the body takes")
    return _shaped(value, shape)


async def no_body(request: Request) -> None:
    """Refuse a body that would be read by nobody; an empty object is none."""
    body = (await guard.body(request)).strip()
    if body and body != b"{}":
        raise RequestInvalid("this takes no body")


def query_of(request: Request, shape: type[T]) -> T:
    """The query as a struct. Names may be written as `pageSize` or `page_size`; several values only where several may be."""
    known = known_names(shape)
    several = {field.encode_name for field in msgspec.structs.fields(shape) if _is_several(field.type)}
    given: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        name = camel(key)
        if name in COMMON and name not in known:
            continue
        given.setdefault(name, []).append(value)
    _refuse_unknown(given, {*known, *COMMON}, "the query takes")
    for name, values in given.items():
        if name not in several and len(values) > 1:
            raise RequestInvalid(f"{name} is given {len(values)} times, and takes one value")
    plain = {name: values if name in several else values[0] for name, values in given.items()}
    return _shaped(plain, shape, strict=False, status=400)


def decoded(body: bytes) -> Any:
    """JSON within limits: depth 64, integers of 64 bit, texts of 256 KiB, no NaN, no name twice in an object. 400 otherwise."""
    _check_depth(body)
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RequestInvalid(f"the body is no JSON: {str(error)[:200]}") from None
    if len(body) > STRING_MAX and any(len(text) > STRING_MAX for text in _texts(value)):
        raise RequestInvalid(f"a text in the body is longer than {STRING_MAX} characters")
    if _SURROGATE.search(body):
        try:
            msgspec.json.encode(value)
        except UnicodeEncodeError:
            raise RequestInvalid("a text in the body holds half a character (a lone surrogate)") from None
    return value


def known_names(shape: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of a struct's fields, as programs write them."""
    return tuple(field.encode_name for field in msgspec.structs.fields(shape))


def camel(name: str) -> str:
    """`page_size` as `pageSize`; what is written so already stays."""
    first, *others = name.split("_")
    return first + "".join(one[:1].upper() + one[1:] for one in others)


def _is_several(kind: Any) -> bool:
    return get_origin(kind.__origin__ if get_origin(kind) is Annotated else kind) is tuple


def _refuse_unknown(given: Collection[str], known: Collection[str], takes: str) -> None:
    for name in given:
        if name in known:
            continue
        near = nearest(name[:SHOWN_MAX], known)
        hint = f"did you mean {near}?" if near else f"{takes} {', '.join(sorted(known)) or 'nothing'}"
        raise RequestInvalid(f"{name[:SHOWN_MAX]!r} is not known here; {hint}", status=400)


def _shaped(value: Mapping[str, Any], shape: type[T], *, strict: bool = True, status: int = 422) -> T:
    try:
        return msgspec.convert(value, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise RequestInvalid(_words(str(error)), status=status) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise RequestInvalid(str(error)[:200], status=status) from None


def _words(text: str) -> str:
    """A complaint with the place first."""
    found = _PLACE.match(text)
    if found is None or not found[2]:
        return text[:500]
    why, place = found.groups()
    return f"{place}: {why[0].lower()}{why[1:]}"[:500]


def _check_depth(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return
    depth = 0
    for token in _TOKENS.finditer(body):
        match token[0][:1]:
            case b"[" | b"{":
                depth += 1
                if depth > DEPTH_MAX:
                    raise RequestInvalid(f"the body is nested deeper than {DEPTH_MAX} levels")
            case b"]" | b"}":
                depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RequestInvalid(f"{name[:SHOWN_MAX]!r} is given twice in one object")
            seen.add(name)
    return found


def _integer(text: str) -> int:
    if len(text) <= DIGITS_MAX and INTEGER_MIN <= (number := int(text)) <= INTEGER_MAX:
        return number
    raise RequestInvalid(f"the number {text[:SHOWN_MAX]} is beyond 64 bit: give it as a text")


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise RequestInvalid(f"the number {text[:SHOWN_MAX]} is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise RequestInvalid(f"{text} is no JSON number")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as found:
                yield from found
                waiting.extend(found.values())
            case list() as found:
                waiting.extend(found)
            case _:
                pass
