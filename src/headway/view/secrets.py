"""Masking: arguments that a handler declares secret (`redact`) are shown nowhere, nor is their value in other texts.

Where the application's code is not at hand, nobody knows what was declared; then arguments whose name sounds like a
secret are masked, and the page says that it was done by name only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from headway.model.handler import Handler
from headway.model.jsontypes import to_json_value
from headway.model.secret import SOUNDS_SECRET

MASK: Final = "•••"
VALUE_LENGTH_MIN: Final = 4
"""A shorter secret is not searched for in other texts: it would mask half of every word."""
DEPTH_MAX: Final = 100
"""Values nested deeper are masked whole, when anything is to be masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """Which arguments of a job are secret."""

    names: frozenset[str] = frozenset()
    declared: bool = False
    """Whether `names` is what the handler says; else arguments that sound like secrets are masked."""
    by_sound: bool = False
    """Whether what sounds like a secret is masked besides what the handler says, where many people look; not numbers: the
    code is known, and `max_tokens` is none."""
    defaults: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Secret arguments that may be left out, each with the texts of its default."""

    def hides(self, name: str, value: Any) -> bool:
        """Whether an argument of that name is masked."""
        if name in self.names:
            return True
        asks = not self.declared or (self.by_sound and not isinstance(value, int | float))
        return asks and SOUNDS_SECRET.search(name) is not None


def declared(names: Collection[str], *, by_sound: bool = False) -> Masking:
    """The masking of a handler that is known."""
    return Masking(names=frozenset(names), declared=True, by_sound=by_sound)


def masking_of(handler: Handler, *, by_sound: bool = False) -> Masking:
    """The masking of a handler, which knows the defaults of its secret arguments too: they are not stored with the job."""
    known = declared(handler.redact, by_sound=by_sound)
    secret = [one for one in handler.signature.parameters if not one.required and known.hides(one.name, one.default)]
    return replace(known, defaults=tuple((one.name, tuple(_texts(_as_json(one.default), 0))) for one in secret))


def _as_json(default: Any) -> Any:
    try:
        return msgspec.to_builtins(default, enc_hook=to_json_value)
    except (TypeError, ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A job's arguments, ready to be shown, and what must not appear in its other texts."""

    arguments: Any
    """The JSON value with secrets replaced; None when there is none or it is no JSON."""
    readable: bool
    """False: the stored arguments are no JSON (or too deep), so nothing of them is shown."""
    values: tuple[str, ...]
    """The texts that were masked, longest first."""
    blind: bool = False
    """There are secret arguments, and they are not there any more: what other texts repeat of them cannot be told."""

    def text(self, text: str | None) -> str | None:
        """Another text of the same job (an error, a log line) with the secret values replaced."""
        if self.blind:
            return MASK if text else text
        for value in self.values if text else ():
            text = text.replace(value, MASK) if text else text
        return text

    def value(self, value: Any) -> Any:
        """Another JSON value of the same job (a result) with the secret values replaced."""
        if self.blind:
            return value if value is None else MASK
        if not self.values:
            return value
        try:
            return _replace(value, self.text)
        except RecursionError:
            return MASK


NOTHING_SECRET: Final = Masked(arguments=None, readable=True, values=())
"""Where there are no arguments."""


def mask(payload: str | None, masking: Masking) -> Masked:
    """Read stored arguments and hide the secret ones, at whatever depth their name occurs."""
    if payload is None:
        values = _longest_first(_defaults(masking, ()))
        return Masked(arguments=None, readable=True, values=values, blind=bool(masking.names))
    try:
        arguments = msgspec.json.decode(payload)
        found: set[str] = set()
        shown = _hide(arguments, masking, found, 0)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return Masked(arguments=None, readable=False, values=_longest_first(_defaults(masking, ())))
    found.update(_defaults(masking, arguments if isinstance(arguments, dict) else ()))
    return Masked(arguments=shown, readable=True, values=_longest_first(found))


def _defaults(masking: Masking, given: Collection[str]) -> set[str]:
    """The texts of the defaults of those secret arguments that were not given."""
    return {text for name, texts in masking.defaults if name not in given for text in texts}


def _longest_first(found: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _hide(value: Any, masking: Masking, found: set[str], depth: int) -> Any:
    if depth > DEPTH_MAX:
        return MASK
    match value:
        case dict():
            shown: dict[str, Any] = {}
            for name, inner in value.items():
                if masking.hides(name, inner):
                    found.update(_texts(inner, 0))
                    shown[name] = MASK
                else:
                    shown[name] = _hide(inner, masking, found, depth + 1)
            return shown
        case list():
            return [_hide(inner, masking, found, depth + 1) for inner in value]
        case _:
            return value


def _replace(value: Any, clean: Callable[[str], str | None]) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(name): _replace(inner, clean) for name, inner in value.items()}
        case list():
            return [_replace(inner, clean) for inner in value]
        case int() | float() if clean(str(value)) != str(value):
            return MASK
        case _:
            return value


def _texts(value: Any, depth: int) -> Iterator[str]:
    match value:
        case str():
            if len(value) >= VALUE_LENGTH_MIN:
                yield value
        case dict() if depth < DEPTH_MAX:
            for inner in value.values():
                yield from _texts(inner, depth + 1)
        case list() if depth < DEPTH_MAX:
            for inner in value:
                yield from _texts(inner, depth + 1)
        case bool() | None:
            pass
        case int() | float() if len(str(value)) >= VALUE_LENGTH_MIN:
            yield str(value)
        case _:
            pass
