"""The usual world: a bookshop after two months, with what people look for in pages: failures, waits, schedules, batches."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headway import cron, every
from tests.browser.past import Past, past
from tests.browser.shop import SHELVES, SUPPLIERS

DAYS = 60
RECENT = timedelta(hours=30)
LATEST = timedelta(hours=2)
PEOPLE = ("ann", "ben", "chloe", "deniz")
CALLED = 13
"""The customer of every so-manieth order is called if the bank declines."""
BATCH = 40
BATCH_DONE = 27


def make(folder: Path, now: datetime) -> None:
    """Make up its store; the last thing in it happened some minutes before `now`."""
    draw = random.Random(17)
    with past(now - timedelta(days=DAYS), folder) as shop:
        _long_ago(shop, now, draw)
        _timetable(shop, now)
        _lately(shop, now, draw)
        shop.archive(timedelta(days=2))
        _open_ends(shop, now)


def _long_ago(shop: Past, now: datetime, draw: random.Random) -> None:
    for day in range(DAYS, 2, -1):
        shop.at(now - timedelta(days=day) + timedelta(hours=draw.randrange(4)))
        _orders(shop, draw, 1000 - day * 7, draw.randrange(2, 5))
        if day % 6 == 0:
            shop.shop["catalogue.feed"].using(created_by="ann").enqueue(draw.choice(SUPPLIERS), 900)
        shop.world.drain()


def _timetable(shop: Past, now: datetime) -> None:
    jobs, work = shop.jobs, shop.shop
    shop.at(now - RECENT)
    jobs.recurring(
        "forget-sessions",
        cron("0 2 * * *", zone="Europe/Berlin"),
        work["housekeeping.sessions"].call(),
        description="Sessions older than a month are forgotten at night.",
    )
    jobs.recurring("heartbeat", every(minutes=5), work["housekeeping.ping"].call(), durable=False)
    for number, supplier in enumerate(SUPPLIERS):
        jobs.recurring(
            f"feed-{supplier.lower()}",
            cron(f"{number * 15} */2 * * *", zone="Europe/London"),
            work["catalogue.feed"].call(supplier, 1_200 + number * 333),
            overlap="skip",
        )
    jobs.recurring(
        "monthly-sales",
        cron("0 6 1 * *", zone="Europe/Berlin"),
        work["reports.sales"].call(2026, 11),
        description="For the board, on the first of each month.",
    )
    jobs.recurring("newsletter", cron("0 10 * * MON"), work["mail.newsletter"].call("weekly", "readers@example.org"))
    shop.staff.declare()
    jobs.get_recurring("newsletter").pause(by="chloe")


def _lately(shop: Past, now: datetime, draw: random.Random) -> None:
    order = 1_000
    moment = now - RECENT
    while moment < now - timedelta(minutes=6):
        is_late = now - moment < LATEST
        count = draw.randrange(1, 3) if is_late else _rush(moment, draw)
        shop.at(moment)
        _orders(shop, draw, order, count)
        order += count
        if draw.random() < 0.06:
            shop.shop["catalogue.reindex"].using(created_by=draw.choice(PEOPLE)).enqueue(draw.choice(SHELVES))
        if draw.random() < 0.2:
            shop.shop["covers.resize"].using(tags=["covers"]).enqueue(f"upload-{order}.tiff", [96, 192, 384, 768])
        moment += timedelta(minutes=2 if is_late else 15)


def _rush(moment: datetime, draw: random.Random) -> int:
    """People buy books in the evening."""
    return draw.randrange(2, 7) if 16 <= moment.astimezone(UTC).hour <= 22 else draw.randrange(3)


def _orders(shop: Past, draw: random.Random, first: int, count: int) -> None:
    work = shop.shop
    for order in range(first, first + count):
        person = draw.choice(PEOPLE)
        facts = {"created_by": "checkout", "user_id": person, "tags": [f"order:{order}"]}
        card = f"4000 0000 0000 {order:04}"
        charged = work["orders.charge"].using(**facts).enqueue(order, 990 + order * 37 % 9_000, card)
        if order % CALLED == 0:
            work["orders.call"].using(depends_on=charged, when="failure", **facts).enqueue(order)
        work["mail.receipt"].using(depends_on=charged, **facts).enqueue(order, f"{person}@example.org")
        packed = work["orders.pack"].using(depends_on=charged, **facts).enqueue(order)
        work["orders.ship"].using(depends_on=packed, **facts).enqueue(order, draw.choice(("dhl", "gls", "ups")))


def _open_ends(shop: Past, now: datetime) -> None:
    """What has not ended: a batch half-way, jobs that wait for others, for a moment, for a queue; and what people did."""
    jobs, work = shop.jobs, shop.shop
    shop.at(now - timedelta(minutes=5))
    with jobs.batch("prices-autumn", on_finish=work["reports.publish"].call("prices")) as batch:
        for number in range(BATCH):
            call = work["catalogue.price"].using(tags=["autumn"], created_by="deniz")
            batch.add(call.call(f"978-3-16-{148_400 + number}-0", 0 if number % 13 == 5 else 1_290 + number))
    shop.world.drain(limit=BATCH_DONE)
    work["housekeeping.sessions"].then(work["reports.publish"]).using(priority="urgent").enqueue(7)
    shop.world.drain(limit=1)
    jobs.queue("images").pause(by="ben")
    for upload in range(9):
        work["covers.resize"].using(tags=["covers"], user_id="ben").enqueue(f"autumn-{upload}.tiff", [96, 384])
    sales = work["reports.sales"].using(run_after=timedelta(hours=3), created_by="ann").enqueue(2026, 10)
    work["reports.publish"].using(depends_on=sales, created_by="ann").enqueue(sales.value)
    for hours in (1, 5, 26):
        work["mail.newsletter"].using(run_after=timedelta(hours=hours), user_id="chloe").enqueue(
            "autumn", "all@example.org"
        )
    work["catalogue.reindex"].using(run_after=timedelta(minutes=20)).enqueue("Travel").cancel(by="deniz")
    failed = jobs.list(states=["failed"], names=["catalogue.feed"], limit=1).rows
    jobs.retry(failed[0].id, by="ann")
