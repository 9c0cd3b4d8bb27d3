"""Users, sessions and tokens of the built-in login."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from headway.model.errors import TokenExists, UserExists
from headway.store.accounts import NewToken, SessionRow, TokenKind, TokenRow, UserRow
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import Kind
from tests.conformance.test_races import Pair
from tests.conformance.world import World

VIEW, MANAGE = "BackgroundJobs.ViewJobs", "BackgroundJobs.ManageJobs"
HOUR_S = 3600
HOUR_US = HOUR_S * SECOND_US
ROUNDS = 60


@pytest.fixture
def pair(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


def put(world: World, name: str = "ann", *, password: str | None = "hash", create: bool = False, **facts: str) -> bool:
    permissions = (facts.get("permission", VIEW),)
    return world.store.call(world.store.put_user(name, password=password, permissions=permissions, create=create))


def user(world: World, name: str = "ann") -> UserRow | None:
    return world.store.reader.call(world.store.reader.user(name))


def sign_in(world: World, digest: str, name: str = "ann", permissions: tuple[str, ...] | None = None) -> str:
    world.store.call(world.store.open_session(digest, user=name, permissions=permissions, lives_us=10 * HOUR_US))
    return digest


def touch(world: World, digest: str) -> SessionRow | None:
    return world.store.call(world.store.touch_session(digest, idle_us=HOUR_US))


def session(world: World, digest: str) -> SessionRow | None:
    return world.store.reader.call(world.store.reader.session(digest))


def make(world: World, name: str = "ci", kind: TokenKind = TokenKind.BEARER, **facts: object) -> str:
    values: dict[str, object] = {"digest": f"digest of {name}", "permissions": (VIEW,)}
    token = NewToken(name=name, kind=kind, **values | facts)  # type: ignore[arg-type]
    world.store.call(world.store.put_token(token, by="root"))
    return token.digest


def token(world: World, digest: str) -> TokenRow | None:
    return world.store.reader.call(world.store.reader.token(digest))


def spend(world: World, digest: str) -> TokenRow | None:
    return world.store.call(world.store.spend_link(digest))


class TestUsers:
    def test_are_as_they_were_put(self, world: World) -> None:
        now = world.clock.now_us()
        assert world.store.call(world.store.put_user("ann", password=None, permissions=(VIEW, MANAGE, VIEW)))
        assert user(world) == UserRow(
            name="ann", password=None, permissions=(MANAGE, VIEW), created_us=now, changed_us=now
        )
        assert user(world, "bob") is None

    def test_are_listed_by_name(self, world: World) -> None:
        for name in ("carl", "ann", "bob"):
            assert put(world, name)
        names = [one.name for one in world.store.reader.call(world.store.reader.users())]
        assert names == ["ann", "bob", "carl"]

    def test_are_changed_and_keep_a_password_that_is_not_given(self, world: World) -> None:
        put(world)
        world.clock.advance(5)
        assert not put(world, password=None, permission=MANAGE)
        found = user(world)
        assert found is not None
        assert (found.password, found.permissions) == ("hash", (MANAGE,))
        assert found.changed_us == found.created_us + 5 * SECOND_US

    def test_are_not_created_twice(self, world: World) -> None:
        assert put(world, create=True)
        before = user(world)
        with pytest.raises(UserExists, match="'ann'"):
            put(world, password="other", create=True)
        assert user(world) == before

    def test_that_are_disabled_stay_so_until_somebody_enables_them(self, world: World) -> None:
        put(world)
        store = world.store
        assert [store.call(store.disable_user(name)) for name in ("ann", "ann", "bob")] == [True, False, False]
        put(world, password="other")
        found = user(world)
        assert found is not None
        assert found.disabled_us == world.clock.now_us()
        assert [store.call(store.enable_user(name)) for name in ("ann", "ann", "bob")] == [True, False, False]
        found = user(world)
        assert found is not None
        assert found.disabled_us is None

    def test_are_removed_with_their_sessions(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        assert world.store.call(world.store.remove_user("ann"))
        assert (user(world), session(world, one), world.store.call(world.store.remove_user("ann"))) == (
            None, None, False,
        )  # fmt: skip
        put(world)
        assert session(world, one) is None


class TestSessions:
    def test_have_what_the_user_may_at_each_moment(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        now = world.clock.now_us()
        expected = SessionRow(
            digest="one", user="ann", permissions=(VIEW,), created_us=now, seen_us=now, expires_us=now + 10 * HOUR_US
        )
        assert (session(world, one), touch(world, one), session(world, "two")) == (expected, expected, None)

    def test_stay_as_long_as_they_are_seen_often_enough(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        for _ in range(3):
            world.clock.advance(HOUR_S - 1)
            found = touch(world, one)
            assert found is not None
            assert found.seen_us == world.clock.now_us()
        world.clock.advance(HOUR_S)
        assert session(world, one) is not None
        assert touch(world, one) is None
        assert session(world, one) is None

    def test_end_at_their_time_and_are_cleared_away(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        for _ in range(10):
            assert touch(world, one) is not None
            world.clock.advance(HOUR_S - 1)
        assert touch(world, one) is not None
        world.clock.advance(10)
        assert session(world, one) is None
        assert world.store.call(world.store.close_sessions("ann")) == 1
        sign_in(world, "two")
        world.clock.advance(10 * HOUR_S)
        world.tend()
        assert world.store.call(world.store.close_sessions("ann")) == 0

    def test_are_left_alone_by_upkeep_until_then(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        world.clock.advance(10 * HOUR_S - 1)
        world.tend()
        assert session(world, one) is not None

    def test_are_closed(self, world: World) -> None:
        put(world)
        one, two, other = sign_in(world, "one"), sign_in(world, "two"), sign_in(world, "three", "link", (VIEW,))
        close = world.store.close_session(one)
        assert (world.store.call(close), world.store.call(close), touch(world, one)) == (True, False, None)
        assert session(world, two) is not None
        assert world.store.call(world.store.close_sessions("ann")) == 1
        assert session(world, two) is None
        assert session(world, other) is not None

    @pytest.mark.parametrize("change", ["password", "permission", "disable"])
    def test_end_when_what_they_stand_on_changes(self, world: World, change: str) -> None:
        put(world)
        put(world, "bob")
        one, other = sign_in(world, "one"), sign_in(world, "other", "bob")
        if change == "password":
            put(world, password="new")
        elif change == "permission":
            put(world, password=None, permission=MANAGE)
        else:
            world.store.call(world.store.disable_user("ann"))
            world.store.call(world.store.enable_user("ann"))
        assert (session(world, one), touch(world, one)) == (None, None)
        assert session(world, other) is not None

    def test_stay_when_nothing_is_changed(self, world: World) -> None:
        put(world)
        one = sign_in(world, "one")
        put(world, password=None)
        assert session(world, one) is not None

    def test_of_a_disabled_user_do_not_open(self, world: World) -> None:
        put(world)
        world.store.call(world.store.disable_user("ann"))
        late, link = sign_in(world, "late"), sign_in(world, "link", permissions=(VIEW,))
        assert (session(world, late), session(world, link), touch(world, late)) == (None, None, None)

    def test_of_a_link_need_no_user(self, world: World) -> None:
        one = sign_in(world, "one", "the link of monday", (MANAGE,))
        found = touch(world, one)
        assert found is not None
        assert (found.user, found.permissions) == ("the link of monday", (MANAGE,))
        assert session(world, sign_in(world, "two", "nobody")) is None


class TestTokens:
    def test_open_until_they_are_over(self, world: World) -> None:
        now = world.clock.now_us()
        digest = make(world, apps=("shop", "mail"), expires_us=now + HOUR_US)
        assert token(world, digest) == TokenRow(
            name="ci", kind=TokenKind.BEARER, digest=digest, permissions=(VIEW,), apps=("mail", "shop"),
            created_us=now, created_by="root", expires_us=now + HOUR_US, revoked_us=None, seen_us=None,
        )  # fmt: skip
        assert token(world, "another digest") is None
        world.clock.advance(HOUR_S)
        assert token(world, digest) is None
        assert not world.store.call(world.store.revoke_token("ci"))

    def test_that_are_revoked_open_nothing(self, world: World) -> None:
        digest, other = make(world), make(world, "other")
        revoke = world.store.revoke_token("ci")
        assert (world.store.call(revoke), world.store.call(revoke)) == (True, False)
        assert (token(world, digest), token(world, other) is None) == (None, False)
        rows = world.store.reader.call(world.store.reader.tokens())
        assert [(row.name, row.revoked_us) for row in rows] == [("ci", world.clock.now_us()), ("other", None)]

    def test_have_names_of_their_own_while_they_open_something(self, world: World) -> None:
        make(world)
        with pytest.raises(TokenExists, match="'ci'"):
            make(world, digest="second")
        assert token(world, "second") is None
        world.store.call(world.store.revoke_token("ci"))
        assert token(world, make(world, digest="second")) is not None
        over = make(world, "over", expires_us=world.clock.now_us() + SECOND_US)
        world.clock.advance(1)
        assert make(world, "over", digest="later") != over

    def test_say_when_they_were_seen(self, world: World) -> None:
        digest = make(world)
        world.clock.advance(7)
        assert world.store.call(world.store.touch_token(digest))
        found = token(world, digest)
        assert found is not None
        assert found.seen_us == world.clock.now_us()
        world.store.call(world.store.revoke_token("ci"))
        assert not world.store.call(world.store.touch_token(digest))


class TestLinks:
    def test_open_once(self, world: World) -> None:
        digest = make(world, "link", TokenKind.LINK)
        assert token(world, digest) is None
        world.clock.advance(3)
        found = spend(world, digest)
        assert found is not None
        assert (found.name, found.permissions, found.seen_us) == ("link", (VIEW,), world.clock.now_us())
        assert (spend(world, digest), world.store.call(world.store.revoke_token("link"))) == (None, False)
        assert make(world, "link", TokenKind.LINK, digest="next") == "next"

    def test_that_are_over_or_revoked_open_nothing(self, world: World) -> None:
        over = make(world, "over", TokenKind.LINK, expires_us=world.clock.now_us() + SECOND_US)
        revoked = make(world, "revoked", TokenKind.LINK)
        world.clock.advance(1)
        world.store.call(world.store.revoke_token("revoked"))
        assert [spend(world, digest) for digest in (over, revoked, make(world), "unknown")] == [None] * 4

    def test_open_once_also_for_two_processes_at_once(self, pair: Pair) -> None:
        for number in range(ROUNDS):
            digest = make(pair.one, f"link {number}", TokenKind.LINK)
            answers = pair.race(partial(spend, pair.one, digest), partial(spend, pair.two, digest))
            assert [answer is None for answer in answers].count(True) == 1


def test_two_processes_create_a_user_once(pair: Pair) -> None:
    def create(world: World, name: str) -> bool | None:
        try:
            return put(world, name, create=True)
        except UserExists:
            return None

    for number in range(ROUNDS):
        answers = pair.race(*(partial(create, world, f"user {number}") for world in (pair.one, pair.two)))
        assert sorted(answers, key=str) == [None, True]
