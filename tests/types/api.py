# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""The public interface as type checkers see it. Never run; a wrong line that is accepted fails the check, as its ignore is then unused."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from headway import (
    Batch,
    BatchRef,
    BatchState,
    BatchStatus,
    Call,
    CancelAnswer,
    Chain,
    Condition,
    Context,
    DeleteAnswer,
    EventKind,
    Explanation,
    Exponential,
    GateKind,
    Job,
    JobCancelled,
    JobEvent,
    JobFailed,
    Jobs,
    Many,
    Options,
    Parent,
    Priority,
    Queue,
    Rate,
    Ref,
    RequeueAnswer,
    ResultRef,
    Run,
    State,
    Status,
    TransientRun,
    Worker,
)


@dataclass
class Report:
    total: int


jobs = Jobs()

# -- define ----------------------------------------------------------------------------------------------------------


@jobs.job
def send_email(to: str, subject: str, body: str = "") -> int:
    return len(to + subject + body)


@jobs.job(
    queue="reports",
    retries=5,
    backoff=Exponential(base=timedelta(seconds=5)),
    timeout=timedelta(minutes=30),
    run_in="process",
    max_concurrency=2,
    rate_limit=Rate(100, per=timedelta(hours=1)),
)
def monthly_report(year: int, month: int) -> Report:
    return Report(year + month)


@jobs.job
async def fetch(url: str) -> bytes:
    return url.encode()


@jobs.job(takes_context=True)
async def check_urls(ctx: Context, urls: list[str]) -> dict[str, bool]:
    up: dict[str, bool] = {}
    for url in ctx.track(urls, "checking"):
        up[url] = True
        ctx.log.info("%s is %s", url, "up")
    ctx.progress(100, "done")
    return up


@jobs.job(takes_context=True, name="count")
def count(ctx: Context, number: int) -> int:
    return number + ctx.id


@jobs.job
def store(path: str) -> ResultRef:
    return ResultRef("s3://bucket/" + path)


@jobs.job(retries=0)
async def touch() -> None: ...


def plain(number: int) -> str:
    return str(number)


def with_context(ctx: Context, number: int) -> str:
    return str(number + ctx.id)


async def slow(number: int) -> str:
    return str(number)


registered = jobs.register(plain, name="plain", retries=3)
registered_context = jobs.register(with_context, takes_context=True)
registered_async = jobs.register(slow)


class Database:
    name = "db"


class Import:
    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, path: str, limit: int = 10) -> int:
        return len(path) + limit


class Notify:
    async def run(self, user: int) -> bool:
        return user > 0


class Index:
    def run(self, ctx: Context, path: str) -> int:
        return ctx.id + len(path)


# As a decorator it is `@jobs.job` all the same; but mypy leaves the type of a decorated class as it was.
import_file = jobs.register(Import)
notify = jobs.register(Notify, queue="mail")
index = jobs.register(Index, takes_context=True)


@jobs.job(queue="mail")
class Decorated:
    def run(self, path: str) -> int:
        return len(path)


@jobs.job(quue="mail")  # type: ignore[call-overload, untyped-decorator]
def misspelt() -> None: ...


@jobs.job(retries="5")  # type: ignore[call-overload, untyped-decorator]
def wrong_value() -> None: ...


@jobs.job(takes_context=True)  # type: ignore[arg-type]
def without_context(number: int) -> None: ...


# -- enqueue ---------------------------------------------------------------------------------------------------------


async def enqueue() -> None:
    assert_type(send_email.enqueue("ann@example.org", subject="Hello"), Ref[int])
    assert_type(await send_email.aenqueue("ann@example.org", subject="Hello"), Ref[int])
    assert_type(fetch.enqueue("https://example.org"), Ref[bytes])
    assert_type(check_urls.enqueue(["https://example.org"]), Ref[dict[str, bool]])
    assert_type(count.enqueue(1), Ref[int])
    assert_type(touch.enqueue(), Ref[None])
    assert_type(store.enqueue("a").result().scheme, str)
    assert_type(registered.enqueue(1), Ref[str])
    assert_type(registered_context.enqueue(1), Ref[str])
    assert_type(registered_async.enqueue(number=1), Ref[str])
    assert_type(import_file.enqueue("a.csv", limit=5), Ref[int])
    assert_type(notify.enqueue(1), Ref[bool])
    assert_type(index.enqueue("a"), Ref[int])

    send_email.enqueue(17)  # type: ignore[call-arg, arg-type]
    send_email.enqueue("a", "b", "c", "d")  # type: ignore[call-arg]
    send_email.enqueue("a", subjet="b")  # type: ignore[call-arg]
    check_urls.enqueue(["https://example.org"], 3)  # type: ignore[call-arg]
    check_urls.enqueue("https://example.org")  # type: ignore[arg-type]
    registered_context.enqueue("1")  # type: ignore[arg-type]
    import_file.enqueue(1)  # type: ignore[arg-type]
    index.enqueue(1)  # type: ignore[arg-type]
    await send_email.aenqueue(17, "b")  # type: ignore[arg-type]


