"""The rule about twins: `enqueue` and `aenqueue` are one operation, said once for threads and once for event loops."""

import inspect
from collections.abc import Iterator, Mapping
from types import MappingProxyType

# The verbs that wait for the store and so must have both forms, by public class.
TWINNED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Jobs": frozenset(
            {
                *("enqueue", "enqueue_many", "wake", "cancel_many", "retry_many", "replay", "revise", "holder"),
                *("open_batch", "get_batch", "cancel_batch", "batches"),
                *("add_recurring", "get_recurring", "schedules", "pause_recurring", "resume_recurring"),
                *("remove_recurring", "trigger", "pause_scheduler", "resume_scheduler", "scheduler_paused"),
            }
        ),
        "Batch": frozenset({"enqueue", "enqueue_many", "close", "cancel", "status"}),
        "Job": frozenset({"enqueue"}),
        "Queue": frozenset({"pause", "resume", "resize", "limit_rate", "status"}),
        "Recurring": frozenset({"info", "pause", "resume", "remove", "trigger", "next_runs", "history"}),
        "Ref": frozenset({"result", "status", "explain", "cancel", "retry", "replay", "revise"}),
    }
)

# Coroutine methods whose blocking form has another name, each with the reason.
ASYNC_ONLY: Mapping[str, str] = MappingProxyType(
    {
        "await_": "the twin of `wait`: `await` is a word of the language",
        "arun": "awaits a transient run; its blocking form is `start`, which returns a future",
    }
)


def unlike_twins(public: Mapping[str, object]) -> Iterator[str]:
    """Both forms exist, differ by the `a` only, and take the same parameters."""
    for name, required in TWINNED.items():
        cls = public.get(name)
        if inspect.isclass(cls):
            yield from _judge(cls, required)


def _judge(cls: type, required: frozenset[str]) -> Iterator[str]:
    methods = {name: method for name, method in inspect.getmembers(cls, callable) if not name.startswith("_")}
    for name, method in sorted(methods.items()):
        twin = methods.get(f"a{name}")
        if twin is not None and _parameters(method) != _parameters(twin):
            yield f"{_where(twin)} {cls.__name__}.a{name}: give it the parameters of {name}: {inspect.signature(method)}"
        if twin is None and name in required:
            yield f"{_where(method)} {cls.__name__}.{name}: add its twin a{name}"
        if (
            inspect.iscoroutinefunction(method)
            and name not in ASYNC_ONLY
            and name.removeprefix("a") not in methods.keys() - {name}
        ):
            yield f"{_where(method)} {cls.__name__}.{name}: a coroutine method is named `a` and the name of its blocking twin"


def _parameters(method: object) -> list[tuple[str, object, object, object]]:
    assert callable(method)
    taken = inspect.signature(method).parameters.values()
    return [(each.name, each.kind, each.default, each.annotation) for each in taken]


def _where(method: object) -> str:
    code = inspect.unwrap(method).__code__  # type: ignore[arg-type]
    return f"{code.co_filename}:{code.co_firstlineno}"
