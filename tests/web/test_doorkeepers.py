"""Who is let in: each kind of `allow=`, what it answers, and what goes wrong with it."""

import logging
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, BaseUser, SimpleUser, UnauthenticatedUser
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount

from headway import Jobs
from headway.model.errors import ConfigInvalid
from headway.web import Permission, Role, Scopes, Viewer, admin, api, loopback
from tests.web.asking import Answer, asked, request

PAGE, API = "/admin/jobs/{id}", "/api/{id}"
LOCAL = {"client": ("127.0.0.1", 50123), "host": "localhost:8000"}


class WithUser:
    """Gives every request this user and these scopes, as Starlette's AuthenticationMiddleware does."""

    def __init__(self, app, user, scopes=()):
        self.app, self.user, self.scopes = app, user, list(scopes)

    async def __call__(self, scope, receive, send):
        scope["user"], scope["auth"] = self.user, AuthCredentials(self.scopes)
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """One store for all of them: each test has a job of its own."""
    with Jobs(tmp_path_factory.mktemp("doorkeepers") / "store") as jobs:
        yield jobs


class Site:
    """An application with pages and API mounted, and one job to look at."""

    def __init__(self, jobs, allow, *, user=None, scopes=(), debug=False, **options):
        job = jobs.job(name=f"greet-{len(list(jobs.registry))}")(lambda: None)
        self.id = job.enqueue().id
        self.jobs = jobs
        middleware = [] if user is None else [Middleware(WithUser, user=user, scopes=scopes)]
        mounts = [
            Mount("/admin", admin(jobs, allow=allow, **options)),
            Mount("/api", api(jobs, allow=allow, **options)),
        ]
        self.app = Starlette(routes=mounts, middleware=middleware, debug=debug)

    async def get(self, path=PAGE, **given) -> Answer:
        shown = "/admin/jobs/{id}" if path == PAGE else path
        return await asked(self.app, request("GET", shown.format(id=self.id), **given))

    async def cancel(self, path=API, **given) -> Answer:
        headers = (("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "test"))
        return await asked(self.app, request("POST", f"{path.format(id=self.id)}/cancel", headers=headers, **given))

    async def statuses(self, **given) -> tuple[int, int]:
        """Looking and changing, on pages and API alike."""
        looks = {(await self.get(path, **given)).status for path in (PAGE, API)}
        changes = {(await self.cancel(path, **given)).status for path in (API, "/admin/jobs/{id}")}
        assert len(looks) == 1, looks
        changed = changes - {303, 409}  # a page redirects; whoever comes second finds it ended
        assert len(changed) <= 1, changes
        return looks.pop(), changed.pop() if changed else 200

    def notes(self):
        """What was written down of its job."""
        reader = self.jobs.store.reader
        return [row.act for row in reader.call(reader.acts(subject="job", subject_id=str(self.id)))]


def staff(*roles, **facts):
    return SimpleNamespace(is_authenticated=True, display_name="Ann", roles=roles, **facts)


async def test_without_allow_everybody_is_refused_and_told_what_to_do(jobs):
    site = Site(jobs, None)
    assert await site.statuses() == (403, 403)
    assert await site.statuses(**LOCAL) == (403, 403)
    assert "allow=" in (await site.get()).text
    assert "allow=" in (await site.get(API)).json()["detail"]


async def test_without_allow_debug_mode_opens_to_this_computer_only(jobs):
    site = Site(jobs, None, debug=True)
    assert (await site.get(**LOCAL)).status == 200
    assert (await site.get()).status == 403


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "localhost"),
        ("127.9.8.7", "127.0.0.1:8000"),
        ("::1", "[::1]:8000"),
        ("::ffff:127.0.0.1", "LOCALHOST:1"),
    ],
)
async def test_loopback_lets_this_computer_in(jobs, client, host):
    assert await Site(jobs, loopback).statuses(client=(client, 1), host=host) == (200, 200)


