"""Jobs that are methods: each attempt calls the method on a new instance of its class, which callers do not give."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from headway.client.call import Call
from headway.client.job import AsyncContextJob, AsyncJob, ContextJob, Job, SyncJob
from headway.model.context import Context

if TYPE_CHECKING:
    from headway.client.plan import Plan

P = ParamSpec("P")
S_contra = TypeVar("S_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class AnyMethodJob(Job[P, R_co]):
    """What all methods have: asked of the class they are the job, asked of an instance they are bound to it."""

    def __set_name__(self, cls: type, name: str) -> None:
        """The body of the class has been run. The same job may be an attribute of other classes too."""
        owner, target = self._handler.owner, self._handler.target
        if owner is not None and f"{cls.__module__}.{cls.__qualname__}.{name}" == (
            f"{target.__module__}.{target.__qualname__}"
        ):
            owner.cls = cls

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[R_co]:
        """This job with these arguments as a value, checked but not stored; HandlerRefused where its class is not there."""
        owner = self._handler.owner
        if owner is not None:
            owner.found(self.name)
        return super().call(*args, **kwargs)

    def __get__(self, instance: Any, _cls: object = None, /) -> Any:
        """The job, or the job bound to an instance: calling that calls the method; enqueueing does not store the instance."""
        if instance is None:
            return self
        return BoundJob(self._jobs, self._handler, self._plan, instance)


class MethodJob(AnyMethodJob[P, R_co], Generic[S_contra, P, R_co]):
    """A `def` method."""

    def __call__(self, instance: S_contra, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the method, here and now."""
        result: R_co = self._run(instance, *args, **kwargs)
        return result

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, cls: object = None, /) -> Self: ...
        @overload
        def __get__(self, instance: object, cls: object = None, /) -> SyncJob[P, R_co]: ...
        def __get__(self, instance: Any, cls: object = None, /) -> Any: ...


class AsyncMethodJob(AnyMethodJob[P, R_co], Generic[S_contra, P, R_co]):
    """An `async def` method."""

    def __call__(self, instance: S_contra, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
        """Call the method, here; await what it returns."""
        result: Coroutine[Any, Any, R_co] = self._run(instance, *args, **kwargs)
        return result

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, cls: object = None, /) -> Self: ...
        @overload
        def __get__(self, instance: object, cls: object = None, /) -> AsyncJob[P, R_co]: ...
        def __get__(self, instance: Any, cls: object = None, /) -> Any: ...


class ContextMethodJob(AnyMethodJob[P, R_co], Generic[S_contra, P, R_co]):
    """A `def` method whose first parameter after `self` is the Context."""

    def __call__(self, instance: S_contra, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the method, here and now."""
        result: R_co = self._run(instance, ctx, *args, **kwargs)
        return result

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, cls: object = None, /) -> Self: ...
        @overload
        def __get__(self, instance: object, cls: object = None, /) -> ContextJob[P, R_co]: ...
        def __get__(self, instance: Any, cls: object = None, /) -> Any: ...


class AsyncContextMethodJob(AnyMethodJob[P, R_co], Generic[S_contra, P, R_co]):
    """An `async def` method whose first parameter after `self` is the Context."""

    def __call__(
        self, instance: S_contra, ctx: Context, /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, R_co]:
        """Call the method, here; await what it returns."""
        result: Coroutine[Any, Any, R_co] = self._run(instance, ctx, *args, **kwargs)
        return result

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, cls: object = None, /) -> Self: ...
        @overload
        def __get__(self, instance: object, cls: object = None, /) -> AsyncContextJob[P, R_co]: ...
        def __get__(self, instance: Any, cls: object = None, /) -> Any: ...


class ClassMethodJob(AnyMethodJob[P, R_co]):
    """A class method: it is called on its class, and no instance is made."""

    def __get__(self, _instance: object, _cls: object = None, /) -> Self:
        """The job itself."""
        return self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call it on its class, here and now."""
        owner = self._handler.owner
        assert owner is not None
        result: R_co = self._run(owner.found(self.name), *args, **kwargs)
        return result


class BoundJob(Job[P, R_co]):
    """A method's job as an instance has it: calling it calls the method of that instance. Jobs run on another one."""

    def __init__(self, jobs: Any, handler: Any, plan: Plan, instance: object) -> None:
        super().__init__(jobs, handler, plan)
        self._instance = instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the method on this instance, here and now."""
        return self._run(self._instance, *args, **kwargs)

    def _with(self, plan: Plan) -> Self:
        return type(self)(self._jobs, self._handler, plan, self._instance)
