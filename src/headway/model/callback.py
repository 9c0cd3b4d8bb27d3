"""A callback as it is stored with a job: the job to insert when that one has returned."""

from __future__ import annotations

import msgspec

from headway.model.claim import NewJob

CALLBACK_FAILED = "callback_failed"
"""The code of a job that returned, and whose callback did not complete."""


class NewCallback(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is inserted, and which of its arguments the result becomes."""

    job: NewJob
    """Its ref_id is made by the store: `callback-<id>-<epoch>`."""
    argument: str | None = None
    """The argument that gets the result; None for a callback that takes none."""

    def with_result(self, ref_id: str, of: int, result: str | None) -> NewJob:
        """The job to insert after job `of` returned this (JSON; None stands for null).

        Without a unique key, which its handler may ask for: there is one callback for each success, and not one for all.
        """
        payload = self.job.payload
        if self.argument is not None:
            payload = with_argument(payload, self.argument, result)
        # There is one for each success, whatever its handler says of uniqueness: nobody else's job could end this one.
        alone = msgspec.structs.replace(self.job, unique_key=None, unique_for_us=None, duplicate_raises=False)
        return msgspec.structs.replace(alone, ref_id=ref_id, callback_of=of, parent_id=of, payload=payload)


_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def with_argument(payload: str, name: str, value: str | None) -> str:
    """The JSON object with one more member, whose JSON text is taken as it is."""
    given = _decode(payload)
    given[name] = msgspec.Raw((value or "null").encode())
    return msgspec.json.encode(given).decode()


def as_text(callback: NewCallback) -> str:
    """Its JSON."""
    return msgspec.json.encode(callback).decode()


def read_callback(text: str) -> NewCallback:
    """Of its JSON; msgspec.MsgspecError for what is none."""
    return msgspec.json.decode(text, type=NewCallback)