@pytest.mark.parametrize(
    "given",
    [
        {"client": ("203.0.113.9", 1)},
        {"client": None},
        {"client": ("10.0.0.1", 1)},
        {"client": ("testclient", 1)},
        {"host": None},
        {"host": ""},
        {"host": "jobs.example"},
        {"host": "localhost.jobs.example"},
        {"host": "127.0.0.1.jobs.example:8000"},
        {"host": "localhost@jobs.example"},
        {"host": "jobs.example:80@localhost"},
        {"host": "[::1].jobs.example]"},
        {"host": "2130706433"},
        {"http_version": "1.0"},
        *({"headers": ((name, value),)} for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host", "CF-Connecting-IP") for value in ("127.0.0.1", "")),
    ],
)  # fmt: skip
async def test_loopback_is_not_fooled(jobs, given):
    answer = await Site(jobs, loopback).get(**{**LOCAL, **given})
    assert answer.status == 403
    assert "elsewhere" in answer.text


async def test_two_hosts_are_no_host_of_this_computer(jobs):
    site = Site(jobs, loopback)
    assert (await site.get(headers=(("Host", "jobs.example"),), **LOCAL)).status == 400


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((), (403, 403)),
        (("BackgroundJobs.ViewJobs",), (200, 403)),
        (("BackgroundJobs.ManageJobs",), (200, 200)),
        (("BackgroundJobs.ViewJobs", "BackgroundJobs.ManageJobs"), (200, 200)),
        (("backgroundjobs.viewjobs", "ViewJobs", "*"), (403, 403)),
    ],
)
async def test_scopes_are_permissions_on_pages_and_api_alike(jobs, scopes, expected):
    assert await Site(jobs, Scopes(), user=SimpleUser("ann"), scopes=scopes).statuses() == expected


async def test_scopes_may_have_other_names(jobs):
    doorkeeper = Scopes(view="staff", manage="admin")
    assert await Site(jobs, doorkeeper, user=SimpleUser("ann"), scopes=["staff"]).statuses() == (200, 403)
    assert await Site(jobs, doorkeeper, user=SimpleUser("ann"), scopes=["admin"]).statuses() == (200, 200)


@pytest.mark.parametrize("doorkeeper", [Scopes(), Role("admin")])
async def test_whoever_is_not_signed_in_is_nobody(jobs, doorkeeper):
    site = Site(jobs, doorkeeper, user=UnauthenticatedUser(), scopes=["BackgroundJobs.ManageJobs", "admin"])
    assert await site.statuses() == (401, 401)
    assert (await site.get(API)).header("www-authenticate") == "Bearer"


@pytest.mark.parametrize("doorkeeper", [Scopes(), Role("admin"), lambda request: request.user.is_staff])
async def test_a_missing_middleware_is_named(jobs, doorkeeper, caplog):
    site = Site(jobs, doorkeeper)
    assert await site.statuses() == (403, 403)
    assert "AuthenticationMiddleware" in caplog.text
    assert "its log says why" in (await site.get()).text
    assert "Traceback" not in (await site.get()).text


@pytest.mark.parametrize(
    ("user", "scopes", "expected"),
    [
        (staff("admin", "other"), (), (200, 200)),
        (staff("administrator"), (), (403, 403)),
        (staff(), (), (403, 403)),
        (SimpleNamespace(is_authenticated=True, role="admin"), (), (200, 200)),
        (SimpleNamespace(is_authenticated=True, roles="admin"), (), (200, 200)),
        (SimpleNamespace(is_authenticated=True, roles="superadmin"), (), (403, 403)),
        (SimpleUser("ann"), ("admin",), (200, 200)),
        (SimpleUser("admin"), (), (403, 403)),
        (SimpleNamespace(is_authenticated=True, roles=7), (), (403, 403)),
    ],
)
async def test_a_role_is_the_whole_word(jobs, user, scopes, expected):
    assert await Site(jobs, Role("admin"), user=user, scopes=scopes).statuses() == expected


async def later(answer):
    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, (200, 200)),
        (False, (401, 401)),
        (None, (401, 401)),
        (Permission.VIEW, (200, 403)),
        (Permission.MANAGE, (200, 200)),
        ("BackgroundJobs.ViewJobs", (200, 403)),
        (["BackgroundJobs.ViewJobs", "Other.Right"], (200, 403)),
        ([], (403, 403)),
        (["Other.Right"], (403, 403)),
        (Viewer(name="ann", permissions=frozenset({Permission.MANAGE})), (200, 200)),
        (Viewer(name="ann"), (403, 403)),
        (1, (403, 403)),
        (object(), (403, 403)),
    ],
)
@pytest.mark.parametrize("wrap", [lambda answer: answer, later], ids=["sync", "async"])
async def test_a_callable_decides(jobs, answer, expected, wrap):
    assert await Site(jobs, lambda _: wrap(answer)).statuses() == expected


