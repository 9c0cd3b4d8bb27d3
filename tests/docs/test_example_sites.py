"""The example sites let in whom they should, and nobody else. Each runs in a process of its own, as it sets itself up."""

import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

FASTAPI = """
import asyncio, os, time
import jwt
import shop
from tests.web.asking import asked, request

def token(key="k" * 64, algorithm="HS256", **claims):
    return jwt.encode({"sub": "ann", "aud": "shop", "exp": time.time() + 60, **claims}, key, algorithm=algorithm)

async def statuses(token, cookie=False):
    who = ("Cookie", f"shop_token={token}") if cookie else ("Authorization", f"Bearer {token}")
    async def status(method, path):
        headers = (who, ("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "x"))
        return (await asked(shop.app, request(method, path, headers=headers))).status
    return [await status("GET", "/api/jobs/"), await status("GET", "/admin/jobs/jobs"), await status("POST", "/api/jobs/1/cancel")]

async def main():
    job = await asked(shop.app, request("POST", "/greetings/ann"))
    print("job", job.status, job.json())
    print("support", await statuses(token(role="support")))
    print("cookie", await statuses(token(role="support"), cookie=True))
    print("admin", await statuses(token(role="admin")))
    print("other role", await statuses(token(role="Admin")))
    print("list of roles", await statuses(token(role="admin,x")))
    print("named admin", await statuses(token(sub="admin")))
    print("nobody", await statuses(""))
    print("other key", await statuses(token(key="z" * 64, role="admin")))
    print("unsigned", await statuses(token(key=None, algorithm="none", role="admin")))
    print("other algorithm", await statuses(token(algorithm="HS512", role="admin")))
    print("over", await statuses(token(role="admin", exp=time.time() - 60)))
    print("endless", await statuses(jwt.encode({"sub": "ann", "aud": "shop", "role": "admin"}, "k" * 64)))
    print("for others", await statuses(token(role="admin", aud="bank")))
asyncio.run(main())
shop.jobs.close()
"""
FASTAPI_SAYS = """\
job 202 {'job': 1}
support [200, 200, 403]
cookie [200, 200, 403]
admin [200, 200, 200]
other role [403, 403, 403]
list of roles [403, 403, 403]
named admin [403, 403, 403]
nobody [401, 401, 401]
other key [401, 401, 401]
unsigned [401, 401, 401]
other algorithm [401, 401, 401]
over [401, 401, 401]
endless [401, 401, 401]
for others [401, 401, 401]
"""

ORDERS = """
import asyncio, time
import jwt
import shop
from headway import JobFailed
from headway.worker.worker import Worker
from tests.web.asking import asked, request

def token(sub):
    return jwt.encode({"sub": sub, "aud": "shop", "exp": time.time() + 60}, "k" * 64, algorithm="HS256")

async def ordered(path, item, *headers):
    body = b'{"item": "%s"}' % item.encode()
    given = (("Content-Type", "application/json"), *headers)
    return await asked(shop.app, request("POST", path, headers=given), [body])

async def main():
    for who in ("17", "18"):
        print(who, (await ordered("/orders", "pen", ("Authorization", f"Bearer {token(who)}"))).status)
    print("forged", (await ordered("/orders", "pen", ("headway.job", "1"), ("user", "17"))).status)
    async with shop.app.router.lifespan_context(shop.app):
        for item in ("pen", "yacht"):
            job = (await ordered("/later/orders", item, ("Authorization", f"Bearer {token('17')}"))).json()["job"]
            try:
                print((await (await shop.jobs.aget(job)).aresult(10)))
            except JobFailed as failed:
                print(failed.code)
asyncio.run(main())
ref = shop.shop.enqueue("POST", "/orders", json={"item": "pen"}, user_id="18")
with Worker(shop.jobs):
    ref.wait(10)
print("18 as a job", ref.status().code)
shop.jobs.close()
"""
ORDERS_SAYS = """\
17 201
18 403
forged 401
Answer(status=201, body={'item': 'pen', 'count': 1, 'for': '17'}, omitted=None)
http_404
18 as a job http_403
"""

DJANGO = """
import asyncio
import shop
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from tests.web.asking import asked, request

call_command("migrate", verbosity=0)
for group in ("support", "operators", "cooks"):
    Group.objects.create(name=group)

def signed_in(name, *groups, **facts):
    user = User.objects.create(username=name, password="!unusable", **facts)
    user.groups.set(Group.objects.filter(name__in=groups))
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    return user, session.session_key

people = {name: signed_in(name, *groups, **facts) for name, groups, facts in (
    ("vic", ["support"], {}), ("ann", ["operators", "cooks"], {}), ("bob", ["cooks"], {}), ("eve", [], {}),
    ("root", [], {"is_superuser": True}), ("gone", ["operators"], {"is_active": False}))}
cid, changed = signed_in("cid", "operators")
cid.password = "!another"
cid.save()

async def statuses(key):
    async def status(method, path):
        headers = (("Cookie", f"sessionid={key}"), ("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "x"))
        return (await asked(shop.app, request(method, path, headers=headers))).status
    return [await status("GET", "/admin/jobs/jobs"), await status("GET", "/admin/jobs/api/"), await status("POST", "/admin/jobs/api/1/cancel")]

async def main():
    for name, (_, key) in people.items():
        print(name, await statuses(key))
    print("changed password", await statuses(changed))
    print("nobody", await statuses(""))
    print("forged", await statuses("a" * 32))
    print("django's own", (await asked(shop.app, request("GET", "/admin/login/"))).status)
asyncio.run(main())
shop.jobs.close()
"""
DJANGO_SAYS = """\
vic [200, 200, 403]
ann [200, 200, 404]
bob [403, 403, 403]
eve [403, 403, 403]
root [200, 200, 404]
gone [401, 401, 401]
changed password [401, 401, 401]
nobody [401, 401, 401]
forged [401, 401, 401]
django's own 200
"""


pytestmark = pytest.mark.timeout(60)  # a whole site is imported, and Django makes its tables
LIMIT_S = 50


@pytest.mark.parametrize(
    ("folder", "program", "says"),
    [
        ("fastapi_jwt", FASTAPI, FASTAPI_SAYS),
        ("fastapi_orders", ORDERS, ORDERS_SAYS),
        ("django_groups", DJANGO, DJANGO_SAYS),
    ],
    ids=["fastapi_jwt", "fastapi_orders", "django_groups"],
)
def test_an_example_site_lets_in_whom_it_should(folder, program, says, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{ROOT / 'examples' / folder}:{ROOT}",
            "SHOP_KEY": "k" * 64,
            "SHOP_JOBS": str(tmp_path / "jobs"),
            "SHOP_DB": str(tmp_path / "shop.db"),
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (0, says) == (done.returncode, done.stdout), done.stderr


@pytest.mark.parametrize("folder", ["fastapi_jwt", "fastapi_orders", "django_groups"])
def test_an_example_site_has_no_key_of_its_own(folder, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import shop"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "examples" / folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert "SHOP_KEY" in done.stderr
