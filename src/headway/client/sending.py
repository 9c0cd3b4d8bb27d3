"""The half of `Jobs` that stores calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, ParamSpec, TypeAlias, TypeVar, Unpack, overload

from headway.client import hooking
from headway.client.call import Call, encoded, plain_call
from headway.client.callbacks import Callbacks, OnFailure
from headway.client.core import EnqueueHook
from headway.client.define import CALL_DEFAULTS
from headway.client.defining import Defining
from headway.client.encode import new_job, with_callback
from headway.client.finding import find_handler, why_no_job
from headway.client.job import Job
from headway.client.linked import ALONE, Placed
from headway.client.options import Options
from headway.client.plan import Plan
from headway.client.ref import Ref
from headway.model.claim import NewJob
from headway.model.errors import ArgumentsInvalid, EnqueueVetoed, HandlerRefused, OptionInvalid, PayloadInvalid
from headway.model.handler import Handler
from headway.model.naming import check_name
from headway.store.protocol import Enqueued

log = logging.getLogger("headway.client")

P = ParamSpec("P")
R = TypeVar("R")
Refs: TypeAlias = "list[Ref[R]]"


class Sending(Defining):
    """Stores calls: one, many in one transaction, or by a handler's name."""

    @overload
    def enqueue(self, call: Call[R], /) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    def enqueue(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    def enqueue(self, call: Any, /, *args: Any, **kwargs: Any) -> Ref[Any]:
        """Store a call; returns when it is durable. The same ref_id with the same content, or a unique key that another job has,
        answers with the job that is there (`Ref.existing`).

        Instead of a call a job, or the function, class or (bound) method that was registered, with its arguments.
        """
        job, callbacks = self.prepare_call(self._call(call, args, kwargs))
        store = self.store
        return self._ref(job, store.call(store.enqueue((job,)))[0], callbacks)

    @overload
    async def aenqueue(self, call: Call[R], /) -> Ref[R]: ...
    @overload
    async def aenqueue(self, call: Job[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    @overload
    async def aenqueue(
        self, call: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Ref[R]: ...
    @overload
    async def aenqueue(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Ref[R]: ...
    async def aenqueue(self, call: Any, /, *args: Any, **kwargs: Any) -> Ref[Any]:
        """The same, awaited. Cancelling the await does not take the job back."""
        job, callbacks = self.prepare_call(self._call(call, args, kwargs))
        store = self.store
        return self._ref(job, (await store.acall(store.enqueue((job,))))[0], callbacks)

    def enqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls or none, in one transaction; the references come in the order of the calls.

        `first.value` as an argument of a later one of these calls is the result of the first.
        """
        prepared = self.prepare_calls(calls)
        store = self.store
        return self.refs(prepared, store.call(store.enqueue([job for job, _ in prepared])) if prepared else [])

    async def aenqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls or none, in one transaction; the references come in the order of the calls."""
        prepared = self.prepare_calls(calls)
        store = self.store
        return self.refs(prepared, await store.acall(store.enqueue([job for job, _ in prepared])) if prepared else [])

    def enqueue_by_name(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        allow_unknown: bool = False,
        callback: str | Job[..., Any] | None = None,
        on_success: Callable[[Any], object] | None = None,
        on_failure: OnFailure | None = None,
        **options: Unpack[Options],
    ) -> Ref[Any]:
        """Store a call of a handler by its name or alias.

        A handler that is not registered here raises HandlerUnknown; with `allow_unknown=True` it is stored for the
        workers that know it, its arguments checked for being JSON only. `callback` is a job, or its name, that is
        stored with the success and gets the result, as `Job.then` says.
        """
        call = self.call_by_name(name, arguments, allow_unknown=allow_unknown, callback=callback, **options)
        return self.enqueue(call.using(on_success=on_success, on_failure=on_failure))

    async def aenqueue_by_name(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        allow_unknown: bool = False,
        callback: str | Job[..., Any] | None = None,
        on_success: Callable[[Any], object] | None = None,
        on_failure: OnFailure | None = None,
        **options: Unpack[Options],
    ) -> Ref[Any]:
        """The same, awaited."""
        call = self.call_by_name(name, arguments, allow_unknown=allow_unknown, callback=callback, **options)
        return await self.aenqueue(call.using(on_success=on_success, on_failure=on_failure))

    def call_by_name(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        allow_unknown: bool = False,
        callback: str | Job[..., Any] | None = None,
        **options: Unpack[Options],
    ) -> Call[Any]:
        """The call that `enqueue_by_name` stores, as a value."""
        handler = self.registry.find(name) if allow_unknown else self.registry.get(name)
        limit = self.settings.payload_max_bytes
        if handler is None:
            plan = Plan.of(app=self.app, name=name, handler=None, defaults=self._unknown_defaults(name))
            call = plain_call(plan, arguments, limit)
        else:
            call = self._rebuilt_call(handler, name, arguments)
        if options:
            call = call.using(**options)
        if callback is None:
            return call
        return call.then(self.job_named(callback) if isinstance(callback, str) else callback)

    def _rebuilt_call(self, handler: Handler, name: str, arguments: Mapping[str, Any]) -> Call[Any]:
        """What was read from JSON is rebuilt with its types first, so that a date may come as its text."""
        plan, limit = self._plan(handler), self.settings.payload_max_bytes
        given = plain_call(plan, arguments, limit, name=name)
        handler.signature.bind((), arguments)
        bound = handler.signature.bind((), {**_rebuilt(handler, given), **given.links})
        return encoded(plan, handler, bound, max_bytes=limit)

    def job_named(self, name: str) -> Job[..., Any]:
        """The job that is registered under this name or alias; HandlerUnknown if none is."""
        handler = self.registry.get(name)
        return Job[..., Any](self, handler, self._plan(handler))

    def on_enqueue(self, hook: EnqueueHook) -> EnqueueHook:
        """Look at every call before it is stored, in order of registration: return it, another one, or None to refuse it.

        A refusal raises EnqueueVetoed at whoever enqueues, and nothing is stored; a hook may raise it itself.
        """
        self._enqueue_hooks.append(hooking.hook("on_enqueue", hook))
        return hook

    def encode_call(self, call: Call[Any]) -> NewJob:
        """The job that a call is stored as by somebody else, hooks applied: what `ctx.enqueue(call)` goes through."""
        job, callbacks = self.prepare_call(call)
        if callbacks is not None:
            raise OptionInvalid(
                f"{call.name}: ctx.enqueue stores a call when the attempt has succeeded, when on_success and on_failure "
                "can be nobody's: leave them out, or enqueue it with job.enqueue(...)"
            )
        if job.duplicate_raises:
            raise OptionInvalid(
                f"{call.name}: ctx.enqueue stores a call when the attempt has succeeded, when on_duplicate='raise' can "
                "be told to nobody: leave it out, or enqueue it with job.enqueue(...)"
            )
        return job

    def prepare_call(
        self, call: Call[Any], *, after: tuple[str, ...] = (), placed: Placed = ALONE
    ) -> tuple[NewJob, Callbacks | None]:
        """The job that a call is stored as, hooks applied, and what is to be called at its end."""
        call = self._hooked(call)
        callbacks = call.plan.callbacks
        if callbacks is not None:
            callbacks = callbacks.here()
            self._listens.expect()
        trace = self._trace()
        job = new_job(call, self.clock, self.ref_ids, trace, after=after, placed=placed)
        if call.plan.callback is not None:
            job = self._then(job, call.plan, trace)
        if self.witness is not None:
            self.witness(call, job)
        return job, callbacks

    def _trace(self) -> str | None:
        """What the tracer says; one that raises is logged, as what is traced must not fail for it."""
        if self.trace_context is None:
            return None
        try:
            return self.trace_context()
        except Exception:
            log.exception("jobs.trace_context failed; the job is enqueued without a trace")
            return None

    def prepare_calls(
        self, calls: Iterable[Call[Any]], *, chained: bool = False
    ) -> list[tuple[NewJob, Callbacks | None]]:
        """Calls that are stored together, and may be given each other's results; in a chain each waits for the one before."""
        placed: dict[int, tuple[Call[Any], NewJob]] = {}
        prepared: list[tuple[NewJob, Callbacks | None]] = []
        for call in calls:
            after = (prepared[-1][0].ref_id,) if chained and prepared else ()
            one = self.prepare_call(call, after=after, placed=placed)
            placed[id(call)] = (call, one[0])  # with the call itself, whose id is its own as long as it lives
            prepared.append(one)
        return prepared

    def _hooked(self, call: Call[Any]) -> Call[Any]:
        if not isinstance(call, Call):
            raise HandlerRefused(_no_call(call))
        for hook in self._enqueue_hooks:
            call = _passed(hook, call)
        return call

    def _then(self, job: NewJob, plan: Plan, trace: str | None) -> NewJob:
        then = plan.callback
        assert then is not None
        call = self._hooked(then.call)
        stored = new_job(call, self.clock, self.ref_ids, trace)
        if call.plan.callback is not None:
            stored = self._then(stored, call.plan, trace)
        return with_callback(job, plan, stored, then.argument)

    def _call(self, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call[Any]:
        if isinstance(given, Call):
            if args or kwargs:
                raise ArgumentsInvalid(f"a call of {given.name} has its arguments already: enqueue it alone")
            return given
        if isinstance(given, Job):
            return given.call(*args, **kwargs)
        return self.job_of(given).call(*args, **kwargs)

    def job_of(self, given: Callable[..., Any]) -> Job[..., Any]:
        """The job that a function, class or (bound) method was made; HandlerRefused if it is none, or several."""
        handler = find_handler(self.registry, given)
        return Job[..., Any](self, handler, self._plan(handler))

    def _plan(self, handler: Handler) -> Plan:
        defaults = {option: getattr(handler, option) for option in CALL_DEFAULTS}
        return Plan.of(app=self.app, name=handler.name, handler=handler, defaults=defaults)

    def _ref(self, job: NewJob, answer: Enqueued, callbacks: Callbacks | None) -> Ref[Any]:
        if callbacks is not None:
            self._listens.listen(answer.id, callbacks)
        return Ref(self, id=answer.id, ref_id=answer.ref_id, name=answer.name or job.name, existing=answer.existing)

    def refs(self, prepared: list[tuple[NewJob, Callbacks | None]], answers: list[Enqueued]) -> Refs[Any]:
        """References to what was stored, in the same order; what is to be called at their ends is listened for."""
        return [self._ref(job, answer, callbacks) for (job, callbacks), answer in zip(prepared, answers, strict=True)]

    def _unknown_defaults(self, name: str) -> dict[str, Any]:
        check_name("handler name", name)
        return {option: value for option, value in self.settings.job_defaults.items() if option in CALL_DEFAULTS}


def _rebuilt(handler: Handler, given: Call[Any]) -> dict[str, Any]:
    try:
        return handler.codec.decode(given.payload, later=frozenset(given.links) or None)
    except PayloadInvalid as exc:
        raise ArgumentsInvalid(str(exc)) from exc


def _passed(hook: EnqueueHook, call: Call[Any]) -> Call[Any]:
    answer = hook(call)
    if answer is None:
        raise EnqueueVetoed(f"the job {call.name} was not enqueued: {getattr(hook, '__qualname__', hook)} said no")
    if not isinstance(answer, Call):
        raise HandlerRefused(
            f"the hook {getattr(hook, '__qualname__', hook)} must return a call or None, not {answer!r}"
        )
    return answer


def _no_call(given: object) -> str:
    if isinstance(given, Job):
        name = given.handler.target.__name__
        return f"a call is wanted here: write {name}.call(...)"
    return why_no_job(given)