async def test_a_user_whom_the_callable_refuses_is_known_but_may_not(jobs):
    assert await Site(jobs, lambda request: request.user.is_staff, user=staff(is_staff=False)).statuses() == (403, 403)


async def fails_later(_):
    raise RuntimeError("hunter2")


def fails(_):
    raise RuntimeError("hunter2")


@pytest.mark.parametrize("allow", [fails, fails_later])
async def test_a_callable_that_raises_denies_and_is_logged(jobs, allow, caplog):
    site = Site(jobs, allow)
    assert await site.statuses() == (403, 403)
    assert "hunter2" in caplog.text
    assert "hunter2" not in (await site.get()).text + (await site.get(API)).text


async def test_a_callable_that_raises_for_whoever_is_not_signed_in_says_so(jobs):
    assert await Site(jobs, lambda request: request.user.is_staff, user=UnauthenticatedUser()).statuses() == (401, 401)


async def test_a_callable_may_raise_401_as_a_dependency_does(jobs, caplog):
    def dependency(_):
        raise HTTPException(401)

    assert await Site(jobs, dependency).statuses() == (401, 401)
    assert not caplog.records


@pytest.mark.parametrize("allow", [7, "admin", object()])
def test_an_allow_that_asks_nobody_is_refused_at_once(jobs, allow):
    with pytest.raises(ConfigInvalid, match="allow="):
        admin(jobs, allow=allow)


async def test_the_hook_is_asked_before_each_change_with_the_job(jobs):
    heard = []

    def hook(request, act, job):
        heard.append((request.method, act, job.id))
        return not job.name.startswith("greet")

    site = Site(jobs, lambda _: True, authorize=hook)
    assert await site.statuses() == (200, 403)
    assert heard == [("POST", "cancel", site.id)] * 2
    assert not site.notes()


@pytest.mark.parametrize(("answer", "expected"), [(True, 200), (False, 403)])
async def test_the_hook_may_be_async(jobs, answer, expected):
    site = Site(jobs, lambda _: True, authorize=lambda *_: later(answer))
    assert (await site.cancel()).status == expected


@pytest.mark.parametrize("hook", [lambda *_: fails(None), lambda *_: fails_later(None)])
async def test_a_hook_that_raises_refuses_and_is_logged(jobs, hook, caplog):
    site = Site(jobs, lambda _: True, authorize=hook)
    assert (await site.cancel()).status == 403
    assert any(record.levelno == logging.ERROR and "authorize=" in record.message for record in caplog.records)


async def test_a_readonly_console_changes_nothing_for_anybody(jobs):
    site = Site(jobs, lambda _: True, readonly=True)
    assert await site.statuses() == (200, 403)
    assert not site.notes()


async def test_the_apps_of_a_viewer_are_all_there_are(jobs):
    mine, other = jobs.app, "another"
    one = Viewer(permissions=frozenset({Permission.VIEW}), apps=frozenset({other}))
    assert await Site(jobs, lambda _: one).statuses() == (404, 403)
    site = Site(jobs, lambda _: one, apps=[mine, other], readonly=True)
    assert (await site.get()).status == 404
    assert (await site.get(f"/api/{{id}}?app={mine}")).status == 404
    assert (await site.get(f"/api/{{id}}?app={other}")).status == 404


async def test_a_change_is_written_down_under_the_name_that_the_application_uses(jobs):
    class Person(BaseUser):
        """Has a name only, as a subclass may."""

        is_authenticated = True
        name = "Ann Smith" * 100

    site = Site(jobs, Role("admin"), user=Person(), scopes=["admin"])
    await site.cancel()
    assert [(act.kind, act.by, act.via) for act in site.notes()] == [("cancel", ("Ann Smith" * 100)[:200], "api")]
