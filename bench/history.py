"""What a shop and its bookkeeping have done in two months: a plausible past for any number of jobs, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from headway.model.ids import uuid7
from headway.model.tie import Tie

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
DAYS: Final = 60
ARCHIVED_AFTER_US: Final = 3 * DAY_US
HANDLERS: Final = (
    ("send_receipt", "mail", 18, 180),
    ("send_newsletter", "mail", 14, 240),
    ("resize_image", "media", 12, 900),
    ("transcode_video", "media", 2, 45_000),
    ("sync_inventory", "default", 9, 1_200),
    ("import_orders", "default", 7, 6_000),
    ("charge_card", "payments", 8, 700),
    ("refund_card", "payments", 1, 800),
    ("settle_payout", "payments", 2, 2_500),
    ("update_search", "default", 8, 90),
    ("warm_cache", "low", 5, 40),
    ("clean_uploads", "low", 2, 3_000),
    ("daily_report", "reports", 1, 30_000),
    ("monthly_statement", "reports", 1, 60_000),
    ("export_ledger", "reports", 2, 12_000),
    ("detect_fraud", "payments", 3, 350),
    ("push_notification", "mail", 3, 60),
    ("geocode_address", "default", 1, 400),
    ("score_customer", "low", 1, 150),
    ("rotate_keys", "low", 0.002, 5),
)
"""Name, queue, how many of a hundred jobs, usual milliseconds. The last one is rare."""
NAMES: Final = tuple(name for name, _queue, _share, _ms in HANDLERS)
QUEUES: Final = tuple(sorted({queue for _name, queue, _share, _ms in HANDLERS}))
OTHER_APP: Final = "bookkeeping"
OTHER_SHARE: Final = 0.15
TAGS: Final = ("europe", "asia", "priority", "nightly", "backfill", "beta", "vip", "wholesale", "gift", "returns")
RARE_TAG: Final = "incident-4711"
PEOPLE: Final = tuple(
    f"{name}@shop.example" for name in ("ada", "ben", "chloe", "dan", "eva", "finn", "gül", "hana", "ivo")
)
CODES: Final = (None, None, None, None, "timeout", "validation", "poison", "interrupted")
REASONS: Final = (
    "connection to warehouse-3 refused",
    "the card was declined: insufficient_funds",
    "'NoneType' object has no attribute 'price'",
    "HTTP 503 from https://api.post.example/v2/labels",
    "no space left on device",
)
TRACEBACK: Final = "Traceback (most recent call last):\n" + "".join(
    f'  File "/srv/shop/orders/{part}.py", line {line}, in {part}\n    result = {part}(order, customer=customer)\n'
    for part, line in (("handlers", 211), ("fulfil", 87), ("reserve", 40), ("client", 133), ("transport", 512))
)
SCHEDULES: Final = 200
BATCHES: Final = 500
BATCH_SIZE: Final = 120
UNFINISHED: Final = 20_000
RUNNING: Final = 50
UNARCHIVED_TAIL: Final = 2
"""The unfinished ones are every second of the latest."""


@dataclass(frozen=True, slots=True)
class Past:
    """One job that was, or is."""

    id: int
    app: str
    ref_id: str
    name: str
    queue: str
    state: str
    priority: int
    created_us: int
    due_us: int
    started_us: int | None
    finished_us: int | None
    code: str | None
    reason: str | None
    tags: tuple[str, ...]
    created_by: str | None
    batch: int | None
    schedule: int | None
    parent: int | None
    ties: int
    archived: bool

    @property
    def has_run(self) -> bool:
        """Whether an attempt ended."""
        return self.started_us is not None and self.finished_us is not None

    @property
    def payload(self) -> str:
        """Its arguments as they are stored."""
        number = self.id * 7919 % 1_000_003
        return f'{{"text":"order {number}, customer {number % 4001}, {self.name} for {self.created_by or "nobody"}, attempt to please"}}'


def past(count: int, now_us: int, seed: int = 1) -> Iterator[Past]:
    """So many jobs, oldest first; the latest hold those that have not ended."""
    draw = random.Random(seed)
    share = [weight for _name, _queue, weight, _ms in HANDLERS]
    unfinished = min(UNFINISHED + RUNNING, count // 4)
    first_open, step_us = count - 2 * unfinished, DAYS * DAY_US / count
    left = unfinished
    for block in range(0, count, 1000):
        chosen = draw.choices(HANDLERS, share, k=1000)
        for offset, (name, queue, _weight, usual_ms) in enumerate(chosen[: count - block]):
            number = block + offset + 1
            created_us = now_us - int((count - number + 0.2 + 0.6 * draw.random()) * step_us)
            is_open = number > first_open and left > 0 and number % 2 == 0
            left -= is_open
            yield _one(draw, number, created_us, now_us, name, queue, usual_ms, left if is_open else None, count)


def _one(
    draw: random.Random,
    number: int,
    created_us: int,
    now_us: int,
    name: str,
    queue: str,
    usual_ms: int,
    left: int | None,
    count: int,
) -> Past:
    dice = draw.random()
    batch = number * BATCHES // count + 1 if draw.random() < BATCHES * BATCH_SIZE / 1_000_000 else None
    schedule = number % SCHEDULES if batch is None and number % 10 == 0 else None
    tags = tuple(sorted(draw.sample(TAGS, 2))) if dice < 0.15 else (RARE_TAG,) if number % 50_021 == 0 else ()
    state, code, reason = _fate(draw, left)
    started_us: int | None = created_us + int(draw.expovariate(1 / 400_000))
    finished_us: int | None = None
    due_us = created_us
    if state == "running":
        started_us = now_us - int(draw.random() * 90_000_000)
    elif state in {"queued", "waiting"}:
        started_us = None
    elif state == "scheduled":
        started_us, due_us = None, now_us + int(draw.random() * 20 * DAY_US)
    elif state == "skipped" or (state == "cancelled" and draw.random() < 0.7):
        started_us, finished_us = None, created_us + int(draw.random() * MINUTE_US)
    else:
        finished_us = min((started_us or 0) + int(draw.lognormvariate(0, 0.5) * usual_ms * 1000), now_us)
    return Past(
        id=number,
        app=OTHER_APP if queue == "reports" or draw.random() < OTHER_SHARE else "default",
        ref_id=uuid7(created_us, draw.getrandbits(64).to_bytes(8, "big")),
        name=name,
        queue=queue,
        state=state,
        priority=draw.choice((0, 0, 0, 5, 10)),
        created_us=created_us,
        due_us=due_us,
        started_us=started_us,
        finished_us=finished_us,
        code=code,
        reason=reason,
        tags=tags,
        created_by=draw.choice(PEOPLE) if dice > 0.7 else None,
        batch=batch,
        schedule=schedule,
        parent=number - 1 if number % 100 == 1 and number > 1 else None,
        ties=(Tie.BATCH if batch is not None else 0) | (Tie.RECURRING if schedule is not None else 0),
        archived=finished_us is not None and finished_us < now_us - ARCHIVED_AFTER_US,
    )


def _fate(draw: random.Random, left: int | None) -> tuple[str, str | None, str | None]:
    """State, code, reason. `left`: it has not ended, and so many more have not."""
    if left is not None:
        if left < RUNNING:
            return "running", None, None
        return ("queued", "queued", "queued", "scheduled", "scheduled", "waiting")[left % 6], None, None
    dice = draw.random()
    if dice < 0.03:
        code = draw.choice(CODES)
        return "failed", code, "ran longer than its 30 s" if code == "timeout" else draw.choice(REASONS)
    if dice < 0.04:
        return "cancelled", "cancelled", "cancelled by ada@shop.example"
    if dice < 0.045:
        return "skipped", "parent_failed", "its parent failed"
    return "completed", None, None
