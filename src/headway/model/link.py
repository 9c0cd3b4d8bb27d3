"""Arguments that are results of other jobs, as they are stored: `{"argument": 7}`, or `[7]` where the job waits for job 7 anyway.

The difference matters only when somebody revises such an argument: a job that was waited for because of it alone is not
waited for any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

import msgspec

Parent: TypeAlias = "int | str"
"""The id of a job; in a call that is not stored yet also the reference of one that comes with it."""
Link: TypeAlias = "int | str | tuple[int | str]"

_decode: Final = msgspec.json.Decoder(dict[str, int | str | tuple[int | str]]).decode


def read_links(text: str | None) -> dict[str, Link]:
    """By argument: what is stored of its link."""
    return {} if text is None else _decode(text)


def parent_of(link: Link) -> Parent:
    """The job whose result it is."""
    return link[0] if isinstance(link, tuple) else link


def stored_parents(text: str | None) -> dict[str, int]:
    """By argument: the id of the job whose result it is, of a stored job's links."""
    return {name: int(parent_of(link)) for name, link in read_links(text).items()}


def loose(text: str | None) -> frozenset[int]:
    """The ids of jobs that are waited for because of links alone."""
    links = read_links(text).values()
    firm = {parent_of(link) for link in links if isinstance(link, tuple)}
    return frozenset(int(parent_of(link)) for link in links if parent_of(link) not in firm)


def as_links(parents: Mapping[str, Parent], asked: Collection[Parent]) -> str | None:
    """Their JSON; `asked` are the jobs that are waited for anyway. None if there are none."""
    if not parents:
        return None
    links = {name: (parent,) if parent in asked else parent for name, parent in parents.items()}
    return msgspec.json.encode(links).decode()