# -- methods ---------------------------------------------------------------------------------------------------------


class Service:
    held: Job[[str, str, str], int] = send_email

    def __init__(self, database: Database) -> None:
        self.database = database

    @jobs.job
    def send(self, to: str, copies: int = 1) -> int:
        return len(to) * copies

    @jobs.job(queue="mail")
    async def fetch(self, to: str) -> bytes:
        return to.encode()

    @jobs.job(takes_context=True)
    def look(self, ctx: Context, to: str) -> bool:
        return ctx.id > len(to)

    @jobs.job(takes_context=True, retries=1)
    async def alook(self, ctx: Context, to: str) -> bool:
        return ctx.id > len(to)

    @jobs.job
    @staticmethod
    def fixed(to: str) -> str:
        return to

    @jobs.job(queue="mail")
    @classmethod
    def made(cls, to: str) -> float:
        return float(to)

    def plain(self, to: str) -> int:
        return len(to)

    async def aplain(self, to: str) -> int:
        return len(to)

    def told(self, ctx: Context, to: str) -> int:
        return ctx.id + len(to)

    async def atold(self, ctx: Context, to: str) -> int:
        return ctx.id + len(to)


async def methods(service: Service, ctx: Context) -> None:
    assert_type(Service.send.enqueue("ann", copies=2), Ref[int])
    assert_type(service.send.enqueue("ann"), Ref[int])
    assert_type(await Service.fetch.aenqueue("ann"), Ref[bytes])
    assert_type(Service.look.enqueue("ann"), Ref[bool])
    assert_type(service.alook.enqueue("ann"), Ref[bool])
    assert_type(Service.fixed.enqueue("ann"), Ref[str])
    assert_type(Service.made.enqueue("ann"), Ref[float])
    assert_type(service.made.using(queue="mail").enqueue("ann"), Ref[float])
    assert_type(Service.send.using(on_success=lambda n: n.bit_length()).enqueue("ann"), Ref[int])
    assert_type(jobs.enqueue(Service.send, "ann", copies=2), Ref[int])
    assert_type(jobs.enqueue(service.send, "ann"), Ref[int])
    assert_type(jobs.enqueue(service.plain, "ann"), Ref[int])
    assert_type(service.held.enqueue("a", "b", "c"), Ref[int])

    assert_type(service.send("ann"), int)
    assert_type(Service.send(service, "ann"), int)
    assert_type(await service.fetch("ann"), bytes)
    assert_type(service.look(ctx, "ann"), bool)
    assert_type(await Service.alook(service, ctx, "ann"), bool)
    assert_type(Service.fixed("ann"), str)
    assert_type(service.made("ann"), float)

    assert_type(jobs.register(Service.plain, of=Service).enqueue("ann"), Ref[int])
    assert_type(jobs.register(Service.aplain, of=Service, queue="mail").enqueue("ann"), Ref[int])
    assert_type(jobs.register(Service.told, of=Service, takes_context=True).enqueue("ann"), Ref[int])
    assert_type(jobs.register(Service.atold, of=Service, takes_context=True).enqueue("ann"), Ref[int])
    assert_type(jobs.register(service.plain).enqueue("ann"), Ref[int])

    Service.send.enqueue(17)  # type: ignore[arg-type]
    Service.send.enqueue(service, "ann")  # type: ignore[arg-type]
    service.fetch.enqueue(17)  # type: ignore[arg-type]
    Service.look.enqueue(ctx, "ann")  # type: ignore[call-arg, arg-type]
    Service.made.enqueue(17)  # type: ignore[arg-type]
    Service.send("ann")  # type: ignore[call-arg, arg-type]
    jobs.enqueue(Service.send, 17)  # type: ignore[call-overload]
    jobs.register(Service.plain, of=Database)  # type: ignore[misc, arg-type]


