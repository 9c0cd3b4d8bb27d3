"""The pages that the frame leads to, in groups, each with the letter that jumps to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A page in the frame; a template says which it is by its name (`nav`)."""

    name: str
    path: str
    label: str
    icon: str
    key: str = ""


NAVIGATION: Final = (
    (
        Item(name="dashboard", path="/", label="Dashboard", icon="dashboard", key="d"),
        Item(name="live", path="/live", label="Live", icon="live", key="l"),
        Item(name="jobs", path="/jobs", label="Jobs", icon="jobs", key="j"),
        Item(name="failures", path="/failures", label="Failures", icon="failures", key="f"),
        Item(name="history", path="/history", label="History", icon="history", key="h"),
    ),
    (
        Item(name="recurring", path="/recurring", label="Recurring", icon="recurring", key="r"),
        Item(name="batches", path="/batches", label="Batches", icon="batches", key="b"),
        Item(name="queues", path="/queues", label="Queues", icon="queues", key="q"),
        Item(name="workers", path="/workers", label="Workers", icon="workers", key="w"),
    ),
    (
        Item(name="commands", path="/commands", label="Commands", icon="commands", key="c"),
        Item(name="acts", path="/acts", label="Acts", icon="acts", key="a"),
    ),
)
