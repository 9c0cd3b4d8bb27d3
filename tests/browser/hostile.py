"""The hostile world: in every place where a page shows something, what somebody wrote to hurt whoever looks."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from headway import Context, Permanent, cron
from headway.client.template import SCHEDULE_NAME_MAX
from tests.browser.past import Past, past

MARK = "pwned"
"""What a script of these would write into the page's title, and the name of what it would ask for."""
SCRIPT = f"<script>document.title='{MARK}'</script>"
IMAGE = f"\"><img src=x onerror=document.title='{MARK}'>"
NAMES = (
    SCRIPT,
    IMAGE,
    f"</textarea></style></title><svg/onload=document.title='{MARK}'>",
    f"javascript:document.title='{MARK}'//",
    "{{ 7 * 7 }} {% raise %} ${7*7} #{7*7} <%= 7*7 %>",
    "'; DROP TABLE job; --",
    "../../../etc/passwd?app=other&x=%2e%2e%2f#fragment",
    "&lt;b&gt;twice&amp;amp;escaped&lt;/b&gt;",
    "W" * 200,
    "Grüße 👩‍👩‍👧 שלום مرحبا 漢字".replace("\u200d", ""),
    "name with 'single' \"double\" `back` quotes",
    "a/b?c=d&e=f#g%00",
)
"""What may be a name: of a queue, a tag, a person, a schedule, a batch, a handler."""
TEXTS = (
    *NAMES,
    "\x1b[31;1mred\x1b[0m \x1b]0;title\x07 \x1b[2J bell\a back\b\b\bspace",
    "abc\u202egnp.exe\u202c \u2066isolated\u2069 zero\u200bwidth \ufeffmark",
    "line one\r\nSet-Cookie: a=b\r\n\r\n<html>line\u2028separator\u2029two",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319" * 12,
    "https://example.org/" + "path/" * 200,
    "x" * 4_000,
    "nul\x00inside",
    f"<!--#exec cmd='id'--><![CDATA[{SCRIPT}]]> ]]>",
    "\n".join(f"line {number} {IMAGE}" for number in range(40)),
)
"""What may stand in an argument, a result, a log line, an error or a description."""


class Hostile(Exception):
    """An error whose words are not its own."""


def make(folder: Path, now: datetime) -> None:
    """Make up its store."""
    with past(now - timedelta(hours=3), folder) as shop:
        _handlers(shop)
        for number, text in enumerate(TEXTS):
            shop.at(now - timedelta(minutes=170 - 5 * number))
            _jobs(shop, text, _name(text))
        _schedules(shop)
        shop.world.drain()
        for name in NAMES:
            shop.jobs.queue(name).pause(by=SCRIPT)
            _left(shop, name)


def _handlers(shop: Past) -> None:
    work: dict[str, Any] = {}

    def say(ctx: Context, text: str, also: dict[str, Any]) -> dict[str, Any]:
        shop.shop.spend(1)
        for level in (10, 20, 30, 40, 50):
            ctx.log.log(level, "%s", text)
        ctx.progress(50, text)
        ctx.status(text)
        setattr(ctx.stats, IMAGE, 3)
        ctx.state[SCRIPT] = text
        return {"said": text, **also}

    def fail(ctx: Context, text: str, also: dict[str, Any]) -> None:
        shop.shop.spend(1)
        raise Permanent(text + SCRIPT) from Hostile(text)

    for name in NAMES:
        work[name] = shop.jobs.job(say, name=name, takes_context=True)
    shop.shop.work = {
        **shop.shop.work,
        **work,
        "say": shop.jobs.job(say, name="hostile.say", takes_context=True),
        "fail": shop.jobs.job(fail, name="hostile.fail", takes_context=True),
    }


def _name(text: str) -> str:
    """The text, if it can be a name, else another one that can."""
    return text if text in NAMES else NAMES[len(text) % len(NAMES)]


def _facts(text: str, name: str) -> dict[str, Any]:
    return {
        "tags": [name, "plain"],
        "created_by": name,
        "user_id": name,
        "batch_id": name,
        "args": {"fact": text[:100]},
        "worker": name,
    }


def _jobs(shop: Past, text: str, name: str) -> None:
    also = {"key": text, "list": [text, None, 1.5, True], SCRIPT: {IMAGE: [text]}, "token": "must-not-be-seen"}
    facts = _facts(text, name)
    parent = shop.shop["say"].using(queue=name, **facts).enqueue(text, also)
    shop.shop["fail"].using(queue=name, **facts).enqueue(text, also)
    shop.shop[name].using(queue=name, depends_on=parent, concurrency_key=name, **facts).enqueue(text, also)
    shop.world.drain()


def _schedules(shop: Past) -> None:
    for number, name in enumerate(NAMES):
        call = shop.shop["say"].call(TEXTS[-1 - number], {})
        shop.jobs.recurring(name[:SCHEDULE_NAME_MAX], cron("0 3 * * *"), call, description=TEXTS[-1 - number][:900])
    shop.staff.declare()
    for name in NAMES[::2]:
        shop.jobs.get_recurring(name[:SCHEDULE_NAME_MAX]).pause(by=IMAGE)


def _left(shop: Past, name: str) -> None:
    """What has not ended when somebody looks."""
    with shop.jobs.batch(name) as batch:
        batch.add(shop.shop["say"].using(queue=name).call(name, {}))
        batch.add(shop.shop[name].using(run_after=timedelta(hours=2)).call(name, {}))
    waits = shop.shop["say"].using(queue=name, unique_key=name).enqueue(name, {"api_key": "must-not-be-seen"})
    shop.shop["say"].using(depends_on=waits).enqueue(name, {})
    shop.shop["say"].using(queue=name).enqueue(name, {}).cancel(by=IMAGE)
