"""Why a job is not running, in sentences whose moments a page can show in the zone of who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from headway.model.explain import Explanation, Gate
from headway.view import words
from headway.view.explaining import sentences
from headway.view.secrets import Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A sentence: what stands before its moment, the moment, and what stands after it."""

    before: str
    at_us: int | None = None
    after: str = ""


def reasons(found: Explanation, masked: Masked, zone: tzinfo) -> tuple[Reason, ...]:
    """Each gate's sentence, the foremost first, and when the job is expected to start."""
    told = [masked.text(line) or "" for line in sentences(found, zone)]
    gates: list[Gate | None] = [*found.gates] if found.gates else [None] * len(told)
    split = [_split(text, gate, zone) for text, gate in zip(told, gates, strict=True)]
    if found.starts_in_us is not None:
        split.append(Reason(before=f"expected to start in about {words.duration(found.starts_in_us)}"))
    return tuple(split)


def _split(text: str, gate: Gate | None, zone: tzinfo) -> Reason:
    """The moment comes last in a sentence, so a name that looks like it is left alone."""
    for at_us in () if gate is None else (gate.opens_us, gate.since_us):
        before, said, after = ("", "", "") if at_us is None else text.rpartition(words.moment(at_us, zone))
        if said:
            return Reason(before=before, at_us=at_us, after=after)
    return Reason(before=text)
