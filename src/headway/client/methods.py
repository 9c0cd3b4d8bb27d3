"""What of a class can be a job: a method as it is written in the class, taken from it, or bound to an instance of it."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, Final

from headway.model.errors import HandlerRefused
from headway.model.handler import Owner

FIRST: Final = frozenset({"self", "cls"})
"""What the first parameter of a method is called; without the class at hand nothing else tells it from a function."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a handler runs."""

    target: Any
    """A function, a command class, or something that will be refused."""
    owner: Owner | None = None
    """The class whose method it is."""
    named_for: type | None = None
    """The class after which it is named, where that need not be the one in which it stands."""


def code_of(target: Any, of: type | None) -> Code:
    """Look at what is to be a job; `of` is the class to which a method belongs."""
    match target:
        case staticmethod():
            return Code(target.__func__)
        case classmethod():
            return Code(target.__func__, Owner(of, takes_class=True), of)
        case MethodType():
            holder = target.__self__
            cls = of or (holder if isinstance(holder, type) else type(holder))
            return Code(target.__func__, Owner(cls, takes_class=isinstance(holder, type)), cls)
        case FunctionType() if of is not None:
            return _taken(target, of)
        case FunctionType() if is_method(target):
            return Code(target, Owner(class_of(target)))
        case _ if of is not None:
            raise HandlerRefused(f"{target!r} is no method of {of!r}")
        case _:
            return Code(target)


def is_method(function: FunctionType) -> bool:
    """Whether a function was written in a class, and takes an instance of it."""
    parent = function.__qualname__.rpartition(".")[0]
    real = inspect.unwrap(function)  # another decorator's function says of what it was made
    if not parent or parent.endswith("<locals>") or not isinstance(real, FunctionType):
        return False
    return real.__code__.co_argcount > 0 and real.__code__.co_varnames[0] in FIRST


def class_of(function: FunctionType) -> type | None:
    """The class in which a function was written, found by its name in its own module; None if it is not there (yet)."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split(".")[:-1]:
        found = getattr(found, name, None)
    return found if isinstance(found, type) and _stands_in(function, found) else None


def _taken(function: FunctionType, of: type) -> Code:
    where = next((one for one in of.__mro__ if _stands_in(function, one)), None)
    if where is None:
        raise HandlerRefused(f"{function.__qualname__} is no method of {of.__qualname__}")
    if isinstance(vars(where)[function.__name__], staticmethod):
        return Code(function, named_for=of)
    return Code(function, Owner(of), of)


def _stands_in(function: FunctionType, cls: type) -> bool:
    found = vars(cls).get(function.__name__)
    # A staticmethod and a job remember what they were made of under this name.
    return found is function or getattr(found, "__wrapped__", None) is function