# -- call it all the same --------------------------------------------------------------------------------------------


async def call_the_function(ctx: Context) -> None:
    assert_type(send_email("ann@example.org", "Hello"), int)
    assert_type(await fetch("https://example.org"), bytes)
    assert_type(await check_urls(ctx, ["https://example.org"]), dict[str, bool])
    assert_type(count(ctx, 1), int)
    send_email(17, "Hello")  # type: ignore[arg-type]
    count(1)  # type: ignore[call-arg, arg-type]


# -- options ---------------------------------------------------------------------------------------------------------


def options(to: str, parent: Ref[int], other: Ref[str]) -> None:
    hello = send_email.using(queue="mail", priority=5, ref_id="welcome-17", tags=["signup"], created_by="ann")
    assert_type(hello.enqueue(to, "Welcome"), Ref[int])
    assert_type(send_email.using(retries=0).using(timeout=None)(to, "Welcome"), int)
    send_email.using(priority=Priority.HIGH, args={"source": "form"}, user_id="17", batch_id="b", reply_to="mail:x")
    send_email.using(priority="urgent", on_interrupt="fail", retry_on_timeout=False, store_result=False, strict=True)
    assert_type(send_email.using(unique_key="mail:17", on_duplicate="raise").enqueue(to, "Welcome"), Ref[int])
    monthly_report.using(unique_for=timedelta(minutes=10)).using(unique_key=None, unique_for=None).enqueue(2026, 11)
    monthly_report.using(run_after=timedelta(hours=1)).enqueue(2026, 11)
    monthly_report.using(run_after=datetime(2026, 12, 1, 2, tzinfo=UTC)).enqueue(2026, 11)
    monthly_report.using(expires=timedelta(days=1), grace=timedelta(seconds=1), backoff=Exponential())
    monthly_report.using(depends_on=parent).enqueue(2026, 11)
    monthly_report.using(depends_on=[parent, other], parent=parent).enqueue(2026, 11)

    mine: Options = {"queue": "mail", "retries": 1}
    send_email.using(**mine)

    send_email.using(quue="mail")  # type: ignore[call-arg]
    send_email.using(retries="many")  # type: ignore[arg-type]
    send_email.using(unique_for=600)  # type: ignore[arg-type]
    send_email.using(on_duplicate="replace")  # type: ignore[arg-type]
    send_email.using(priority="highest")  # type: ignore[arg-type]
    send_email.using(timeout=30)  # type: ignore[arg-type]
    send_email.using(depends_on="welcome-17")  # type: ignore[arg-type]
    send_email.using(depends_on=[1])  # type: ignore[list-item]
    send_email.using(backoff=lambda failures: timedelta(seconds=failures))  # type: ignore[arg-type]
    hello.enqueue(17, "Welcome")  # type: ignore[arg-type]


# -- calls and many --------------------------------------------------------------------------------------------------


async def calls(recipients: list[str]) -> None:
    assert_type(send_email.call("a", "News"), Call[int])
    assert_type(jobs.enqueue(send_email.call("a", "News")), Ref[int])
    assert_type(await jobs.aenqueue(fetch.call("https://example.org")), Ref[bytes])
    assert_type(jobs.enqueue_many(send_email.call(to, "News") for to in recipients), list[Ref[int]])
    assert_type(await jobs.aenqueue_many([fetch.call("a"), fetch.call("b")]), list[Ref[bytes]])
    assert_type(send_email.call("a", "News").using(queue="mail"), Call[int])
    send_email.call(17, "News")  # type: ignore[arg-type]
    assert_type(jobs.enqueue(send_email, "a", subject="News"), Ref[int])
    assert_type(await jobs.aenqueue(send_email, "a", subject="News"), Ref[int])
    assert_type(jobs.enqueue(check_urls, ["a"]), Ref[dict[str, bool]])
    assert_type(jobs.enqueue(plain, 1), Ref[str])
    assert_type(jobs.enqueue(slow, 1), Ref[str])
    jobs.enqueue(send_email)  # type: ignore[call-overload]
    jobs.enqueue(send_email, 17, "News")  # type: ignore[call-overload]
    jobs.enqueue(plain, "1")  # type: ignore[call-overload]
    jobs.enqueue(17)  # type: ignore[call-overload]


# -- callbacks of one call -------------------------------------------------------------------------------------------


def takes_up(up: dict[str, bool]) -> None: ...


