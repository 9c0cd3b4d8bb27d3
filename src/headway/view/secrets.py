"""Masking: arguments that a handler declares secret (`redact`) are shown nowhere, nor is their value in other texts.

Where the application's code is not at hand, nobody knows what was declared; then arguments whose name sounds like a
secret are masked, and the page says that it was done by name only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

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

    def hides(self, name: str, value: Any) -> bool:
        """Whether an argument of that name is masked."""
        if name in self.names:
            return True
        asks = not self.declared or (self.by_sound and not isinstance(value, int | float))
        return asks and SOUNDS_SECRET.search(name) is not None


def declared(names: Collection[str], *, by_sound: bool = False) -> Masking:
    """The masking of a handler that is known."""
    return Masking(names=frozenset(names), declared=True, by_sound=by_sound)


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
        return Masked(arguments=None, readable=True, values=(), blind=bool(masking.names))
    try:
        arguments = msgspec.json.decode(payload)
        found: set[str] = set()
        shown = _hide(arguments, masking, found, 0)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return Masked(arguments=None, readable=False, values=())
    return Masked(arguments=shown, readable=True, values=tuple(sorted(found, key=lambda text: (-len(text), text))))


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
