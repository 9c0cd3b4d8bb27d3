"""Exceptions as text: bounded, clean, and never a second failure."""

from __future__ import annotations

import re
from types import FunctionType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.failure import MESSAGE_MAX_CHARS, TRACEBACK_MAX_CHARS, TYPE_MAX_CHARS, cut, describe


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


class Exiting(Exception):
    def __str__(self):
        raise SystemExit(3)


class NoText(Exception):
    def __str__(self):
        return 17  # noqa: PLE0307


class Hidden(Exception):
    @property
    def __cause__(self):
        raise KeyError("cause")


class BadNotes(Exception):
    @property
    def __notes__(self):
        raise ValueError("notes")


class Meta(type):
    @property
    def __module__(cls):
        raise OSError("module")


class Nameless(Exception, metaclass=Meta): ...


def caught(function, *args):
    try:
        function(*args)
    except BaseException as exc:  # noqa: BLE001
        return exc
    raise AssertionError("it did not raise")


def boom(text="boom"):
    raise ValueError(text)


def wrap():
    try:
        boom()
    except ValueError as exc:
        raise LookupError("outer") from exc


def deep(n):
    if n == 0:
        boom()
    deep(n - 1)


def assert_storable(record):
    for text, most in (
        (record.type, TYPE_MAX_CHARS),
        (record.message, MESSAGE_MAX_CHARS),
        (record.traceback, TRACEBACK_MAX_CHARS),
    ):
        assert type(text) is str
        assert len(text) <= most
        assert "\0" not in text
        text.encode()


def test_an_ordinary_exception_is_told_as_python_would():
    record = describe(caught(boom))
    assert (record.type, record.message) == ("ValueError", "boom")
    assert record.traceback.startswith("Traceback (most recent call last):\n")
    assert "in boom\n    raise ValueError(text)\n" in record.traceback
    assert record.traceback.endswith("ValueError: boom\n")


def test_local_variables_are_never_told():
    def keep(password):
        raise ValueError(len(password))

    secret = str(10**6)
    assert secret not in describe(caught(keep, secret)).traceback


def test_a_type_of_a_module_is_told_with_it():
    assert describe(Unspeakable()).type.endswith("test_failure.Unspeakable")


def test_causes_are_told_oldest_first():
    text = describe(caught(wrap)).traceback
    assert text.index("ValueError: boom") < text.index("direct cause") < text.index("LookupError: outer")


def test_a_suppressed_context_is_left_out():
    def replace():
        try:
            boom()
        except ValueError:
            raise LookupError("outer") from None

    assert "boom" not in describe(caught(replace)).traceback


@pytest.mark.parametrize("kind", [Unspeakable, Exiting, NoText, Hidden, BadNotes, Nameless])
def test_an_exception_whose_own_code_raises_is_still_described(kind):
    def throw():
        raise kind

    record = describe(caught(throw))
    assert_storable(record)
    assert record.type
    if kind is Unspeakable:
        assert "raised RuntimeError" in record.message


def test_a_chain_of_a_thousand_causes_is_bounded():
    exc = ValueError("0")
    for n in range(1, 1000):
        after = ValueError(str(n))
        after.__cause__ = exc
        exc = after
    record = describe(exc)
    assert_storable(record)
    assert "earlier causes left out" in record.traceback
    assert record.traceback.count("ValueError") == 20
    assert record.traceback.endswith("ValueError: 999\n")


def test_a_ring_of_causes_ends():
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert describe(one).traceback.count("ValueError") == 2


def test_a_deep_stack_keeps_its_head_and_its_tail():
    record = describe(caught(deep, 500))
    assert_storable(record)
    assert "frames left out" in record.traceback
    assert "in caught" in record.traceback
    assert "in boom" in record.traceback


def test_a_megabyte_of_text_keeps_its_head_and_its_tail():
    record = describe(ValueError("HEAD" + "x" * 1_000_000 + "TAIL"))
    assert_storable(record)
    assert record.message.startswith("HEAD")
    assert record.message.endswith("TAIL")
    assert re.search(r"\d+ characters left out", record.message)


def test_nul_and_lone_surrogates_are_escaped():
    record = describe(ValueError("a\0b\udcffc"))
    assert record.message == "a\\x00b\\udcffc"
    assert_storable(record)


def test_groups_and_notes_are_told_and_bounded():
    exc = ValueError("inner")
    exc.add_note("look at the disk")
    exc.add_note("n" * 1_000_000)
    group = ExceptionGroup("several", [exc, *(ValueError(str(n)) for n in range(500))])
    for _ in range(50):
        group = ExceptionGroup("outer", [group] * 20)
    assert_storable(describe(group))
    text = describe(ExceptionGroup("several", [exc])).traceback
    assert "look at the disk" in text
    assert "+-- 1 of 1" in text


def engine(function):
    function()


def as_engine(function):
    """What is raised when the engine's frame is the outermost."""
    frame = FunctionType(engine.__code__, {"__name__": "headway.run.host"}, "engine")
    exc = caught(frame, function)
    exc.__traceback__ = exc.__traceback__.tb_next
    return exc


def test_frames_of_the_engine_at_the_top_are_left_out():
    text = describe(as_engine(boom)).traceback
    assert "in engine" not in text
    assert "in boom" in text


def test_a_failure_of_the_engine_itself_keeps_its_frames():
    assert "in engine" in describe(as_engine(None)).traceback


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_storable(text):
    assert_storable(describe(caught(boom, text)))


@given(st.text(st.sampled_from("a\0\udc80é"), max_size=400), st.integers(100, 200))
def test_cut_text_is_within_its_limit(text, most):
    assert len(cut(text, most)) <= most
