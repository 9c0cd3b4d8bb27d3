"""The pages that the frame leads to, in groups, each with the letter that jumps to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from headway.web.access import Viewer
from headway.web.tenancy import LISTS


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


def navigation_for(viewer: Viewer) -> tuple[tuple[Item, ...], ...]:
    """The pages that this viewer may see: of one tenant only those that can be told of it alone."""
    if viewer.tenant is None:
        return NAVIGATION
    groups = (tuple(item for item in group if item.name in LISTS) for group in NAVIGATION)
    return tuple(group for group in groups if group)
