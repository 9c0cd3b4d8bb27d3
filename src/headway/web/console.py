"""What pages and API act on: the jobs, the doorkeeper, and how it is to look. It starts no worker and claims nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from headway.model.errors import ConfigInvalid
from headway.view.secrets import MASK, Masking, mask, masking_of
from headway.web.access import Authorize, Doorkeeper
from headway.web.lately import Lately
from headway.web.sharing import Sharing
from headway.web.streams import Streams
from headway.web.watch import Watch

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.model.job import JobRow
    from headway.store.protocol import Reader, Store

PAGE_SIZE_DEFAULT: Final = 50
PAGE_SIZE_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the pages are to look."""

    title: str = "Background jobs"
    back: str | None = None
    """The address that the title's arrow leads back to: the application."""
    back_label: str = "Back to the application"
    page_size: int = PAGE_SIZE_DEFAULT
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """For moments without JavaScript; with it they are shown in the viewer's own zone."""
    theme: str = "auto"
    """auto (as the viewer's system), light or dark."""

    beside: tuple[tuple[str, str], ...] = ()
    """Consoles that stand side by side, this one among them: what each is called, and its address on this server."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 1 <= self.page_size <= PAGE_SIZE_MAX:
            msg = f"page_size must be 1 to {PAGE_SIZE_MAX}, not {self.page_size!r}"
            raise ConfigInvalid(msg)
        if self.theme not in {"auto", "light", "dark"}:
            msg = f"theme must be auto, light or dark, not {self.theme!r}"
            raise ConfigInvalid(msg)
        if self.back is not None and not self.back.startswith(("/", "http://", "https://")):
            msg = f"back must be an address that begins with / or https://, not {self.back!r}"
            raise ConfigInvalid(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """One mounted API or set of pages."""

    jobs: Jobs
    doorkeeper: Doorkeeper
    authorize: Authorize | None = None
    readonly: bool = False
    apps: tuple[str, ...] = ()
    """The apps that are shown, the first unless another is asked for."""
    exposed: frozenset[str] = frozenset()
    """Handlers whose jobs may be enqueued through the API."""
    look: Look = field(default_factory=Look)
    watch: Watch = field(default_factory=Watch)
    """Wakes whoever follows the store."""
    streams: Streams = field(default_factory=Streams)
    """Places for those who do."""
    sharing: Sharing = field(default_factory=Sharing)
    """The live pages that somebody looks at now."""
    lately: Lately = field(default_factory=Lately)
    """What took long to read."""

    @property
    def store(self) -> Store:
        """The store, opened at its first use."""
        return self.jobs.store

    @property
    def reader(self) -> Reader:
        """The looking half."""
        return self.jobs.store.reader

    def now_us(self) -> int:
        """Now, by the jobs' clock."""
        return self.jobs.clock.now_us()

    def masking(self, name: str) -> Masking:
        """What of a handler's arguments is secret: what it declares, and whatever sounds like it."""
        handler = self.jobs.registry.find(name)
        return Masking() if handler is None else masking_of(handler, by_sound=True)

    def shown(self, row: JobRow, payload: str | None, errors: str | None) -> tuple[str | None, ...]:
        """The texts of a job that somebody may find it by: what is masked is not found, else a search would tell it letter by letter."""
        found = mask(payload, self.masking(row.name))
        arguments = msgspec.json.encode(found.arguments).decode() if found.readable and payload is not None else None
        written = {form for value in found.values for form in (value, msgspec.json.encode(value).decode()[1:-1])}
        for form in sorted(written, key=len, reverse=True):  # errors are texts in JSON
            errors = errors.replace(form, MASK) if errors else errors
        return row.name, row.ref_id, found.text(row.reason), arguments, None if found.blind else errors


def apps_of(jobs: Jobs, apps: Sequence[str] | None, *, readonly: bool) -> tuple[str, ...]:
    """The apps that a console shows: its jobs' own, or those named. Other apps' jobs are only looked at."""
    if apps is None:
        return (jobs.app,)
    chosen = tuple(dict.fromkeys(apps))
    if isinstance(apps, str) or not all(chosen) or not chosen:
        msg = f"apps must be a list of names of apps, not {apps!r}"
        raise ConfigInvalid(msg)
    if chosen != (jobs.app,) and not readonly:
        msg = f"a console over other apps than its own ({jobs.app}) only looks: add readonly=True"
        raise ConfigInvalid(msg)
    return chosen
