"""Arguments as JSON: written and checked at enqueue, rebuilt with their types at execution.

What comes back is equal to what went in for every type a signature may name; an argument without an annotation comes
back as plain JSON values. Integers of any size up to 4,300 digits are carried exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import inspect as shapes

from headway.model.errors import ArgumentsInvalid, HandlerRefused, PayloadInvalid, PayloadTooLarge
from headway.model.jsontypes import (
    MASK,
    NO_ZONE,
    find_lost,
    from_json_value,
    is_model,
    nodes,
    refuse_stranger,
    sorted_sets,
    to_json_value,
    why_unwritable,
)
from headway.model.signature import Signature
from headway.model.stored_result import RESULT_MAX_BYTES, ResultProblem, StoredResult, decode_result, encode_result

__all__ = [
    "PAYLOAD_MAX_BYTES",
    "RESULT_MAX_BYTES",
    "Codec",
    "ResultProblem",
    "StoredResult",
    "decode_result",
    "encode_result",
]

PAYLOAD_MAX_BYTES: Final = 1024 * 1024
REASON_MAX_CHARS: Final = 1000

_ABSENT: Final = object()
"""Marks an argument that the payload does not hold, so that the function's own default applies."""
_EXACT: Final[Mapping[Any, tuple[type, ...]]] = MappingProxyType({str: (str,), bytes: (bytes, bytearray, memoryview)})
"""Types whose JSON another type shares: without a look at the value, a UUID would pass for a str, and a str for bytes."""
_PLACE: Final = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)

_encoder: Final = msgspec.json.Encoder(enc_hook=to_json_value)


class Codec:
    """Writes and reads the arguments of one handler. Built once; safe to share between threads."""

    __slots__ = ("_decoder", "_exact", "_handler", "_has_defaults", "_has_models", "_moments", "_signature")

    def __init__(self, signature: Signature) -> None:
        self._handler = signature.handler
        self._has_defaults = len(signature.required) < len(signature.names)
        self._moments: tuple[str, ...] = ()
        self._has_models = False
        for one in signature.parameters:
            self._inspect(one.name, one.annotation)
        self._exact = tuple(
            (one.name, allowed) for one in signature.parameters if (allowed := _exact_types(one.annotation)) is not None
        )
        self._signature = signature
        self._decoder = _decoder(signature, frozenset())

    def encode(
        self, bound: dict[str, object], *, max_bytes: int = PAYLOAD_MAX_BYTES, later: frozenset[str] | None = None
    ) -> bytes:
        """JSON of bound arguments, in their order. ArgumentsInvalid names what does not fit, PayloadTooLarge the size.

        Arguments that are given `later` (by name) need not be there.
        """
        for name, allowed in self._exact:
            if name in bound and not isinstance(bound[name], allowed):
                expected, got = allowed[0].__name__, type(bound[name]).__name__
                raise ArgumentsInvalid(f"{self._handler}: argument {name}: expected `{expected}`, got `{got}`")
        try:
            payload = _encoder.encode(bound)
        except Exception as exc:  # a model's own code may raise anything
            raise ArgumentsInvalid(self._unwritable(bound, exc)) from exc
        if len(payload) > max_bytes:
            msg = f"the arguments of {self._handler} take {len(payload):,} bytes as JSON, the limit is {max_bytes:,}"
            raise PayloadTooLarge(msg, size=len(payload), limit=max_bytes)
        if self._moments or b"null" in payload:
            self._refuse_lost(bound, payload)
        try:
            read = (self._decoder if later is None else self._without(later)).decode(payload)
        except Exception as exc:  # a model's own code may raise anything
            raise ArgumentsInvalid(f"{self._handler}: {_words(exc)}") from exc
        if self._has_models and MASK in payload:
            self._refuse_masked(bound, read)
        return payload

    def canonical(self, bound: dict[str, object]) -> bytes:
        """JSON of arguments that `encode` took, with dicts and sets sorted: equal arguments give equal bytes, in any process.

        Not promised for sets inside a pydantic model, which writes its own.
        """
        plain = msgspec.to_builtins(sorted_sets(bound), enc_hook=to_json_value, str_keys=True, order="deterministic")
        return _encoder.encode(plain)

    def decode(self, payload: bytes | str, *, later: frozenset[str] | None = None) -> dict[str, Any]:
        """The keyword arguments to call the handler with, rebuilt with their types; PayloadInvalid says what does not fit.

        Arguments that are given `later` (by name) need not be there.
        """
        try:
            decoder = self._decoder if later is None else self._without(later)
            given: dict[str, Any] = msgspec.structs.asdict(decoder.decode(payload))
        except Exception as exc:  # a model's own code may raise anything
            raise PayloadInvalid(f"the arguments of {self._handler} do not fit it: {_words(exc)}") from exc
        if self._has_defaults or later:
            given = {name: value for name, value in given.items() if value is not _ABSENT}
        if self._moments:
            try:
                lost = self._lost_moment(given)
            except Exception as exc:  # as above
                raise PayloadInvalid(f"the arguments of {self._handler} do not fit it: {_words(exc)}") from exc
            if lost is not None:
                raise PayloadInvalid(f"the arguments of {self._handler} do not fit it: argument {lost}")
        return given

    def _without(self, later: frozenset[str]) -> msgspec.json.Decoder[Any]:
        """Reads arguments of which these may be missing. Made anew each time: few calls have results of others in them."""
        return _decoder(self._signature, later)

    def _inspect(self, name: str, annotation: Any) -> None:
        try:
            for node in nodes(annotation):
                if isinstance(node, shapes.CustomType):
                    refuse_stranger(node.cls)
                    self._has_models |= is_model(node.cls)
                # A model's fields are its own business: they may hold moments.
                if isinstance(node, shapes.DateTimeType) or (
                    isinstance(node, shapes.CustomType) and is_model(node.cls)
                ):
                    self._moments = (*(one for one in self._moments if one != name), name)
        except Exception as exc:  # msgspec resolves the annotations of the user's classes
            msg = f"{self._handler} cannot be a handler: its argument {name} cannot be stored: {_cut(str(exc))}"
            raise HandlerRefused(msg) from exc

    def _unwritable(self, bound: dict[str, object], error: Exception) -> str:
        """Name the argument that could not be written."""
        for name, value in bound.items():
            try:
                _encoder.encode(value)
            except Exception as exc:  # noqa: BLE001 - as in encode
                return f"{self._handler}: argument {name}: {why_unwritable(exc)}"
        return f"{self._handler}: {why_unwritable(error)}"

    def _refuse_lost(self, bound: dict[str, object], payload: bytes) -> None:
        try:
            # msgspec writes NaN and infinity as null.
            lost = self._lost_moment(bound) or (find_lost(bound, naive=False) if b"null" in payload else None)
        except Exception as exc:  # a model's own code may raise anything
            raise ArgumentsInvalid(f"{self._handler}: {why_unwritable(exc)}") from exc
        if lost is not None:
            raise ArgumentsInvalid(f"{self._handler}: argument {lost}")

    def _lost_moment(self, given: dict[str, Any]) -> str | None:
        """The first datetime without a zone."""
        for name in self._moments:
            value = given.get(name)
            if isinstance(value, datetime):
                if value.utcoffset() is None:
                    return f"{name}: {NO_ZONE}"
            elif value is not None:
                lost = find_lost(value, naive=True, place=name)
                if lost is not None:
                    return lost
        return None

    def _refuse_masked(self, bound: dict[str, object], read: Any) -> None:
        for name, value in bound.items():
            if hasattr(value, "model_dump") and getattr(read, name) != value:
                msg = f"{self._handler}: argument {name}: its JSON does not give it back: a secret field is masked; pass it another way"
                raise ArgumentsInvalid(msg)


