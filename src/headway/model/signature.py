"""A handler's signature, read once, and the binder that every enqueue goes through."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from headway.model.errors import ArgumentsInvalid, HandlerRefused
from headway.model.naming import refuse_unstable
from headway.model.nearest import nearest

METHODS: Final = ("run", "execute")
"""What the method of a command class may be called."""
PARAMETERS_MAX: Final = 100
NAMES_SHOWN_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument that callers give."""

    name: str
    annotation: Any
    """Resolved; Any where there is none."""
    required: bool
    default: Any = None
    """Meaningful only if not required."""
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a handler takes and returns, as its callers see it: without `self` and without the Context."""

    handler: str
    """The name that errors say."""
    parameters: tuple[Parameter, ...]
    result_type: Any
    """The return annotation; Any where there is none or it cannot be resolved."""
    names: tuple[str, ...]
    """All arguments, in order."""
    positional: tuple[str, ...]
    """Those that may be given by position."""
    required: tuple[str, ...]
    known: frozenset[str]

    @classmethod
    def of(
        cls,
        target: Callable[..., Any],
        *,
        handler: str | None = None,
        takes_context: bool = False,
        named: bool = False,
        is_method: bool = False,
    ) -> Signature:
        """Read a function, or a command class with a `run` or `execute` method; HandlerRefused says what cannot be a handler.

        `takes_context`: the first parameter is the Context, which callers do not give. `named`: the caller chose the
        handler's name, so lambdas and nested functions are welcome. `is_method`: the parameter before that is self or cls.
        """
        function, is_command = _function_of(target)
        name = handler or str(getattr(target, "__qualname__", repr(target)))
        if not named:
            refuse_unstable(target)
        raw = _raw_parameters(function, name)
        skip = int(is_method or is_command) + int(takes_context)
        if len([one for one in raw[:skip] if one.kind in POSITIONAL]) < skip:
            missing = "the Context (takes_context=True)" if takes_context else "self"
            raise HandlerRefused(f"{name} cannot be a handler: it has no first parameter for {missing}")
        scope = getattr(inspect.unwrap(function), "__globals__", {})
        parameters = tuple(_parameter(one, scope, name) for one in raw[skip:])
        if len(parameters) > PARAMETERS_MAX:
            raise HandlerRefused(
                f"{name} cannot be a handler: it has {len(parameters)} parameters, the limit is {PARAMETERS_MAX}"
            )
        return cls(
            handler=name,
            parameters=parameters,
            result_type=_result_type(function, scope),
            names=tuple(one.name for one in parameters),
            positional=tuple(one.name for one in parameters if not one.keyword_only),
            required=tuple(one.name for one in parameters if one.required),
            known=frozenset(one.name for one in parameters),
        )

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
        """Name the given arguments, in the signature's order, as Python would; defaults are left out. ArgumentsInvalid if they do not fit."""
        names = self.names
        if not kwargs and len(args) == len(names) == len(self.positional):
            return dict(zip(names, args))  # noqa: B905 - the lengths are equal; strict= costs a third of a microsecond
        if len(args) > len(self.positional):
            raise ArgumentsInvalid(self._too_many(len(args)))
        bound = dict(zip(self.positional, args))  # noqa: B905 - fewer arguments than names is the normal case
        for name in kwargs:
            if name in bound or name not in self.known:
                raise ArgumentsInvalid(self._misnamed(name))
        if kwargs:
            bound |= kwargs
            bound = {name: bound[name] for name in names if name in bound}
        if len(bound) < len(names):
            for name in self.required:
                if name not in bound:
                    raise ArgumentsInvalid(self._missing(bound))
        return bound

    def _too_many(self, given: int) -> str:
        most = len(self.positional)
        least = sum(one.required and not one.keyword_only for one in self.parameters)
        counts = f"{most}" if least == most else f"from {least} to {most}"
        plural = "" if most == 1 else "s"
        was = "was" if given == 1 else "were"
        return f"{self.handler}() takes {counts} positional argument{plural} but {given} {was} given"

    def _misnamed(self, name: str) -> str:
        if name in self.known:
            return f"{self.handler}() got multiple values for argument {name!r}"
        near = nearest(name, self.names)
        known = ", ".join(self.names[:NAMES_SHOWN_MAX]) or "none"
        hint = f"did you mean {near!r}?" if near else f"its arguments are: {known}"
        return f"{self.handler}() got an unexpected argument {name!r}; {hint}"

    def _missing(self, bound: Mapping[str, object]) -> str:
        missing = [repr(name) for name in self.required if name not in bound]
        plural = "" if len(missing) == 1 else "s"
        return (
            f"{self.handler}() missing {len(missing)} required argument{plural}: {', '.join(missing[:NAMES_SHOWN_MAX])}"
        )


POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _function_of(target: Callable[..., Any]) -> tuple[Callable[..., Any], bool]:
    """The function to read, and whether its first parameter is `self`."""
    name = getattr(target, "__qualname__", repr(target))
    if isinstance(target, type):
        for method in METHODS:
            found = inspect.getattr_static(target, method, None)
            if isinstance(found, types.FunctionType):
                return found, True
        raise HandlerRefused(f"{name} cannot be a handler: a command class needs a method run(self, ...)")
    if isinstance(target, partial):
        raise HandlerRefused("a functools.partial cannot be a handler: write a function that calls it")
    if isinstance(target, types.MethodType):
        raise HandlerRefused(
            f"{name} cannot be a handler: it is bound to an object; write a function, or a class with run(self, ...)"
        )
    if not isinstance(target, types.FunctionType):
        raise HandlerRefused(f"{name} cannot be a handler: it is no Python function; write one that calls it")
    return target, False


def _raw_parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    real = inspect.unwrap(function)
    if inspect.isgeneratorfunction(real) or inspect.isasyncgenfunction(real):
        raise HandlerRefused(f"{name} cannot be a handler: it is a generator; return a value instead of yielding")
    try:
        return list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError, NameError) as exc:
        raise HandlerRefused(f"{name} cannot be a handler: its signature cannot be read: {exc}") from exc


def _parameter(raw: inspect.Parameter, scope: Mapping[str, Any], handler: str) -> Parameter:
    match raw.kind:
        case inspect.Parameter.VAR_POSITIONAL | inspect.Parameter.VAR_KEYWORD:
            stars = "*" if raw.kind is inspect.Parameter.VAR_POSITIONAL else "**"
            what = "a list" if stars == "*" else "a dict"
            raise HandlerRefused(
                f"{handler} cannot be a handler: {stars}{raw.name} has no fixed names; take {what} instead"
            )
        case inspect.Parameter.POSITIONAL_ONLY:
            raise HandlerRefused(
                f"{handler} cannot be a handler: {raw.name} is positional-only, and arguments are stored by name; remove the /"
            )
        case _:
            pass
    required = raw.default is inspect.Parameter.empty
    return Parameter(
        name=raw.name,
        annotation=_annotation(raw, scope, handler),
        required=required,
        default=None if required else raw.default,
        keyword_only=raw.kind is inspect.Parameter.KEYWORD_ONLY,
    )


def _annotation(raw: inspect.Parameter, scope: Mapping[str, Any], handler: str) -> Any:
    if raw.annotation is inspect.Parameter.empty:
        return Any
    try:
        return _resolve(raw.annotation, scope)
    except Exception as exc:  # resolving runs the annotation's own expression
        msg = f"{handler} cannot be a handler: the annotation of {raw.name} cannot be resolved: {exc}; define or import its names before the handler, outside TYPE_CHECKING"
        raise HandlerRefused(msg) from exc


def _result_type(function: Callable[..., Any], scope: Mapping[str, Any]) -> Any:
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return Any
    try:
        resolved = _resolve(annotation, scope)
    except Exception:  # noqa: BLE001 - a result that cannot be typed is read back as plain JSON values
        return Any
    return None if resolved is types.NoneType else resolved


def _resolve(annotation: Any, scope: Mapping[str, Any]) -> Any:
    # One at a time: the Context's annotation may be unknown at run time, and no other may fail for it.
    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    return typing.get_type_hints(holder, globalns=dict(scope), include_extras=True)["it"]
