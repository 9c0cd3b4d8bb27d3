"""One request to a console: who asks, for which app, and what they may be answered or do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace
from starlette.requests import Request

from headway.client.admitting import asee_committed
from headway.store.acting import Act
from headway.store.operation import Operation
from headway.web.access import ANONYMOUS, Permission, Viewer
from headway.web.console import Console
from headway.web.doorkeepers import asked
from headway.web.metering import Reading
from headway.web.narrowed import narrowed
from headway.web.problems import Forbidden, ReadOnly

if TYPE_CHECKING:
    from headway.store.protocol import JobFilter, Reader

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request that the doorkeeper let in."""

    request: Request
    console: Console
    viewer: Viewer
    app: str
    """The app whose jobs are meant; each look-up by id is made within it."""
    via: str
    """api or pages: written down with what is done."""
    reading: Reading | None = None
    """Counts what is read, where somebody wants to know."""

    @property
    def reader(self) -> Reader:
        """The looking half of the store, as far as this viewer may look."""
        tenant = self.viewer.tenant
        return self.console.reader if tenant is None else narrowed(self.console.reader, tenant)

    @property
    def by(self) -> str:
        """Who does it, as it is written down."""
        return self.viewer.name or ANONYMOUS

    @property
    def may_manage(self) -> bool:
        """Whether changes are to be offered at all."""
        return not self.console.readonly and self.viewer.may(Permission.MANAGE)

    async def read(self, operation: Operation[T]) -> T:
        """Look something up, off the event loop."""
        return await self.console.reader.acall(self._counted(operation))

    async def admit(self) -> bool:
        """Make jobs of what was committed in transactions of callers; whether there was anything. Looking only, it is left alone."""
        if self.console.readonly or await self.read(self.console.store.unadmitted()) is None:
            return False
        store = self.console.store
        return await store.acall(store.admit()) > 0

    async def see_committed(self) -> None:
        """The same before what is listed or counted, as far as it does not take long."""
        if not self.console.readonly:
            await asee_committed(self.console.store)

    def _counted(self, operation: Operation[T]) -> Operation[T]:
        return operation if self.reading is None else self.reading.measured(operation)

    async def read_lately(self, operation: Operation[T], *arguments: object) -> T:
        """The same for figures of the app: where it takes long, what was read a moment ago is told (web/lately.py)."""
        console = self.console
        key = (operation.verb, self.app, self.viewer.tenant, *arguments)
        known = await console.lately.read(key, self._counted(operation), console.reader, console.jobs.clock)
        if self.reading is not None:
            self.reading.oldest_s = min(self.reading.oldest_s, known.begun_s)
        return known.value

    def within(self, where: JobFilter) -> JobFilter:
        """The filter within the app, and within the viewer's tenant where they have one."""
        tenant = where.tenant if self.viewer.tenant is None else self.viewer.tenant
        return replace(where, app=self.app, tenant=tenant)

    def url(self, path: str = "/") -> str:
        """The address of a page of this console, wherever it is mounted; `path` begins with a slash."""
        root: str = self.request.scope.get("headway.root", self.request.scope.get("root_path", ""))
        return f"{root.rstrip('/')}{path}"

    async def change(
        self, operation: Operation[T], tell: Callable[[T], Act | None], *, kind: str, job: Any = None
    ) -> T:
        """Change the store, and write down who did it, in one transaction. The one way in which a console changes anything.

        Raises ReadOnly and Forbidden, and then nothing is changed.
        """
        if self.console.readonly:
            raise ReadOnly("these pages only look: nothing can be changed here")
        if not self.viewer.may(Permission.MANAGE):
            raise Forbidden(f"that needs the permission {Permission.MANAGE}")
        authorize = self.console.authorize
        if authorize is not None and not await asked(authorize, self.request, kind, job):
            raise Forbidden(f"the application does not let you do this: {kind}")
        store = self.console.store
        try:
            return await store.acall(store.recorded(operation, tell))
        finally:
            self.console.lately.forget()

    def act(self, kind: str, subject: str, subject_id: object = None, *, note: str | None = None) -> Act:
        """What is written down: this viewer did it, here."""
        return Act(
            kind=kind,
            subject=subject,
            subject_id=None if subject_id is None else str(subject_id),
            app=self.app,
            by=self.by,
            via=self.via,
            note=note,
        )
