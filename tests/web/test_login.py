"""The built-in login: signing in and out, sessions and their ends, tokens, links, and what is written down of it all."""

import asyncio
import json
import re
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.model.errors import ConfigInvalid, OptionInvalid, TokenExists, UserExists
from headway.testing import FakeClock
from headway.web import Login, Permission, admin, api
from headway.web.login import passwords
from headway.web.login.accounts import Accounts
from headway.web.login.brake import Brake, address_key
from headway.web.login.pages import own_path
from headway.web.login.secret import digest, drawn
from tests.web.asking import asked, request

OWN = ("Sec-Fetch-Site", "same-origin")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
PASSWORD = "correct horse battery"
EVERYTHING = (Permission.VIEW, Permission.MANAGE)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", autouse=True)
def quick_hashes():
    """Hashes that cost less: what they cost otherwise is the library's affair."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    patch = pytest.MonkeyPatch()
    patch.setattr(PasswordHash, "recommended", classmethod(lambda cls: cls((Argon2Hasher(1, 64, 1),))))
    yield
    patch.undo()


class Browser:
    """Keeps cookies, as one does, and comes from one address."""

    def __init__(self, app, *, root="/jobs", client=("203.0.113.9", 1), scheme="http"):
        self.app, self.root, self.client, self.scheme = app, root, client, scheme
        self.cookies = {}

    async def get(self, path, *headers):
        return await self._asked("GET", path, headers)

    async def post(self, path, body="", *headers):
        return await self._asked("POST", path, (OWN, FORM, *headers), body.encode())

    async def _asked(self, method, path, headers, body=b""):
        jar = [("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))] if self.cookies else []
        scope = request(method, self.root + path, headers=(*jar, *headers), client=self.client, scheme=self.scheme)
        answer = await asked(self.app, scope, [body])
        for line in (answer.header("set-cookie") or "").splitlines():
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    async def sign_in(self, name="ann", password=PASSWORD, where="/"):
        return await self.post("/sign-in", f"name={name}&password={password.replace(' ', '+')}&next={where}")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def jobs(tmp_path, clock):
    with Jobs(tmp_path / "store", clock=clock) as jobs:
        jobs.job(name="greet")(lambda: None).enqueue()
        yield jobs


@pytest.fixture
def accounts(jobs, clock):
    return Accounts(store=jobs.store, by="root", now_us=clock.now_us())


@pytest.fixture
def app(jobs, accounts):
    accounts.add("ann", PASSWORD, EVERYTHING)
    accounts.add("vic", PASSWORD, (Permission.VIEW,))
    login = Login()
    return Starlette(routes=[Mount("/jobs", admin(jobs, allow=login)), Mount("/api", api(jobs, allow=login))])


@pytest.fixture
def ann(app):
    return Browser(app)


def acts(jobs, *kinds):
    rows = jobs.store.reader.call(jobs.store.reader.acts())
    return [row.act for row in reversed(rows) if not kinds or row.act.kind in kinds]


async def test_whoever_is_not_signed_in_is_led_to_the_page_and_then_on(ann):
    led = await ann.get("/jobs/1")
    assert (led.status, led.header("location")) == (303, "/jobs/sign-in?next=%2Fjobs%2F1")
    page = await ann.get("/sign-in?next=%2Fjobs%2F1")
    assert page.status == 200
    assert 'value="/jobs/1"' in page.text
    signed = await ann.sign_in(where="/jobs/1")
    assert (signed.status, signed.header("location")) == (303, "/jobs/jobs/1")
    assert (await ann.get("/jobs/1")).status == 200
    assert (await ann.get("/sign-in?next=%2Fjobs%2F1")).header("location") == "/jobs/jobs/1"


async def test_the_api_says_401_and_how(ann):
    answer = await ann.get("/api/1")
    assert (answer.status, answer.header("www-authenticate")) == (401, 'Bearer realm="headway"')


@pytest.mark.parametrize(
    ("scheme", "root", "name", "path"),
    [
        ("http", "/jobs", "headway", "/jobs"),
        ("https", "/jobs", "__Host-headway-jobs", "/"),
        ("http", "", "headway", "/"),
        ("https", "", "__Host-headway", "/"),
    ],
)
async def test_the_cookie_goes_to_this_console_only_and_to_no_script(jobs, accounts, scheme, root, name, path):
    accounts.add("ann", PASSWORD, EVERYTHING)
    console = admin(jobs, allow=Login())
    browser = Browser(Starlette(routes=[Mount(root, console)]) if root else console, root=root, scheme=scheme)
    cookie = (await browser.sign_in()).header("set-cookie")
    assert cookie.startswith(f"{name}=")
    assert f"Path={path};" in cookie + ";"
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie
    assert ("Secure" in cookie) == (scheme == "https")
    assert (await browser.get("/jobs/1")).status == 200


async def test_login_may_be_told_that_browsers_come_by_https(jobs, accounts):
    accounts.add("ann", PASSWORD, EVERYTHING)
    browser = Browser(admin(jobs, allow=Login(secure=True)), root="")
    assert "Secure" in (await browser.sign_in()).header("set-cookie")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "wrong password"),
        ("ann", ""),
        ("ann", PASSWORD + " "),
        ("ann", PASSWORD.upper()),
        ("ann", PASSWORD + "x" * 2000),
        ("Ann", PASSWORD),
        ("bob", PASSWORD),
        ("", ""),
        ("ann\x00", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
async def test_whoever_knows_not_both_is_told_no_more(ann, name, password):
    answer = await ann.post("/sign-in", f"name={name}&password={password}")
    assert answer.status == 401
    assert "do not fit together" in answer.text
    assert ann.cookies == {}


async def test_a_user_without_a_password_or_disabled_signs_in_by_none(ann, accounts):
    accounts.add("eve", None, EVERYTHING)
    assert accounts.disable("vic")
    for name in ("eve", "vic"):
        assert (await ann.sign_in(name, "nobody's password")).status == 401
        assert (await ann.sign_in(name)).status == 401


async def test_unknown_users_cost_as_much_as_known_ones(monkeypatch):
    from pwdlib import PasswordHash

    checked = []
    verify = PasswordHash.verify
    monkeypatch.setattr(PasswordHash, "verify", lambda self, *given: checked.append(given) or verify(self, *given))
    known = passwords.Passwords()
    assert not await known.fits("nobody's password", None)
    assert await known.fits(PASSWORD, passwords.hashed(PASSWORD))
    assert not await known.fits("x" * 100_000, None)
    assert len(checked) == 3
    assert max(len(given[0]) for given in checked) <= 1024


async def test_a_hash_that_cannot_be_read_opens_nothing(caplog):
    assert not await passwords.Passwords().fits(PASSWORD, PASSWORD)
    assert "cannot be read" in caplog.text
    assert PASSWORD not in caplog.text


async def test_hashing_does_not_hold_up_the_loop(monkeypatch):
    import threading

    here = threading.get_ident()
    where = []
    monkeypatch.setattr(passwords.Passwords, "_fits", lambda *_: where.append(threading.get_ident()) or True)
    assert await passwords.Passwords().fits(PASSWORD, None)
    assert where != [here]


@pytest.mark.parametrize("password", ["short", "x" * 1025, "has a\nnew line in it", "nul\x00nul\x00nul\x00"])
def test_a_new_password_is_neither_short_nor_strange(password):
    with pytest.raises(OptionInvalid):
        passwords.hashed(password)


async def test_a_password_may_be_typed_composed_or_not(app, accounts):
    accounts.add("zoë", "Gr\u00fc\u00dfe aus K\u00f6ln", EVERYTHING)
    answer = await Browser(app).sign_in("zo%C3%AB", "Gru%CC%88%C3%9Fe aus Ko%CC%88ln")
    assert answer.status == 303


async def test_signing_in_begins_another_session_and_ends_the_old_one(ann, jobs):
    planted = drawn(lambda n: b"\x01" * n)
    ann.cookies = {"headway": planted}
    await ann.sign_in()
    first = dict(ann.cookies)
    assert first["headway"] != planted
    await ann.sign_in()
    again = Browser(ann.app)
    again.cookies = first
    assert (await again.get("/jobs/1")).status == 303
    assert (await ann.get("/jobs/1")).status == 200


async def test_the_store_keeps_no_secret(ann, jobs, accounts, tmp_path):
    await ann.sign_in()
    token = accounts.token("ci", EVERYTHING, apps=None, lives=None)
    link = accounts.link("guest", EVERYTHING)
    jobs.store.call(jobs.store.note_act(acts(jobs)[0]))
    kept = b"".join(file.read_bytes() for file in (tmp_path / "store").rglob("*") if file.is_file())
    for secret in (PASSWORD, ann.cookies["headway"], token, link):
        assert secret.encode() not in kept
    assert digest(token).encode() in kept


async def test_signing_out_ends_the_session_in_the_store_too(ann):
    await ann.sign_in()
    kept = dict(ann.cookies)
    out = await ann.post("/sign-out")
    assert (out.status, out.header("location"), ann.cookies) == (303, "/jobs/sign-in", {})
    ann.cookies = kept
    assert (await ann.get("/jobs/1")).status == 303


async def test_another_site_signs_nobody_in_or_out(ann):
    await ann.sign_in()
    for path in ("/sign-in", "/sign-out", "/sign-in/link"):
        scope = request(
            "POST",
            f"/jobs{path}",
            headers=(FORM, ("Origin", "https://evil.example"), ("Cookie", f"headway={ann.cookies['headway']}")),
        )
        assert (await asked(ann.app, scope, [b"name=ann"])).status == 403
    assert (await ann.get("/jobs/1")).status == 200


async def test_whoever_comes_by_a_link_from_another_site_comes_again_with_their_cookie(ann):
    await ann.sign_in()
    kept, ann.cookies = ann.cookies, {}
    from_chat = ("Sec-Fetch-Site", "cross-site")
    led = await ann.get("/jobs/1", from_chat)
    again = await ann.get(led.header("location").removeprefix("/jobs"), from_chat)
    address = re.search(r'content="0; url=([^"]+)"', again.text)[1]
    assert address == "/jobs/sign-in?next=%2Fjobs%2F1"
    ann.cookies = kept
    assert (await ann.get(address.removeprefix("/jobs"), OWN)).header("location") == "/jobs/jobs/1"


async def test_the_idle_are_signed_out_after_half_an_hour_and_the_busy_after_half_a_day(ann, clock):
    await ann.sign_in()
    for _ in range(24):
        clock.advance(timedelta(minutes=29))
        assert (await ann.get("/jobs/1")).status == 200
    clock.advance(timedelta(minutes=29))  # 12 h 5 min after signing in
    assert (await ann.get("/jobs/1")).status == 303
    await ann.sign_in()
    clock.advance(timedelta(minutes=30))
    assert (await ann.get("/jobs/1")).status == 303


async def test_login_may_be_told_how_long(jobs, accounts, clock):
    accounts.add("ann", PASSWORD, EVERYTHING)
    browser = Browser(admin(jobs, allow=Login(idle=timedelta(seconds=20), lifetime=timedelta(minutes=1))), root="")
    await browser.sign_in()
    for _ in range(5):
        clock.advance(timedelta(seconds=11))
        assert (await browser.get("/jobs/1")).status == 200
    clock.advance(timedelta(seconds=11))
    assert (await browser.get("/jobs/1")).status == 303


@pytest.mark.parametrize(
    "wrong", [{"idle": timedelta(0)}, {"lifetime": timedelta(days=-1)}, {"idle": timedelta(days=31)}]
)
def test_a_login_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigInvalid):
        Login(**wrong)


async def test_an_open_page_keeps_nobody_signed_in(jobs, accounts, clock):
    accounts.add("ann", PASSWORD, EVERYTHING)
    from starlette.requests import Request

    doorkeeper = Login().doorkeeper(jobs)
    browser = Browser(admin(jobs, allow=doorkeeper), root="")
    await browser.sign_in()
    shown = Request(request("GET", "/", headers=(("Cookie", f"headway={browser.cookies['headway']}"),)))
    for _ in range(29):
        clock.advance(timedelta(minutes=1))
        assert await doorkeeper.still(shown) is not None
    clock.advance(timedelta(minutes=1))
    assert await doorkeeper.still(shown) is None


@pytest.mark.parametrize("change", ["disable", "remove", "rekey", "permit"])
async def test_a_change_of_a_user_ends_their_sessions_at_once(ann, accounts, change):
    await ann.sign_in()
    more = {"rekey": ("another password",), "permit": ((Permission.VIEW,),)}.get(change, ())
    assert getattr(accounts, change)("ann", *more)
    assert (await ann.get("/jobs/1")).status == 303


async def test_permissions_are_the_users_and_who_may_not_can_sign_out(app):
    vic = Browser(app)
    await vic.sign_in("vic")
    assert (await vic.get("/jobs/1")).status == 200
    refused = await vic.post("/jobs/1/cancel")
    assert (refused.status, "/sign-out" in refused.text) == (403, True)


async def test_five_tries_a_minute_for_an_account_and_for_an_address(app, clock, jobs):
    for number in range(5):
        assert (await Browser(app, client=(f"203.0.113.{number}", 1)).sign_in("ann", "wrong password")).status == 401
    elsewhere = Browser(app, client=("198.51.100.7", 1))
    refused = await elsewhere.sign_in()
    assert (refused.status, refused.header("retry-after")) == (429, "60")
    clock.advance(timedelta(seconds=20))
    assert (await elsewhere.sign_in()).header("retry-after") == "40"
    assert (await elsewhere.sign_in("vic")).status == 303
    for name in ("a", "b", "c", "d", "e"):
        assert (await elsewhere.sign_in(name)).status == 401
    assert (await elsewhere.sign_in("vic")).status == 429
    assert (await elsewhere.post("/sign-in/link", "token=x")).status == 429
    clock.advance(timedelta(seconds=60))
    assert (await elsewhere.sign_in()).status == 303
    assert len(acts(jobs, "sign_in_failed")) == 10


async def test_right_tries_do_not_count(ann):
    for _ in range(12):
        assert (await ann.sign_in()).status == 303


def test_the_brake_forgets_the_oldest_and_a_clock_that_was_set_back():
    brake = Brake(tries=1)
    assert brake.wait_us(["a"], 1_000) == 0
    assert brake.wait_us(["a"], 2_000) == 60_000_000 - 1_000
    assert brake.wait_us(["a"], 500) == 0
    for number in range(20_001):
        brake.wait_us([str(number)], 600)
    assert brake.wait_us(["a"], 700) == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        (None, "", True),
        ("testclient", "testclient", True),
    ],
)
def test_addresses_of_one_customer_count_as_one(one, other, is_same):
    assert (address_key(one) == address_key(other)) is is_same


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil.example",
     "javascript:alert(1)", "/\n/evil.example", "/a\\..\\b", "/" + "x" * 3000, "", None],
)  # fmt: skip
async def test_nobody_is_led_elsewhere_after_signing_in(ann, path):
    from urllib.parse import quote

    assert own_path(path) == "/"
    asked_for = quote(path or "", safe="")
    assert (await ann.sign_in(where=asked_for)).header("location") == "/jobs/"
    assert (await ann.get(f"/sign-in?next={asked_for}")).header("location") in {"/jobs/", None}


async def test_a_token_opens_the_api_with_what_it_was_given(app, jobs, accounts):
    token = accounts.token("ci", (Permission.VIEW,), apps=None, lives=None)
    assert re.fullmatch(r"hw_[A-Za-z0-9_-]{43}", token)
    bearer = ("Authorization", f"Bearer {token}")
    assert (await asked(app, request("GET", "/api/1", headers=(bearer,)))).status == 200
    assert (await asked(app, request("GET", "/jobs/api/1", headers=(bearer,)))).status == 200
    assert (await asked(app, request("POST", "/api/1/cancel", headers=(bearer,)))).status == 403
    assert (await asked(app, request("GET", "/api/1", headers=(("Authorization", f"bearer  {token} "),)))).status == 200
    seen = jobs.store.reader.call(jobs.store.reader.tokens())[0].seen_us
    assert seen == accounts.now_us


async def test_a_token_that_may_manage_does_and_is_named(app, jobs, accounts):
    bearer = ("Authorization", f"Bearer {accounts.token('ci', EVERYTHING, apps=None, lives=None)}")
    assert (await asked(app, request("POST", "/api/1/cancel", headers=(bearer,)))).status == 200
    assert [(act.by, act.via) for act in acts(jobs, "cancel")] == [("token ci", "api")]


async def test_a_token_of_another_app_finds_nothing(app, jobs, accounts):
    for apps, status in (([jobs.app], 200), (["other"], 404), ([], 404)):
        token = accounts.token(f"for {apps}", EVERYTHING, apps=apps, lives=None)
        assert (
            await asked(app, request("GET", "/api/1", headers=(("Authorization", f"Bearer {token}"),)))
        ).status == status


async def test_a_token_is_over_when_it_is_over_and_at_once_when_it_is_revoked(app, accounts, clock):
    brief = ("Authorization", f"Bearer {accounts.token('brief', EVERYTHING, apps=None, lives=timedelta(minutes=1))}")
    lasting = ("Authorization", f"Bearer {accounts.token('lasting', EVERYTHING, apps=None, lives=None)}")
    clock.advance(timedelta(seconds=59))
    assert (await asked(app, request("GET", "/api/1", headers=(brief,)))).status == 200
    clock.advance(SECOND)
    assert (await asked(app, request("GET", "/api/1", headers=(brief,)))).status == 401
    assert accounts.revoke("lasting")
    assert not accounts.revoke("lasting")
    assert (await asked(app, request("GET", "/api/1", headers=(lasting,)))).status == 401


async def test_forged_tokens_and_cookies_open_nothing(ann, accounts):
    await ann.sign_in()
    cookie = ann.cookies["headway"]
    token = accounts.token("ci", EVERYTHING, apps=None, lives=None)
    link = accounts.link("guest", EVERYTHING)
    good = ("Authorization", f"Bearer {token}")
    for wrong in (
        "", "hw_", token[:-1], token + "A", token[3:], token.upper(), token.replace("hw_", "hwl_"), link, cookie, digest(token),
        "hw_" + "A" * 43, token + "\x00", "' OR 1=1", "hw_" + "é" * 43, token.swapcase(),
    ):  # fmt: skip
        bearer = ("Authorization", f"Bearer {wrong}")
        assert (await ann.get("/api/1", bearer)).status == 401
        assert (await asked(ann.app, request("GET", "/api/1", headers=(bearer, good)))).status == 401
        if wrong != cookie:
            other = Browser(ann.app)
            other.cookies = {"headway": wrong.encode("latin-1", "replace").decode("latin-1")}
            assert (await other.get("/jobs/1")).status == 303
    for header in (f"Basic {token}", f"Token {token}", token):
        assert (await asked(ann.app, request("GET", "/api/1", headers=(("Authorization", header),)))).status == 401
    assert (await asked(ann.app, request("GET", f"/api/1?token={token}&access_token={token}"))).status == 401


async def test_a_password_that_a_proxy_asks_for_is_the_proxys(ann):
    await ann.sign_in()
    assert (await ann.get("/jobs/1", ("Authorization", "Basic eDp5"))).status == 200


async def test_a_link_signs_in_once_and_only_by_its_button(app, jobs, accounts):
    accounts.add("eve", None, (Permission.VIEW,))
    link = accounts.link("eve")
    for _ in range(3):  # as a chat's preview does
        page = await Browser(app).get(f"/sign-in/link?token={link}")
        assert page.status == 200
        assert link in page.text
    eve = Browser(app)
    assert (await eve.post("/sign-in/link", f"token={link}")).status == 303
    assert (await eve.get("/jobs/1")).status == 200
    assert (await eve.post("/jobs/1/cancel")).status == 403
    late = Browser(app)
    assert (await late.post("/sign-in/link", f"token={link}")).status == 401
    assert late.cookies == {}
    assert [(act.subject_id, act.by, json.loads(act.note)["way"]) for act in acts(jobs, "sign_in")] == [
        ("eve", "eve", "link")
    ]


async def test_a_guest_has_the_permissions_of_the_link(app, jobs, accounts):
    guest = Browser(app)
    await guest.post("/sign-in/link", f"token={accounts.link('administrator', EVERYTHING)}")
    assert (await guest.post("/jobs/1/cancel")).status == 303
    assert acts(jobs, "cancel")[0].by == "administrator"


async def test_a_link_is_over_after_an_hour_and_when_another_is_made(app, accounts, clock):
    accounts.add("eve", None, EVERYTHING)
    first, second = accounts.link("eve"), accounts.link("eve")
    assert (await Browser(app).post("/sign-in/link", f"token={first}")).status == 401
    clock.advance(timedelta(hours=1))
    assert (await Browser(app).post("/sign-in/link", f"token={second}")).status == 401


async def test_two_at_once_cannot_use_one_link(app, accounts):
    link = accounts.link("guest", EVERYTHING)
    answers = await asyncio.gather(*(Browser(app).post("/sign-in/link", f"token={link}") for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [303, 401, 401, 401]


async def test_what_happens_at_the_door_is_written_down(ann, jobs):
    await ann.sign_in("ann", "wrong password")
    await ann.sign_in("my other password")
    await ann.sign_in()
    await ann.post("/sign-out")
    told = [(act.kind, act.subject_id, act.by, act.via, json.loads(act.note)["address"]) for act in acts(jobs)[2:]]
    assert told == [
        ("sign_in_failed", "ann", None, "pages", "203.0.113.9"),
        ("sign_in_failed", None, None, "pages", "203.0.113.9"),  # a password was typed as a name
        ("sign_in", "ann", "ann", "pages", "203.0.113.9"),
        ("sign_out", "ann", "ann", "pages", "203.0.113.9"),
    ]


def test_what_is_done_to_users_and_tokens_is_written_down(jobs, accounts):
    accounts.add("ann", PASSWORD, EVERYTHING)
    accounts.rekey("ann", "another password")
    accounts.permit("ann", (Permission.VIEW,))
    accounts.disable("ann")
    accounts.enable("ann")
    accounts.remove("ann")
    accounts.token("ci", EVERYTHING, apps=["shop"], lives=None)
    accounts.revoke("ci")
    accounts.link("eve", EVERYTHING)
    assert not accounts.disable("ann")
    assert not accounts.permit("ann", EVERYTHING)
    assert not accounts.rekey("ann", "another password")
    assert [(act.kind, act.subject, act.subject_id) for act in acts(jobs)] == [
        ("add", "user", "ann"),
        ("password", "user", "ann"),
        ("permissions", "user", "ann"),
        ("disable", "user", "ann"),
        ("enable", "user", "ann"),
        ("remove", "user", "ann"),
        ("add", "token", "ci"),
        ("revoke", "token", "ci"),
        ("add", "token", "sign-in:eve"),
    ]
    assert {(act.by, act.via) for act in acts(jobs)} == {("root", "command")}
    assert "another password" not in str(acts(jobs))


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "\u202eann", "sign-in:ann"])
def test_a_name_is_one_that_can_be_read(accounts, name):
    with pytest.raises(OptionInvalid):
        accounts.add(name, PASSWORD, EVERYTHING)
    with pytest.raises(OptionInvalid):
        accounts.token(name, EVERYTHING, apps=None, lives=None)


def test_there_is_one_of_each_name(accounts):
    accounts.add("ann", PASSWORD, EVERYTHING)
    with pytest.raises(UserExists):
        accounts.add("ann", PASSWORD, EVERYTHING)
    accounts.token("ci", EVERYTHING, apps=None, lives=None)
    with pytest.raises(TokenExists):
        accounts.token("ci", EVERYTHING, apps=None, lives=None)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"name=%ff", FORM[1], 400), (b"a=1&" * 5000, FORM[1], 400), (b"{}", "application/json", 415)],
)
async def test_a_form_that_is_none_is_refused(app, body, kind, status):
    scope = request("POST", "/jobs/sign-in", headers=(OWN, ("Content-Type", kind)))
    assert (await asked(app, scope, [body])).status == status


async def test_what_was_typed_comes_back_escaped(ann):
    page = await ann.post("/sign-in", "name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&password=x&next=/%22%3E%3Cb%3E")
    assert "<script>alert" not in page.text
    assert "<b>" not in page.text
    link = await ann.get("/sign-in/link?token=%22%3E%3Cscript%3E")
    assert "<script>" not in link.text