def takes_text(text: str) -> None: ...


async def takes_number(number: int) -> None: ...


def takes_error(error: JobFailed | JobCancelled) -> None: ...


def callbacks(to: str) -> None:
    told = send_email.using(on_success=print, on_failure=takes_error, queue="mail")
    assert_type(told.enqueue(to, "Welcome"), Ref[int])
    assert_type(told(to, "Welcome"), int)
    assert_type(check_urls.using(on_success=takes_up).enqueue([to]), Ref[dict[str, bool]])
    assert_type(send_email.call(to, "News").using(on_success=takes_number), Call[int])
    send_email.using(on_success=lambda number: number.bit_length(), on_failure=lambda error: error.code)
    send_email.using(on_success=takes_number)
    fetch.using(on_success=lambda body: body.decode())
    jobs.enqueue_by_name("count", {"number": 1}, on_success=print, on_failure=takes_error)

    send_email.using(on_success=takes_text)  # type: ignore[arg-type]
    check_urls.using(on_success=takes_text)  # type: ignore[arg-type]
    send_email.using(on_failure=takes_text)  # type: ignore[arg-type]
    send_email.using(on_success=lambda number: number.upper())  # type: ignore[attr-defined]
    send_email.call(to, "News").using(on_success=takes_text)  # type: ignore[arg-type]
    jobs.enqueue_by_name("count", {}, on_failure=takes_text)  # type: ignore[arg-type]


# -- result, status, cancel, retry -----------------------------------------------------------------------------------


async def result(ref: Ref[int]) -> None:
    assert_type(ref.result(timeout=30), int)
    assert_type(await ref.aresult(timeout=timedelta(seconds=30)), int)
    status = ref.status()
    assert_type(status, Status)
    assert_type(status.state, State)
    assert_type(status.progress, float | None)
    assert_type(status.progress_percentage, int | None)
    assert_type(ref.id, int)
    assert_type(ref.ref_id, str)
    assert_type(ref.cancel(), CancelAnswer)
    assert_type(await ref.acancel(by="ann"), CancelAnswer)
    ref.retry()
    await ref.aretry(revive=True)
    assert_type(ref.delete(), DeleteAnswer)
    assert_type(await ref.adelete(by="ann"), DeleteAnswer)
    assert_type(ref.replay(by="ann"), Ref[int])
    assert_type(await ref.areplay(), Ref[int])
    ref.revise(priority="high", run_after=timedelta(hours=1), queue="mail", arguments={"to": "ann"}, by="ann")
    await ref.arevise(run_after=datetime(2026, 12, 1, tzinfo=UTC))
    ref.revise(priority="highest")  # type: ignore[arg-type]
    ref.revise(retries=5)  # type: ignore[call-arg]
    ref.wait(10)
    await ref.await_(10)
    ref.result("30")  # type: ignore[arg-type]
    wrong: Ref[str] = ref  # type: ignore[assignment]
    wider: Ref[object] = ref
    del wrong, wider


# -- jobs as values --------------------------------------------------------------------------------------------------


def take(job: Job[[str, str], int]) -> Ref[int]:
    return job.enqueue("a", "b")


def take_any(job: Job[..., Any]) -> str:
    return job.name


def values() -> None:
    take_any(send_email)
    take_any(check_urls)
    take(jobs.register(lambda_like, name="two"))
    take(count)  # type: ignore[arg-type]


def lambda_like(one: str, two: str) -> int:
    return len(one + two)


# -- hooks -----------------------------------------------------------------------------------------------------------


@jobs.around
@contextmanager
def as_user(ctx: Context) -> Generator[None, None, None]:
    assert_type(ctx.user_id, str | None)
    yield


@jobs.load_user
def find_user(user_id: str) -> Report | None:
    return Report(int(user_id))


@jobs.load_user
async def find_user_later(user_id: str) -> Report | None:
    return None


@jobs.load_user  # type: ignore[type-var]
def find_user_by_number(user_id: int) -> Report | None:
    return Report(user_id)


def users(ctx: Context) -> None:
    assert_type(find_user("17"), Report | None)
    assert_type(ctx.user, Any)


@jobs.on_enqueue
def tagged(call: Call[Any]) -> Call[Any] | None:
    return call.using(tags=["web"])


@jobs.on_startup(priority=5)
def warm_up() -> None: ...


