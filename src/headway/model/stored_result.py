"""Results as JSON. Nothing that a function can return makes this raise: what cannot be stored is a value that says why."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from headway.model.errors import PayloadInvalid
from headway.model.jsontypes import can_travel, find_lost, from_json_value, nodes, to_json_value, why_unwritable

RESULT_MAX_BYTES: Final = 1024 * 1024
REASON_MAX_CHARS: Final = 500
NOT_STORABLE: Final = "result_not_storable"
OMITTED: Final = "result_omitted"


class StoredResult(msgspec.Struct, frozen=True):
    """A result that can be stored."""

    json: str


class ResultProblem(msgspec.Struct, frozen=True):
    """A result that is not stored; the job has done its work all the same."""

    code: str
    """`result_not_storable`, or `result_omitted` for one that is too large."""
    reason: str
    size: int | None = None
    """In bytes, of one that is too large."""


_encoder: Final = msgspec.json.Encoder(enc_hook=to_json_value)
_NULL: Final = StoredResult("null")


def encode_result(value: object, *, max_bytes: int = RESULT_MAX_BYTES) -> StoredResult | ResultProblem:
    """JSON text of a result, or what is wrong with it. Never raises."""
    if value is None:
        return _NULL
    try:
        text = _encoder.encode(value)
        if len(text) > max_bytes:
            reason = f"the result takes {len(text):,} bytes as JSON, the limit is {max_bytes:,}"
            return ResultProblem(OMITTED, reason, len(text))
        # msgspec writes NaN and infinity as null.
        lost = find_lost(value, naive=False) if b"null" in text else None
        if lost is None:
            return StoredResult(text.decode())
    except BaseException as exc:  # noqa: BLE001 - the value's own code may raise anything, and finished work must settle
        return ResultProblem(NOT_STORABLE, why_unwritable(exc))
    return ResultProblem(NOT_STORABLE, lost[:REASON_MAX_CHARS])


def decode_result(text: str | bytes, result_type: Any = Any) -> Any:
    """The value of a stored result, rebuilt as `result_type` where that is a type that travels, else as plain JSON values.

    PayloadInvalid if the text does not fit the type.
    """
    kind = result_type if result_type is not Any and _travels(result_type) else Any
    try:
        return msgspec.json.decode(text, type=kind, dec_hook=from_json_value)
    except Exception as exc:  # a model's own code may raise anything
        why = "nested too deeply" if isinstance(exc, RecursionError) else str(exc)[:REASON_MAX_CHARS]
        raise PayloadInvalid(f"the stored result is not a {result_type}: {why}") from exc


def _travels(annotation: Any) -> bool:
    try:
        return all(not isinstance(node, shapes.CustomType) or can_travel(node.cls) for node in nodes(annotation))
    except Exception:  # noqa: BLE001 - msgspec resolves the annotations of the user's classes
        return False
