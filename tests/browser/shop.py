"""A bookshop's jobs: what the pages show in the browser tests and in the README's pictures. They only pretend to work.

`spend` is how a body lets time pass: a test's clock moves on where history is made up, a live worker really waits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import FunctionType
from typing import Any, TypeVar

from headway import Context, Exponential, Fixed, Jobs, Permanent, Rate

Spend = Callable[[float], None]
F = TypeVar("F", bound=FunctionType)

SHELVES = ("Fiction", "History", "Science", "Travel", "Children", "Cookery")
SUPPLIERS = ("Gardners", "Bertrams", "Libri", "Interlink")


class SmtpRefused(Exception):
    """The mail server did not take it."""


class CardDeclined(Exception):
    """The bank said no."""


class FeedInvalid(Exception):
    """A supplier's feed cannot be read."""

    __module__ = "catalogue"


def shown(function: F) -> F:
    """Its traceback may be in a picture: name the file from the checkout's root, not where somebody keeps that."""
    function.__code__ = function.__code__.replace(co_filename="tests/browser/shop.py")
    return function


@dataclass(kw_only=True)
class Shop:
    """The jobs of the shop, by what they do."""

    jobs: Jobs
    spend: Spend
    work: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work = {job.name: job for job in self._open()}

    def __getitem__(self, name: str) -> Any:
        return self.work[name]

    def _open(self) -> list[Any]:
        return [*self._mail(), *self._orders(), *self._pictures(), *self._catalogue(), *self._reports()]

    def _mail(self) -> list[Any]:
        spend = self.spend
        kept: dict[str, Any] = {"queue": "mail", "takes_context": True, "backoff": Fixed(timedelta(minutes=2))}

        @self.jobs.job(name="mail.receipt", retries=3, **kept)
        @shown
        def receipt(ctx: Context, order: int, to: str) -> str:
            """Send the receipt of an order."""
            spend(0.3 + order % 7 / 5)
            if order % 29 == 0 and ctx.attempt == 1:
                message = f"451 4.7.1 <{to}>: try again later"
                raise SmtpRefused(message)
            ctx.log.info("receipt of order %d sent to %s", order, to)
            return f"<receipt-{order}@harbour-books.example>"

        @self.jobs.job(name="mail.newsletter", rate_limit=Rate(30, per=timedelta(minutes=1)), **kept)
        def newsletter(ctx: Context, issue: str, to: str) -> None:
            """Send an issue of the newsletter."""
            spend(0.4)

        return [receipt, newsletter]

    def _orders(self) -> list[Any]:
        spend = self.spend

        @self.jobs.job(
            name="orders.charge",
            queue="payments",
            takes_context=True,
            redact=["card"],
            retries=2,
            no_retry_on=[CardDeclined],
            backoff=Exponential(base=timedelta(seconds=5)),
        )
        @shown
        def charge(ctx: Context, order: int, cents: int, card: str) -> dict[str, Any]:
            """Charge a card."""
            spend(0.8 + order % 5 / 4)
            ctx.log.info("asking the bank for %.2f EUR", cents / 100)
            if order % 39 == 0:
                message = f"the bank declined order {order}: insufficient funds"
                raise CardDeclined(message)
            return {"order": order, "charged": cents, "currency": "EUR", "authorisation": f"A{order:06}"}

        @self.jobs.job(name="orders.pack", queue="warehouse")
        def pack(order: int) -> str:
            """Have an order packed."""
            spend(4 + order % 9)
            return f"parcel-{order}"

        @self.jobs.job(name="orders.ship", queue="warehouse")
        def ship(order: int, carrier: str) -> str:
            """Hand a parcel over."""
            spend(1.5)
            return f"{carrier.upper()}-{order:09}"

        @self.jobs.job(name="orders.call", queue="service")
        def call(order: int) -> None:
            """Have somebody call the customer whose card was declined."""
            spend(30)

        return [charge, pack, ship, call]

    def _pictures(self) -> list[Any]:
        spend = self.spend

        @self.jobs.job(name="covers.resize", queue="images", takes_context=True, max_concurrency=4)
        def resize(ctx: Context, upload: str, sizes: list[int]) -> list[str]:
            """Make small pictures of a cover."""
            made = []
            for size in ctx.track(sizes, "resizing"):
                spend(0.9)
                made.append(f"{upload}@{size}.webp")
            return made

        return [resize]

    def _catalogue(self) -> list[Any]:
        spend = self.spend

        @self.jobs.job(name="catalogue.reindex", queue="search", takes_context=True, worker="indexer")
        def reindex(ctx: Context, shelf: str, books: int = 4_000) -> dict[str, int]:
            """Index a shelf anew."""
            ctx.log.info("reading %d books of %s", books, shelf)
            for page in ctx.track(range(20), f"indexing {shelf}"):
                spend(1.2)
                if page == 12:
                    ctx.log.warning("3 books of %s have no author; indexed under their titles", shelf)
            ctx.log.info("%s is searchable", shelf)
            return {"books": books, "words": books * 7}

        @self.jobs.job(name="catalogue.feed", queue="imports", takes_context=True, retries=1)
        @shown
        def feed(ctx: Context, supplier: str, lines: int) -> int:
            """Read a supplier's feed."""
            spend(2.5)
            ctx.log.debug("GET https://feeds.%s.example/stock.csv", supplier.lower())
            try:
                return _parsed(supplier, lines)
            except ValueError as error:
                message = f"the feed of {supplier} cannot be read"
                raise FeedInvalid(message) from error

        @self.jobs.job(name="catalogue.price", queue="imports")
        @shown
        def price(isbn: str, cents: int) -> int:
            """Set a price."""
            spend(0.25)
            if cents <= 0:
                message = f"{isbn} costs {cents} cents"
                raise Permanent(message)
            return cents

        return [reindex, feed, price]

    def _reports(self) -> list[Any]:
        spend = self.spend

        @self.jobs.job(name="reports.sales", queue="reports", takes_context=True, timeout=timedelta(minutes=30))
        def sales(ctx: Context, year: int, month: int) -> dict[str, Any]:
            """Sum up a month's sales."""
            totals: dict[str, int] = {}
            for shelf in ctx.track(SHELVES, "adding up"):
                spend(3.5)
                totals[shelf] = (year * 31 + month * 7 + len(shelf)) * 113 % 90_000
                ctx.log.info("%s: %d EUR", shelf, totals[shelf])
            return {"month": f"{year}-{month:02}", "shelves": totals, "total": sum(totals.values())}

        @self.jobs.job(name="reports.publish", queue="reports")
        def publish(report: Any = None, to: str = "board@harbour-books.example") -> str:
            """Send a report to those who want it."""
            spend(1.0)
            return f"sent to {to}"

        @self.jobs.job(name="housekeeping.sessions", queue="housekeeping")
        def sessions(older_than_days: int = 30) -> int:
            """Forget old sessions."""
            spend(2.0)
            return 1_204 + older_than_days

        @self.jobs.job(name="housekeeping.ping", queue="housekeeping")
        def ping() -> None:
            """Show that the shop is alive."""
            spend(0.05)

        return [sales, publish, sessions, ping]


@shown
def _parsed(supplier: str, lines: int) -> int:
    """As reading a file would fail deep inside."""
    if supplier == "Libri":
        return _column(["ISBN", "Titel", "Preis"], "price")
    return lines


@shown
def _column(header: list[str], wanted: str) -> int:
    return header.index(wanted)
