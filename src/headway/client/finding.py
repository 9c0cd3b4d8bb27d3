"""Which job is meant by a function, a class or a bound method, as `jobs.enqueue(function, ...)` takes them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import FunctionType, MethodType
from typing import Any

from headway.client.define import body_of
from headway.client.methods import is_method
from headway.model.errors import HandlerRefused
from headway.model.handler import Handler
from headway.model.registry import Registry


def find_handler(registry: Registry, given: Any) -> Handler:
    """The one handler whose code this is; HandlerRefused says what to do where there is none, or several."""
    if isinstance(given, MethodType):
        found = _of_method(registry, given)
    elif isinstance(given, FunctionType | type):
        found = _own_first(given, registry.of_target(given))
    else:
        found = ()
    if not found:
        raise HandlerRefused(why_no_job(given))
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise HandlerRefused(f"{_called(given)} is registered as {names}: enqueue it by one of these names")
    return found[0]


def why_no_job(given: object) -> str:
    """What to write instead of something that is no job."""
    what = _called(given)
    match given:
        case functools.partial():
            return f"{what} cannot be enqueued: give its function, and the arguments beside it"
        case FunctionType():
            return f"{what} is no job: {_advice(given)}"
        case MethodType():
            return f"{what} is no job: decorate the method with @jobs.job in its class, or register it"
        case _ if callable(given):
            return f"{what} is no job: decorate it with @jobs.job, or register it"
        case _:
            return f"enqueue takes what job.call(...) returns, or a function that is a job, not {given!r}"


def _advice(function: FunctionType) -> str:
    if "<lambda>" in function.__qualname__:
        return "it is a lambda, which a worker could not find; write a function, or register it with name=..."
    if is_method(function):
        return "decorate it with @jobs.job in its class, or register it with of=<its class>"
    if "<locals>" in function.__qualname__:
        return "it is defined inside a function, where a worker could not find it; move it to its module's top and decorate it with @jobs.job, or register it with name=..."
    return "decorate it with @jobs.job, or register it"


def _of_method(registry: Registry, method: MethodType) -> Sequence[Handler]:
    """The handler of the class of its instance, else of the nearest base that has one."""
    holder = method.__self__
    classes = (holder if isinstance(holder, type) else type(holder)).__mro__
    methods = registry.of_target(method.__func__) if isinstance(method.__func__, FunctionType) else ()
    for cls in classes:
        commands = registry.of_target(cls) if body_of(cls) is method.__func__ else ()
        found = [*(one for one in methods if one.owner is not None and one.owner.cls is cls), *commands]
        if found:
            return found
    return ()


def _own_first(given: FunctionType | type, found: Sequence[Handler]) -> Sequence[Handler]:
    """A method that subclasses have registered too is the job of the class in which it stands."""
    classes = [None if one.owner is None or one.owner.cls is None else one.owner.cls for one in found]
    own = [
        one
        for one, cls in zip(found, classes, strict=True)
        if cls is not None and f"{cls.__qualname__}.{given.__name__}" == given.__qualname__
    ]
    return own or found


def _called(given: object) -> str:
    return getattr(given, "__qualname__", None) or repr(given)
