"""A call: a job with arguments and options, as a value that nothing was done with yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, Unpack, cast, overload

import msgspec

from headway.client.callbacks import OnFailure, chosen
from headway.client.linked import NO_LINKS, Links, ResultOf, links_in
from headway.client.options import Options
from headway.client.plan import Plan
from headway.model.codec import PAYLOAD_MAX_BYTES
from headway.model.errors import ArgumentsInvalid, PayloadTooLarge
from headway.model.jsontypes import find_lost, refuse_value

if TYPE_CHECKING:
    from headway.client.chain import Chain
    from headway.client.then import Takes, TakesNothing
    from headway.model.handler import Handler

Q = ParamSpec("Q")
R_co = TypeVar("R_co", covariant=True)

SHOWN_MAX_CHARS: Final = 200
"""How much of its arguments a call's repr shows."""


class Call(Generic[R_co]):
    """What `job.call(...)` returns: comparable, hashable, never changed. Its arguments have been checked and written as JSON."""

    __slots__ = ("_links", "_payload", "_plan")

    def __init__(self, plan: Plan, payload: str, links: Links = NO_LINKS) -> None:
        self._plan = plan
        self._payload = payload
        self._links = links

    @property
    def name(self) -> str:
        """The handler's name."""
        return self._plan.name

    @property
    def plan(self) -> Plan:
        """The options, checked and merged."""
        return self._plan

    @property
    def payload(self) -> str:
        """The arguments as a JSON object."""
        return self._payload

    @property
    def links(self) -> Links:
        """The arguments that become results of other jobs; they are not in the payload."""
        return self._links

    @property
    def value(self) -> R_co:
        """Its result, as an argument of a call that is stored with this one and after it: `jobs.chain(a, b.call(a.value))`.

        To a type checker it is the result; in truth a marker that only `call`, `enqueue` and the like understand.
        """
        return cast("R_co", ResultOf(self))

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments by name, as plain JSON values; a copy."""
        given: dict[str, Any] = msgspec.json.decode(self._payload)
        return given

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that were chosen for this call, without defaults."""
        return self._plan.chosen

    def using(
        self,
        *,
        on_success: Callable[[R_co], object] | None = None,
        on_failure: OnFailure | None = None,
        **options: Unpack[Options],
    ) -> Call[R_co]:
        """The same call with other options; `on_success` and `on_failure` as `Job.using` takes them."""
        return Call(self._plan.using(chosen(options, on_success, on_failure)), self._payload, self._links)

    @overload
    def then(self, callback: Takes[R_co, Q], /, *args: Q.args, **kwargs: Q.kwargs) -> Call[R_co]: ...
    @overload
    def then(self, callback: TakesNothing, /) -> Call[R_co]: ...
    def then(self, callback: Any, /, *args: Any, **kwargs: Any) -> Call[R_co]:
        """The same call with a callback, as `Job.then` takes it."""
        from headway.client.then import then_of

        return Call(self._plan.then(then_of(callback, args, kwargs)), self._payload, self._links)

    def __rshift__(self, other: Call[Any] | Chain) -> Chain:
        """This call, and when it has completed that one: `jobs.chain(first.call() >> second.call())` stores both."""
        from headway.client.chain import Chain

        return Chain(self) >> other

    def with_arguments(self, **arguments: object) -> Call[R_co]:
        """The same call with some arguments replaced or added; checked like the first ones."""
        handler = self._plan.handler
        kept = {name: one for name, one in self._links.items() if name not in arguments}
        if handler is None:
            return plain_call(self._plan, {**self.arguments, **arguments, **kept}, PAYLOAD_MAX_BYTES)
        if not self._links:
            given = handler.codec.decode(self._payload) | arguments
            return encoded(self._plan, handler, handler.signature.bind((), given))
        given = handler.codec.decode(self._payload, later=frozenset(self._links))
        bound = handler.signature.bind((), {**given, **arguments, **kept})
        return encoded(self._plan, handler, bound, kept=kept)

    def canonical(self) -> bytes:
        """The arguments as JSON in an order that does not depend on the process: equal arguments give equal bytes."""
        handler = self._plan.handler
        if handler is None or self._links:
            return msgspec.json.encode(msgspec.json.decode(self._payload), order="deterministic")
        return handler.codec.canonical(handler.codec.decode(self._payload))

    def __eq__(self, other: object) -> bool:
        """Same handler, same arguments, same chosen options."""
        if not isinstance(other, Call):
            return NotImplemented
        if self.name != other.name or self.options != other.options or self._links != other.links:
            return False
        return self._payload == other._payload or self.canonical() == other.canonical()

    def __hash__(self) -> int:
        return hash((self.name, self.canonical()))

    def __repr__(self) -> str:
        chosen = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"<Call {self.name} {self._shown()}{chosen}>"

    def _shown(self) -> str:
        handler = self._plan.handler
        hidden = frozenset(handler.redact) if handler is not None else frozenset()
        shown = {name: "***" if name in hidden else value for name, value in self.arguments.items()}
        shown |= {name: "<a result>" if value is None else value for name, value in self._links.items()}
        return ", ".join(f"{name}={value!r}" for name, value in shown.items())[:SHOWN_MAX_CHARS]


def encoded(
    plan: Plan,
    handler: Handler,
    bound: dict[str, object],
    *,
    max_bytes: int = PAYLOAD_MAX_BYTES,
    kept: Links = NO_LINKS,
) -> Call[Any]:
    """The call of these arguments; those that are results of other jobs become its links."""
    try:
        if not kept:
            return Call(plan, handler.codec.encode(bound, max_bytes=max_bytes).decode())
    except ArgumentsInvalid:
        if not links_in(bound):
            raise
    links: Links = {**links_in(bound), **kept}
    there = {name: value for name, value in bound.items() if name not in links}
    payload = handler.codec.encode(there, max_bytes=max_bytes, later=frozenset(links))
    return Call(plan, payload.decode(), links)


def plain_call(plan: Plan, arguments: object, max_bytes: int, *, name: str | None = None) -> Call[Any]:
    """The call of arguments that are plain JSON values, or results of other jobs: those become its links."""
    links: Links = links_in(arguments) if isinstance(arguments, Mapping) else NO_LINKS
    if isinstance(arguments, Mapping) and links:
        arguments = {key: value for key, value in arguments.items() if key not in links}
    return Call(plan, plain_payload(name or plan.name, arguments, max_bytes), links)


def plain_payload(name: str, arguments: object, max_bytes: int) -> str:
    """The JSON object of arguments for a handler that is not known here: plain JSON values only."""
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ArgumentsInvalid(f"{name}: arguments must be a dict with text keys, not {type(arguments).__name__}")
    try:
        payload = msgspec.json.encode(arguments, enc_hook=refuse_value)
        lost = find_lost(arguments, naive=True)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ArgumentsInvalid(f"{name}: arguments must be plain JSON values: {exc}") from exc
    if lost is not None:
        raise ArgumentsInvalid(f"{name}: argument {lost}")
    if len(payload) > max_bytes:
        msg = f"the arguments of {name} take {len(payload):,} bytes as JSON, the limit is {max_bytes:,}"
        raise PayloadTooLarge(msg, size=len(payload), limit=max_bytes)
    return payload.decode()
