"""An argument that is another job's result: a marker that stands for it until that job has completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from headway.model.errors import ArgumentsInvalid
from headway.model.link import stored_parents

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.ref import Ref
    from headway.model.claim import NewJob


class ResultOf:
    """What `ref.value` and `call.value` are at run time. It can be one argument of a call, and nothing else."""

    __slots__ = ("source",)
    no_json: ClassVar = (
        "another job's result (.value) must be an argument of its own, not a part of a list, dict or other value: give the "
        "function one parameter for each result, or name the jobs in depends_on= and read ctx.parents in the function"
    )
    """What is said of one in any other place."""

    def __init__(self, source: Ref[Any] | Call[Any] | StoredJob) -> None:
        self.source = source
        """The job, or the call that will be one."""

    def __eq__(self, other: object) -> bool:
        """Whether both stand for the result of the same job or equal calls."""
        return isinstance(other, ResultOf) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"<the result of {self.source!r}, for a job that waits for it>"


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A stored job of whom no more is known than its number."""

    app: str
    id: int

    def __repr__(self) -> str:
        return f"job {self.id}"


Links = Mapping[str, "ResultOf | None"]
"""By argument: whose result it becomes; None for a callback's, which gets that of the job it belongs to."""
NO_LINKS: Final[Links] = MappingProxyType({})
Placed = Mapping[int, "tuple[Call[Any], NewJob]"]
"""The calls that are stored together with one, and come before it: by identity, each with its job."""
ALONE: Final[Placed] = MappingProxyType({})


def links_in(bound: Mapping[str, object]) -> dict[str, ResultOf | None]:
    """The arguments that are results of other jobs."""
    return {name: value for name, value in bound.items() if isinstance(value, ResultOf)}


def stored_links(app: str, text: str | None) -> Links:
    """The links that a stored job has."""
    return {name: ResultOf(StoredJob(app, parent)) for name, parent in stored_parents(text).items()}


def parents_of(links: Links, app: str, placed: Placed) -> dict[str, int | str]:
    """By argument: the id, or for a call that is stored with this one the reference, of the job whose result it becomes."""
    return {name: _parent(name, one.source, app, placed) for name, one in links.items() if one is not None}


def _parent(argument: str, source: Any, app: str, placed: Placed) -> int | str:
    from headway.client.call import Call

    if isinstance(source, Call):
        found = placed.get(id(source))
        if found is None:
            raise ArgumentsInvalid(
                f"argument {argument} is the result of a call of {source.name} that is not stored with this one and before it: "
                "enqueue both with jobs.chain(...) or jobs.enqueue_many(...), or enqueue that one first and pass its ref.value"
            )
        return found[1].ref_id
    if source.app != app:
        raise ArgumentsInvalid(f"argument {argument} is the result of a job of the app {source.app!r}, not of {app!r}")
    number: int = source.id
    return number
