"""The application whose functions are executed, as far as the run room needs to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from headway.model.parent import Surroundings
from headway.model.registry import Registry

if TYPE_CHECKING:
    from headway.run.container import Container
    from headway.run.settings import HostSettings


@runtime_checkable
class Application(Surroundings, Protocol):
    """What a host needs, and what `module:attribute` must name for a child process; `Jobs` is one."""

    @property
    def registry(self) -> Registry:
        """The handlers and hooks."""
        ...

    @property
    def place(self) -> str:
        """Where its store is, as a person may see it."""
        ...

    @property
    def url(self) -> str:
        """The same, for whoever opens it: a password is in it."""
        ...

    @property
    def build(self) -> Container:
        """Builds the instances of command classes."""
        ...

    @property
    def host_settings(self) -> HostSettings:
        """How it wants its hosts to behave."""
        ...

    @property
    def worker_settings(self) -> str:
        """Text that a supervisor, which does not import the application, is handed as it is."""
        ...