def hooks() -> Callable[[Call[Any]], Call[Any] | None]:
    jobs.provide(Database, Database)
    jobs.on_enqueue(lambda call: 5)  # type: ignore[arg-type, return-value]
    return tagged


# -- asking ----------------------------------------------------------------------------------------------------------


async def run_without_storing() -> None:
    on_smtp = send_email.using(worker="smtp", tags=["mail"])
    assert_type(on_smtp.start("ann@example.org", "Hello"), Run[int])
    assert_type(on_smtp.start("ann@example.org", "Hello").result(timeout=1), int)
    assert_type(await on_smtp.arun("ann@example.org", "Hello"), int)
    assert_type(jobs.start(fetch.call("https://example.org")), Run[bytes])
    assert_type(await jobs.arun(plain, 3), str)
    on_smtp.start(17)  # type: ignore[call-arg, arg-type]
    send_email.using(concurrency_key="customer:42", concurrency_limit=3).enqueue("ann@example.org", "Hello")
    send_email.using(concurrency_limit="3")  # type: ignore[arg-type]
    send_email.using(concurrency_key="customer:42", key_rate=Rate(10, per=timedelta(minutes=1))).enqueue("ann", "Hello")
    send_email.using(concurrency_key="customer:42", key_rate=10)  # type: ignore[arg-type]
    assert_type(jobs.restart_worker("smtp"), Ref[Any] | TransientRun | None)


async def ask() -> None:
    assert_type(jobs.get(17), Ref[Any])
    assert_type(await jobs.aget("welcome-17"), Ref[Any])
    assert_type(jobs.counts(), dict[State, int])
    jobs.list(states=[State.FAILED], queues=["mail"], tag="signup", limit=10)
    await jobs.alist(created_from=datetime(2026, 1, 1, tzinfo=UTC))
    jobs.list(sort="-duration", after=jobs.list(sort="-duration").next_after, args={"customer": 17}, reply_to="a")
    jobs.list(sort="length")  # type: ignore[arg-type]
    assert_type(jobs.cancel_many(states=[State.QUEUED], queues=["mail"], tag="red"), Many[CancelAnswer])
    mail = jobs.queue("mail")
    assert_type(mail, Queue)
    assert_type(mail.pause(by="ann"), bool)
    mail.resize(None)
    mail.limit_rate(Rate(10, per=timedelta(minutes=1)))
    Rate(10, timedelta(minutes=1))  # type: ignore[call-arg]
    assert_type(mail.status().rate, Rate | None)
    assert_type(jobs.explain("mine"), Explanation)
    assert_type([gate.kind for gate in jobs.explain(1).gates], list[GateKind])
    assert_type(await jobs.aretry_many(all=True, by="ann"), Many[RequeueAnswer])
    assert_type(await jobs.aretry_many(all=True, by="ann", revive=True), Many[RequeueAnswer])
    assert_type(jobs.cancel_many(worker="smtp"), Many[CancelAnswer])
    assert_type(jobs.delete_many(states=[State.FAILED], by="ann"), Many[DeleteAnswer])
    assert_type(await jobs.adelete_many(all=True), Many[DeleteAnswer])
    assert_type(await jobs.adelete(17, by="ann"), DeleteAnswer)
    assert_type([jobs.drain_node(node.uid) for node in await jobs.anodes()], list[bool])
    assert_type(await jobs.aundrain_node("node-1"), bool)
    assert_type(jobs.replay(17), Ref[Any])
    assert_type(jobs.holder("report:7"), Ref[Any] | None)
    jobs.revise(17, priority=5, arguments={"to": "ann"})
    await jobs.arevise("order-17", queue="mail")
    jobs.revise(17, by=5)  # type: ignore[arg-type]
    jobs.list(state="failed")  # type: ignore[call-arg]
    jobs.list(limit="10")  # type: ignore[arg-type]


# -- settings --------------------------------------------------------------------------------------------------------

Jobs("/var/lib/shop/jobs", app="shop", default_retries=5, default_timeout=None, durability="relaxed")
Jobs("/var/lib/shop/jobs", migrate=False)
Jobs(durability="maybe")  # type: ignore[arg-type]
Jobs(migrate="no")  # type: ignore[arg-type]
Jobs(retries=5)  # type: ignore[call-arg]

# -- work ------------------------------------------------------------------------------------------------------------