def _decoder(signature: Signature, later: frozenset[str]) -> msgspec.json.Decoder[Any]:
    fields = [
        (one.name, one.annotation) if one.required and one.name not in later else (one.name, one.annotation, _ABSENT)
        for one in signature.parameters
    ]
    # Unknown fields are ignored: a payload written by newer code must run on older code, and the reverse.
    shape = msgspec.defstruct("Arguments", fields, kw_only=True, forbid_unknown_fields=False)
    return msgspec.json.Decoder(shape, dec_hook=from_json_value)


def _exact_types(annotation: Any) -> tuple[type, ...] | None:
    """What an argument declared as str or bytes (or either with None) may be; None for every other annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _exact_types(annotation.__origin__)
    if origin is Union or origin is UnionType:
        named = [kind for kind in get_args(annotation) if kind is not type(None)]
        allowed = _exact_types(named[0]) if len(named) == 1 else None
        return None if allowed is None else (*allowed, type(None))
    return _EXACT.get(annotation) if isinstance(annotation, type) else None


def _words(exc: Exception) -> str:
    """A decoder's message with the place first, as Python writes it."""
    if isinstance(exc, RecursionError):
        return "nested too deeply"
    text = str(exc)
    found = _PLACE.match(text)
    if found is None:
        return _cut(text)
    why, place = found.groups()
    if why.startswith(("Expected", "Invalid")):
        why = why[0].lower() + why[1:]
    return _cut(f"argument {place}: {why}")


def _cut(text: str) -> str:
    return text if len(text) <= REASON_MAX_CHARS else text[:REASON_MAX_CHARS] + "..."
