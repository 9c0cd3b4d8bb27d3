"""What a job sees of the jobs it depended on: made of what the store keeps of them."""

from __future__ import annotations

from typing import Any

import msgspec

from headway.model.errors import JobNotFound
from headway.model.parent import Parent
from headway.model.registry import Registry
from headway.model.stored_result import decode_result
from headway.store.protocol import JobDetail


def parent_of(registry: Registry, job_id: int, detail: JobDetail | None) -> Parent:
    """What a store's detail says of a parent."""
    if detail is None:
        raise JobNotFound(f"there is no job {job_id} any more")
    row = detail.row
    handler = registry.find(row.name)
    arguments: dict[str, Any] = {}
    if detail.payload is not None:
        arguments = msgspec.json.decode(detail.payload) if handler is None else handler.codec.decode(detail.payload)
    result_type = Any if handler is None else handler.result_type
    return Parent(
        id=row.id,
        ref_id=row.ref_id,
        name=row.name,
        state=row.state,
        arguments=arguments,
        result=None if detail.result is None else decode_result(detail.result, result_type),
    )
