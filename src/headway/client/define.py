"""From a function or command class with its options to a registered handler."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from headway.client.methods import Code
from headway.client.options import JOB_CHECKS, Check, checked, merge
from headway.client.plan import check_line
from headway.model.codec import Codec
from headway.model.errors import HandlerRefused, OptionInvalid
from headway.model.handler import GRACE_DEFAULT, Handler, OnInterrupt, RunIn
from headway.model.naming import handler_name
from headway.model.nearest import nearest
from headway.model.retry import BACKOFF_DEFAULT, Backoff
from headway.model.signature import METHODS, Signature

_CHECKS: Final[Mapping[str, Check]] = MappingProxyType(dict(JOB_CHECKS))
CALL_DEFAULTS: Final = (
    "queue",
    "priority",
    "retries",
    "tags",
    "on_interrupt",
    "worker",
    "concurrency_key",
    "concurrency_limit",
    "key_rate",
    *("queue", "priority", "retries", "tags", "on_interrupt"),
    *("unique_key", "unique_for", "on_duplicate"),
)
"""Options of a job that each call starts from; the others are looked up at the handler when it runs."""


def make_handler(
    code: Code, defaults: Mapping[str, Any], options: Mapping[str, Any], *, takes_context: bool
) -> tuple[Handler, dict[str, Any]]:
    """The handler, and the layer of options that its calls start from: Jobs < job."""
    target = code.target
    refuse(target)
    merged = merge(defaults, checked(options, _CHECKS))
    named = "name" in merged
    name: str = merged["name"] if named else handler_name(target, code.named_for)
    signature = Signature.of(
        target, handler=name, takes_context=takes_context, named=named, is_method=code.owner is not None
    )
    body = body_of(target)
    is_async = inspect.iscoroutinefunction(inspect.unwrap(body))
    backoff = merged.get("backoff", BACKOFF_DEFAULT)
    check_line(name, {}, merged)
    handler = Handler(
        name=name,
        aliases=merged.get("aliases", ()),
        target=target,
        is_async=is_async,
        is_command=isinstance(target, type) or code.owner is not None,
        owner=code.owner,
        takes_context=takes_context,
        signature=signature,
        codec=Codec(signature),
        run_in=_run_in(name, merged.get("run_in"), is_async=is_async),
        queue=merged["queue"],
        priority=merged.get("priority", 0),
        retries=merged["retries"],
        backoff=backoff if isinstance(backoff, Backoff) else BACKOFF_DEFAULT,
        backoff_call=None if isinstance(backoff, Backoff) else backoff,
        timeout=merged["timeout"],
        grace=merged.get("grace", GRACE_DEFAULT),
        retry_on_timeout=merged.get("retry_on_timeout", True),
        timeout_cancels=merged.get("timeout_state") == "cancelled",
        on_interrupt=merged.get("on_interrupt", OnInterrupt.RETRY),
        retry_on=merged.get("retry_on", ()),
        no_retry_on=merged.get("no_retry_on", ()),
        should_retry=merged.get("should_retry"),
        store_result=merged.get("store_result", True),
        strict_result=merged.get("strict", False),
        result_type=signature.result_type,
        tags=merged.get("tags", ()),
        worker=merged.get("worker"),
        concurrency_key=merged.get("concurrency_key"),
        concurrency_limit=merged.get("concurrency_limit"),
        key_rate=merged.get("key_rate"),
        unique_key=merged.get("unique_key"),
        unique_for=merged.get("unique_for"),
        on_duplicate=merged.get("on_duplicate", "return"),
        redact=_redact(name, merged.get("redact", ()), signature),
        max_concurrency=merged.get("max_concurrency"),
        rate_limit=merged.get("rate_limit"),
    )
    return handler, {option: merged[option] for option in CALL_DEFAULTS if option in merged}


def refuse(target: Any) -> None:
    """Say what to write instead of something that looks like a function and has no code of its own to find again."""
    what = getattr(target, "__qualname__", None) or repr(target)
    if isinstance(target, functools.partial):
        raise HandlerRefused("a functools.partial cannot be a handler: write a function that calls it")
    if not callable(target):
        raise HandlerRefused(f"{what} cannot be a handler: it is neither a function nor a class with run(self, ...)")


def body_of(target: Any) -> Callable[..., Any]:
    """The function that does the work: the target itself, or a command class's run or execute."""
    if isinstance(target, type):
        for method in METHODS:
            found: Callable[..., Any] | None = getattr(target, method, None)
            if found is not None:
                return found
    return target  # type: ignore[no-any-return] # Signature.of has refused what cannot be called


def _run_in(name: str, given: RunIn | None, *, is_async: bool) -> RunIn:
    usual = RunIn.LOOP if is_async else RunIn.THREAD
    if given is None:
        return usual
    if given is not RunIn.PROCESS and given is not usual:
        kind = "async def" if is_async else "def"
        raise OptionInvalid(f"{name} is {kind}, so run_in must be {usual.value!r} or 'process', not {given.value!r}")
    return given


def _redact(name: str, given: tuple[str, ...], signature: Signature) -> tuple[str, ...]:
    for one in given:
        if one not in signature.known:
            near = nearest(one, signature.names)
            hint = (
                f"; did you mean {near!r}?" if near else f"; its arguments are: {', '.join(signature.names) or 'none'}"
            )
            raise OptionInvalid(f"redact names {one!r}, which is no argument of {name}{hint}")
    return given
