"""The callback of a call: the call that is stored with its success, and gets its result as the first argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Protocol, TypeVar

from headway.client.call import Call
from headway.client.linked import links_in
from headway.model.errors import ArgumentsInvalid, HandlerRefused, OptionInvalid

if TYPE_CHECKING:
    from headway.client.job import Job

T_contra = TypeVar("T_contra", contravariant=True)
Q = ParamSpec("Q")

REFUSED: Final = (
    "ref_id", "depends_on", "when", "expires", "on_success", "on_failure", "unique_key", "unique_for", "batch",
)  # fmt: skip
"""Options that make no sense for a call that is stored later, by the store, once for each success."""


class Takes(Protocol[T_contra, Q]):
    """A job whose first argument can be such a result."""

    def call(self, result: T_contra, /, *args: Q.args, **kwargs: Q.kwargs) -> Call[Any]:
        """The job with its arguments."""
        ...


class TakesNothing(Protocol):
    """A job without required arguments."""

    def call(self) -> Call[Any]:
        """The job without arguments."""
        ...


@dataclass(frozen=True, slots=True)
class Then:
    """A callback, as an option of the call that it belongs to."""

    call: Call[Any]
    """Without the argument that gets the result."""
    argument: str | None
    """None for a job that takes no arguments."""

    def __repr__(self) -> str:
        return repr(self.call)


def then_of(callback: Job[..., Any], args: tuple[object, ...], kwargs: Mapping[str, object]) -> Then:
    """The callback that this job with these further arguments is; ArgumentsInvalid or OptionInvalid if it cannot be one."""
    from headway.client.job import Job

    if not isinstance(callback, Job):
        raise HandlerRefused(f"a callback is a job, such as one made by @jobs.job, not {callback!r}")
    handler, plan = callback.handler, callback.plan
    for option in REFUSED:
        if option in plan.chosen:
            raise OptionInvalid(
                f"{option} cannot be an option of a callback: it is stored when its job has returned, once for each success"
            )
    if any(links_in({"": value}) for value in (*args, *kwargs.values())):
        raise ArgumentsInvalid(
            f"{handler.name}: a callback gets the result of the job that it belongs to, and no other job's: "
            "let the job return what its callback needs"
        )
    signature = handler.signature
    if not signature.positional:
        return Then(Call(plan, handler.codec.encode(signature.bind(args, kwargs)).decode()), None)
    argument = signature.positional[0]
    bound = signature.bind((None, *args), kwargs)
    del bound[argument]
    payload = handler.codec.encode(bound, later=frozenset({argument}))
    return Then(Call(plan, payload.decode(), {argument: None}), argument)