worker = Worker(jobs, queues={"default": 8, "reports": 2}, lease=timedelta(seconds=30))
Worker(jobs, lanes=3)  # type: ignore[call-arg]
Worker(jobs, hosts=2)  # type: ignore[call-arg]
Worker("shop.tasks:jobs")  # type: ignore[arg-type]


@jobs.on_failure
@jobs.on_retry
async def tell(event: JobEvent) -> None:
    assert_type((event.kind, event.due), tuple[EventKind, datetime | None])


async def look_at_parents(ctx: Context) -> None:
    assert_type(ctx.parent, Parent | None)
    assert_type(ctx.parents, tuple[Parent, ...])
    assert_type(await ctx.aparents(), tuple[Parent, ...])
    assert_type(ctx.parent_ids, tuple[int, ...])


# -- batches ---------------------------------------------------------------------------------------------------------


async def batches(ctx: Context) -> None:
    with jobs.batch("nightly", on_success=send_email.call("ops", "all up"), total=3) as batch:
        assert_type(batch.add(monthly_report.call(2026, 11)), str)
        batch.add(monthly_report)  # type: ignore[arg-type]
    async with jobs.batch() as unnamed:
        unnamed.add(fetch.call("https://example.org"))
    opened = await jobs.aopen_batch("import", parent=batch)
    assert_type(opened, Batch)
    assert_type(opened.enqueue(monthly_report.call(2026, 11)), Ref[Report])
    assert_type(await opened.aenqueue_many([fetch.call("a")]), list[Ref[bytes]])
    assert_type(jobs.get_batch("import").status(), BatchStatus)
    assert_type((await opened.await_(timedelta(minutes=1))).state, BatchState)
    assert_type(await jobs.acancel_batch("import", by="ann"), CancelAnswer)
    assert_type(jobs.batches(), tuple[BatchStatus, ...])
    assert_type(ctx.batch, BatchStatus | None)
    assert_type(await ctx.abatch(), BatchStatus | None)
    assert_type(jobs.batch_ref("later"), BatchRef)
    fetch.using(depends_on=[opened, jobs.batch_ref("later"), fetch.enqueue("a")], batch=opened)
    fetch.using(depends_on=jobs.batch_ref("later"))
    fetch.using(batch="import")  # type: ignore[arg-type]
    fetch.using(batch=jobs.batch_ref("later"))  # type: ignore[arg-type]
    jobs.batch("nightly", on_success=send_email)  # type: ignore[arg-type]
    jobs.open_batch(total="3")  # type: ignore[arg-type]


# -- composition -----------------------------------------------------------------------------------------------------


@jobs.job
def email_results(found: dict[str, bool]) -> None: ...


@jobs.job
async def email_report(found: dict[str, bool], to: str, copies: int = 1) -> None: ...


@jobs.job
def later(path: str) -> str:
    return path


@jobs.job
def total(numbers: int, more: int = 0) -> int:
    return numbers + more


async def compose(urls: list[str]) -> None:
    assert_type(check_urls.then(email_results).enqueue(urls), Ref[dict[str, bool]])
    check_urls.then(email_report, "ann@example.org", copies=2).enqueue(urls)
    check_urls.then(touch)  # takes nothing
    assert_type(check_urls.using(callback_on_worker=True).then(email_results).call(urls), Call[dict[str, bool]])
    assert_type(later.call("a").then(later), Call[str])
    count.then(total).enqueue(1)
    later.then(email_results)  # type: ignore[arg-type]
    check_urls.then(later)  # type: ignore[arg-type]
    check_urls.then(email_report)  # type: ignore[arg-type]
    check_urls.then(email_report, to=3)  # type: ignore[call-overload]

    number = count.enqueue(1)
    assert_type(number.value, int)
    total.enqueue(number.value, more=number.value)
    later.enqueue(number.value)  # type: ignore[arg-type]
    one = count.call(1)
    assert_type(jobs.chain(one, total.call(one.value)), tuple[Ref[int], Ref[int]])
    assert_type(await jobs.achain(one, later.call("a"), one), tuple[Ref[int], Ref[str], Ref[int]])
    assert_type(one >> later.call("a"), Chain)
    assert_type(jobs.chain(one >> later.call("a") >> one), tuple[Ref[Any], ...])
    jobs.chain(later)  # type: ignore[call-overload]

    later.using(depends_on=number, when="finished").enqueue("a")
    later.using(depends_on=[number], when=Condition.FAILURE).enqueue("a")
    later.using(when="sometimes")  # type: ignore[arg-type]
