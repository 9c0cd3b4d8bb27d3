from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.clock import to_us
from headway.model.job import PENDING, State
from headway.store.protocol import JobFilter
from headway.view.filters import KEYS, FilterInvalid, Part, build, is_empty, parse

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def read(text: str) -> JobFilter:
    return parse(text, now=NOW, zone=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", JobFilter()),
        ("state:failed queue:mail", JobFilter(states=(State.FAILED,), queues=("mail",))),
        ("state:failed,cancelled state:FAILED", JobFilter(states=(State.FAILED, State.CANCELLED))),
        ("created_by:ann tag:x", JobFilter(created_by="ann", tag="x")),
        ("name:shop.mail:send", JobFilter(names=("shop.mail:send",))),
        ('tag:"two words" rest of it', JobFilter(tag="two words", text="rest of it")),
        ('"state:failed"', JobFilter(text="state:failed")),
        ("https://example.org/a", JobFilter(text="https://example.org/a")),
        ("at 12:30", JobFilter(text="at 12:30")),
        ("parent:#17 ref:welcome user:u batch:b code:timeout app:shop",
         JobFilter(parent_id=17, ref_id="welcome", user_id="u", batch_id="b", code="timeout", app="shop")),
        ("since:1d", JobFilter(created_from_us=to_us(NOW - timedelta(days=1)))),
        ("until:2026-11-20", JobFilter(created_until_us=to_us(datetime(2026, 11, 20, tzinfo=UTC)))),
        ("text:boom", JobFilter(text="boom")),
        ("schedule:nightly", JobFilter(schedule="nightly")),
        ("reply_to:mailto:ann@example.org", JobFilter(reply_to="mailto:ann@example.org")),
        ('fact:customer=17 fact:"city=New York" fact:customer=17', JobFilter(facts=(("customer", "17"), ("city", "New York")))),
        ("fact:note= fact:sum=a=b,c", JobFilter(facts=(("note", ""), ("sum", "a=b,c")))),
    ],
)  # fmt: skip
def test_a_filter_is_read(text, meant):
    assert meant == read(text)


def test_a_group_of_states_stands_for_its_members():
    assert set(read("state:pending").states) == PENDING
    assert all(state.is_final for state in read("state:final").states)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stat:failed", "did you mean state:?"),
        ("quue:mail", "did you mean queue:?"),
        ("status:failed", "did you mean state:?"),
        ("handler:send", "did you mean name:?"),
        ("-state:failed", "did you mean state:?"),
        ("zzz:1", "there are state, name"),
        ("state:faild", "did you mean failed?"),
        ("state:zzz", "there are scheduled"),
        ("state:", "needs a value"),
        ("tag: x", "needs a value"),
        ("tag:a tag:b", "takes one value"),
        ("since:soon", "write for example 1d"),
        ("since:1h until:2h", "later than until"),
        ("parent:abc", "is not the id of a job"),
        ("parent:99999999999999999999", "is not the id of a job"),
        ('tag:"open', "never closed"),
        ("tag:a\x00b", "NUL"),
        ("reply:x", "did you mean reply_to:?"),
        ("args:k=v", "did you mean fact:?"),
        ("reply_to:a reply_to:b", "takes one value"),
        ("fact:", "needs a value, for example fact:customer=17"),
        ("fact:customer", "is no fact with its value; write name=value, for example fact:customer=17"),
        ("fact:=17", "is no fact with its value"),
        ("fact:k=" + "x" * 501, "look for longer ones as text"),
        ("fact:" + "k" * 201 + "=v", "up to 200 characters"),
        (" ".join(f"fact:k{number}=v" for number in range(11)), "takes at most 10 facts, 11 were given"),
        ("x" * 2001, "2001 characters"),
        ("state:" + ",".join(["failed"] * 101), "at most 100"),
    ],
)
def test_what_cannot_be_understood_names_what_can(text, says):
    with pytest.raises(FilterInvalid) as caught:
        read(text)
    assert says in str(caught.value)


WORDS = st.one_of(
    st.text(max_size=20),
    st.builds("{}:{}".format, st.sampled_from([*KEYS, "x"]), st.text(max_size=12)),
    st.builds('{}:"{}"'.format, st.sampled_from([*KEYS, "x"]), st.text(max_size=12)),
)


@given(st.lists(WORDS, max_size=6).map(" ".join))
def test_reading_never_fails_with_anything_but_filter_invalid(text):
    with suppress(FilterInvalid):
        assert isinstance(read(text), JobFilter)


@given(st.dictionaries(st.sampled_from(["tag", "created_by", "user", "batch", "ref", "code", "app"]),
                       st.from_regex(r"[^\s\"\x00-\x1f\ud800-\udfff](?:[^\"\x00-\x1f\ud800-\udfff]{0,8}[^\s\"\x00-\x1f\ud800-\udfff])?", fullmatch=True)))  # fmt: skip
def test_a_quoted_value_arrives_as_it_is(values):
    where = read(" ".join(f'{key}:"{value}"' for key, value in values.items()))
    assert all(getattr(where, KEYS[key]) == value.strip() for key, value in values.items())


def test_conditions_from_elsewhere_are_checked_as_text_is():
    for part, says in (
        (Part("quue", "mail"), "did you mean queue:"),
        (Part("tag", "\ud800"), "text that can be stored"),
    ):
        with pytest.raises(FilterInvalid, match=says):
            build([part], now=NOW, zone=UTC)
    assert build([Part("fact", "k=v"), Part("fact", "a=b")], now=NOW).facts == (("k", "v"), ("a", "b"))


def test_a_filter_with_an_app_alone_is_empty():
    assert is_empty(read("app:shop"))
    assert is_empty(read(""))
    assert not is_empty(read("state:failed"))
