"""Jobs stored through the API: only those of handlers that the application exposes."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.client.options import Options
from headway.web.api.accepted import LOCATION, Accepted, When, accepted, moment
from headway.web.api.operation import Operation, change
from headway.web.api.reading import body_of
from headway.web.api.shapes.base import Asked
from headway.web.desk import handlers
from headway.web.problems import Forbidden, RequestInvalid
from headway.web.visit import Visit

TAG: Final = "jobs"
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Seconds = Annotated[float, Meta(gt=0, le=10 * 365 * 86_400)]
Small = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class EnqueueJob(Asked, frozen=True, kw_only=True):
    """A job to store. `jobType` and `data` are other names of `name` and `arguments`."""

    name: Name | UnsetType = UNSET
    job_type: Name | UnsetType = UNSET
    arguments: dict[str, Any] | UnsetType = UNSET
    data: dict[str, Any] | UnsetType = UNSET
    queue: Name | UnsetType = UNSET
    priority: Small | Annotated[str, Meta(max_length=20)] | UnsetType = UNSET
    run_after: When | UnsetType = UNSET
    expires: When | UnsetType = UNSET
    retries: Small | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    ref_id: Name | UnsetType = UNSET
    """Makes the request idempotent: the same reference and content is the same job."""
    unique_key: Name | UnsetType = UNSET
    unique_for_seconds: Seconds | UnsetType = UNSET
    tags: Annotated[list[Name], Meta(max_length=100)] | UnsetType = UNSET
    user_id: Name | UnsetType = UNSET
    tenant: Name | UnsetType = UNSET
    batch_id: Name | UnsetType = UNSET
    args: dict[str, Any] | UnsetType = UNSET
    """Free facts for the handler."""


async def enqueue(visit: Visit) -> Response:
    """Store a job of a handler that is exposed."""
    body = await body_of(visit.request, EnqueueJob)
    name = _either("name", body.name, "jobType", body.job_type)
    if name is UNSET:
        raise RequestInvalid("nothing says which job: give its handler as name", status=422)
    if name not in visit.console.exposed:
        raise Forbidden(f"jobs of {name!r} may not be enqueued through the API: the application does not expose it")
    arguments = _either("arguments", body.arguments, "data", body.data)
    made = await handlers.enqueue(visit, name, {} if arguments is UNSET else arguments, **_options(visit, body))
    return await accepted(visit, made.id, existing=made.existing)


ABSENT: Final = frozenset({"name", "job_type", "arguments", "data", "run_after", "expires"})


def _options(visit: Visit, body: EnqueueJob) -> Options:
    """The options of the call, as Python calls them."""
    given: dict[str, Any] = {}
    for name in EnqueueJob.__struct_fields__:
        value = getattr(body, name)
        if value is UNSET or name in ABSENT:
            continue
        if name.endswith("_seconds"):
            given[name.removesuffix("_seconds")] = timedelta(seconds=value)
        else:
            given[name] = value
    for name in ("run_after", "expires"):
        value = getattr(body, name)
        if value is not UNSET:
            given[name] = moment(visit, name, value)
    options: Options = given  # type: ignore[assignment] # each is checked as at any enqueue
    return options


def _either(name: str, value: Any, alias: str, other: Any) -> Any:
    if value is not UNSET and other is not UNSET:
        raise RequestInvalid(f"{name} and {alias} are two names of the same: give one of them", status=422)
    return other if value is UNSET else value


ROUTES: Final = (
    change(
        "POST",
        "/",
        "enqueueJob",
        enqueue,
        Operation(
            summary="Store a job of an exposed handler",
            tag=TAG,
            body=EnqueueJob,
            answers={202: Accepted},
            headers=LOCATION,
            problems=(409, 422),
        ),
    ),
)
