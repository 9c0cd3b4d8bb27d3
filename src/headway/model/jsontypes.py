"""Which Python types travel as JSON, and how: msgspec's own, paths and addresses as text, pydantic models by their own methods.

pydantic is never imported: a model is whatever has `model_dump` and `model_validate_json`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final, NoReturn, cast

import msgspec
from msgspec import inspect as shapes

from headway.model.result_ref import ResultRef

REASON_MAX_CHARS: Final = 500
NO_ZONE: Final = "the datetime has no time zone; write datetime(..., tzinfo=timezone.utc)"
MODEL_ERRORS_MAX: Final = 5
"""How many of a model's complaints an error repeats."""
LOOKED_AT: Final = (float, datetime, dict, list, tuple)
"""Plain values that can be, or hold, what JSON would change."""
MASK: Final = b"**********"
"""What pydantic writes for a secret."""


def to_json_value(value: Any) -> Any:
    """What msgspec asks for a value it does not know (enc_hook)."""
    kind = type(value)
    if callable(getattr(kind, "model_dump", None)) and callable(getattr(kind, "model_validate_json", None)):
        return value.model_dump(mode="json", by_alias=True, round_trip=True)
    match value:
        case PurePath():
            return str(value)
        # msgspec takes the exact types only; a subclass travels as its base.
        case str():
            return value.stored() if isinstance(value, ResultRef) else str.__str__(value)
        case int():
            return int.__int__(value)
        case float():
            return float.__float__(value)
        case datetime():
            return datetime.combine(value.date(), value.timetz())
        case _:
            raise TypeError(_why(value))


def refuse_value(value: object) -> NoReturn:
    """TypeError for a value that is no JSON (enc_hook); a class of ours says itself what to do instead (`no_json`)."""
    raise TypeError(_why(value))


def from_json_value(kind: type, value: Any) -> Any:
    """What msgspec asks for a type it does not know (dec_hook)."""
    if kind is object:
        return value
    if is_model(kind):
        return _read_model(kind, value)
    if issubclass(kind, PurePath | ResultRef):
        if isinstance(value, str):
            return kind(value)
        msg = f"Expected `{kind.__name__}`, got `{type(value).__name__}`"
        raise ValueError(msg)
    raise TypeError(_cannot(kind))


def is_model(kind: Any) -> bool:
    """Whether a type is a pydantic model (version 2)."""
    return isinstance(kind, type) and hasattr(kind, "model_validate_json") and hasattr(kind, "model_dump")


def can_travel(kind: Any) -> bool:
    """Whether a type that msgspec does not know is one of ours."""
    return kind is object or is_model(kind) or (isinstance(kind, type) and issubclass(kind, PurePath | ResultRef))


def refuse_stranger(kind: Any) -> None:
    """TypeError for a type that neither msgspec nor this module can write."""
    if not can_travel(kind):
        raise TypeError(_cannot(kind))


def nodes(annotation: Any) -> Iterator[shapes.Type]:
    """Every type that an annotation reaches, also through the fields of classes. TypeError if msgspec refuses it."""
    waiting: list[Any] = [shapes.type_info(annotation)]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting.extend(one)
        elif isinstance(one, shapes.Type | shapes.Field) and id(one) not in seen:
            seen.add(id(one))
            if isinstance(one, shapes.Type):
                yield one
            waiting.extend(getattr(one, name) for name in one.__struct_fields__ if name not in {"default", "cls"})


def find_lost(value: Any, *, naive: bool, place: str = "") -> str | None:
    """Find what JSON would silently change: NaN and infinity (written as null), and, if `naive`, a datetime without zone.

    Answers with the place and the reason, or None. Not recursive, and bounded by the size of the value.
    """
    plain = msgspec.to_builtins(value, enc_hook=_plain_value, builtin_types=(datetime,))
    waiting: list[tuple[str, Any]] = [(place, plain)]
    while waiting:
        place, one = waiting.pop()
        match one:
            case float() if not math.isfinite(one):
                return f"{place or 'the value'}: {one} is no JSON number"
            case datetime() if naive and one.utcoffset() is None:
                return f"{place or 'the value'}: {NO_ZONE}"
            case dict():
                waiting.extend(
                    (f"{place}.{key}" if place else str(key), item)
                    for key, item in one.items()
                    if isinstance(item, LOOKED_AT)
                )
            case list() | tuple():
                waiting.extend(
                    (f"{place}[{index}]", item) for index, item in enumerate(one) if isinstance(item, LOOKED_AT)
                )
            case _:
                pass
    return None


def sorted_sets(value: Any) -> Any:
    """The same value with every set as a list, sorted by the JSON of its members (which may not be comparable themselves)."""
    match value:
        case set() | frozenset():
            members = [sorted_sets(item) for item in value]
            return sorted(members, key=lambda item: msgspec.json.encode(item, enc_hook=to_json_value))
        case dict():
            return {key: sorted_sets(item) for key, item in value.items()}
        case list() | tuple():
            return [sorted_sets(item) for item in value]
        case msgspec.Struct():
            return sorted_sets(msgspec.structs.asdict(value))
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {one.name: sorted_sets(getattr(value, one.name)) for one in fields(value)}
        case _:
            return value


def why_unwritable(exc: BaseException) -> str:
    """A short sentence on why a value could not be written as JSON. Never raises."""
    match exc:
        case RecursionError():
            return "nested too deeply for JSON"
        case UnicodeError():
            return "a text holds a lone surrogate, which is no character; decode or replace it first"
        case MemoryError():
            return "too large for the memory"
        case _:
            pass
    try:
        text = str(exc)[:REASON_MAX_CHARS].encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        return text if isinstance(exc, TypeError | ValueError) else f"{type(exc).__name__}: {text}"
    except BaseException:  # noqa: BLE001 - see the docstring
        return "an error whose text cannot be read"


def _why(value: object) -> str:
    says = getattr(type(value), "no_json", None)
    return says if isinstance(says, str) else _cannot(type(value))


def _cannot(kind: Any) -> str:
    name = getattr(kind, "__qualname__", repr(kind))
    module = getattr(kind, "__module__", "builtins")
    return f"a {name if module == 'builtins' else f'{module}.{name}'} cannot be written as JSON"


def _plain_value(value: Any) -> Any:
    if is_model(type(value)):
        return value.model_dump()
    try:
        return to_json_value(value)
    except TypeError:
        return None


def _read_model(kind: Any, value: Any) -> Any:
    try:
        return kind.model_validate_json(msgspec.json.encode(value))
    except ValueError as exc:
        errors: Any = getattr(exc, "errors", None)
        if not callable(errors):
            raise
        # Without the input: it may be a secret, and the record of a failure is read by many.
        found = cast("list[dict[str, Any]]", errors(include_url=False, include_context=False, include_input=False))
        text = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'model'}: {one['msg']}" for one in found[:MODEL_ERRORS_MAX]
        )
        raise ValueError(text) from exc
