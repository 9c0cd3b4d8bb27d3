"""The half of `Jobs` that stores calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, Unpack

from headway.client.call import Call, plain_payload
from headway.client.core import EnqueueHook
from headway.client.define import CALL_DEFAULTS
from headway.client.defining import Defining
from headway.client.encode import new_job
from headway.client.job import Job
from headway.client.options import Options
from headway.client.plan import Plan
from headway.client.ref import Ref
from headway.model.claim import NewJob
from headway.model.errors import ArgumentsInvalid, EnqueueVetoed, HandlerRefused, PayloadInvalid
from headway.model.handler import Handler
from headway.model.naming import check_name
from headway.store.protocol import Enqueued

R = TypeVar("R")
Refs: TypeAlias = "list[Ref[R]]"


class Sending(Defining):
    """Stores calls: one, many in one transaction, or by a handler's name."""

    def enqueue(self, call: Call[R]) -> Ref[R]:
        """Store a call; returns when it is durable. The same ref_id with the same content answers with the job that is there."""
        job = self.encode_call(call)
        store = self.store
        return self._ref(job, store.call(store.enqueue((job,)))[0])

    async def aenqueue(self, call: Call[R]) -> Ref[R]:
        """The same, awaited. Cancelling the await does not take the job back."""
        job = self.encode_call(call)
        store = self.store
        return self._ref(job, (await store.acall(store.enqueue((job,))))[0])

    def enqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls or none, in one transaction; the references come in the order of the calls."""
        jobs = [self.encode_call(call) for call in calls]
        store = self.store
        return self._refs(jobs, store.call(store.enqueue(jobs)) if jobs else [])

    async def aenqueue_many(self, calls: Iterable[Call[R]]) -> Refs[R]:
        """Store all calls or none, in one transaction; the references come in the order of the calls."""
        jobs = [self.encode_call(call) for call in calls]
        store = self.store
        return self._refs(jobs, await store.acall(store.enqueue(jobs)) if jobs else [])

    def enqueue_by_name(
        self, name: str, arguments: Mapping[str, Any], *, allow_unknown: bool = False, **options: Unpack[Options]
    ) -> Ref[Any]:
        """Store a call of a handler by its name or alias.

        A handler that is not registered here raises HandlerUnknown; with `allow_unknown=True` it is stored for the
        workers that know it, its arguments checked for being JSON only.
        """
        return self.enqueue(self.call_by_name(name, arguments, allow_unknown=allow_unknown, **options))

    async def aenqueue_by_name(
        self, name: str, arguments: Mapping[str, Any], *, allow_unknown: bool = False, **options: Unpack[Options]
    ) -> Ref[Any]:
        """The same, awaited."""
        return await self.aenqueue(self.call_by_name(name, arguments, allow_unknown=allow_unknown, **options))

    def call_by_name(
        self, name: str, arguments: Mapping[str, Any], *, allow_unknown: bool = False, **options: Unpack[Options]
    ) -> Call[Any]:
        """The call that `enqueue_by_name` stores, as a value."""
        handler = self.registry.find(name) if allow_unknown else self.registry.get(name)
        limit = self.settings.payload_max_bytes
        if handler is None:
            payload = plain_payload(name, arguments, limit)
            plan = Plan.of(app=self.app, name=name, handler=None, defaults=self._unknown_defaults(name))
        else:
            # What was read from JSON is rebuilt with its types first, so that a date may come as its text.
            text = plain_payload(name, arguments, limit)
            handler.signature.bind((), arguments)
            bound = handler.signature.bind((), _rebuilt(handler, text))
            payload = handler.codec.encode(bound, max_bytes=limit).decode()
            defaults = {option: getattr(handler, option) for option in CALL_DEFAULTS}
            plan = Plan.of(app=self.app, name=handler.name, handler=handler, defaults=defaults)
        return Call(plan.using(options) if options else plan, payload)

    def on_enqueue(self, hook: EnqueueHook) -> EnqueueHook:
        """Look at every call before it is stored, in order of registration: return it, another one, or None to refuse it.

        A refusal raises EnqueueVetoed at whoever enqueues, and nothing is stored; a hook may raise it itself.
        """
        self._enqueue_hooks.append(hook)
        return hook

    def encode_call(self, call: Call[Any]) -> NewJob:
        """The job that a call is stored as, hooks applied; also what `ctx.enqueue(call)` goes through."""
        if not isinstance(call, Call):
            raise HandlerRefused(_no_call(call))
        for hook in self._enqueue_hooks:
            call = _passed(hook, call)
        job = new_job(call, self.clock, self.ref_ids, self.trace_context() if self.trace_context is not None else None)
        if self.witness is not None:
            self.witness(call, job)
        return job

    def _ref(self, job: NewJob, answer: Enqueued) -> Ref[Any]:
        return Ref(self, id=answer.id, ref_id=job.ref_id, name=job.name, existing=answer.existing)

    def _refs(self, jobs: list[NewJob], answers: list[Enqueued]) -> Refs[Any]:
        return [self._ref(job, answer) for job, answer in zip(jobs, answers, strict=True)]

    def _unknown_defaults(self, name: str) -> dict[str, Any]:
        check_name("handler name", name)
        return {option: value for option, value in self.settings.job_defaults.items() if option in CALL_DEFAULTS}


def _rebuilt(handler: Handler, text: str) -> dict[str, Any]:
    try:
        return handler.codec.decode(text)
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
        return f"enqueue takes a call: write {name}.enqueue(...), or jobs.enqueue({name}.call(...))"
    if callable(given):
        what = getattr(given, "__qualname__", None) or repr(given)
        return f"{what} is no job: decorate it with @jobs.job, or register it, and write jobs.enqueue(job.call(...))"
    return f"enqueue takes what job.call(...) returns, not {given!r}"
