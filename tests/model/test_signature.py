"""Reading signatures, and binding arguments as Python would."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.errors import ArgumentsInvalid, HandlerRefused
from headway.model.signature import Signature

if TYPE_CHECKING:
    from headway.nowhere import Context


def send(to: str, subject: str, body: str = "", *, urgent: bool = False) -> int: ...
def bare(a, b=2): ...
def nothing() -> None: ...
def with_context(ctx: Context, n: int) -> Context: ...
def marked(n: Annotated[int, "pages"]): ...
def gather(*rows: int): ...
def gather_named(**rows: int): ...
def by_place(a, /, b): ...
def unknown(a: Nowhere): ...  # noqa: F821
def numbers(): yield 1  # fmt: skip


async def numbers_later(): yield 1  # fmt: skip


@functools.wraps(send)
def wrapped(*args, **kwargs): ...


class Command:
    def __init__(self, mailer): ...
    def run(self, to: str) -> bool: ...


class CommandWithContext:
    def execute(self, ctx: Context, to: str): ...


class NoCommand: ...


class Callable:
    def __call__(self): ...
    def method(self): ...


def test_a_function_is_read_with_its_types():
    signature = Signature.of(send)
    assert signature.names == ("to", "subject", "body", "urgent")
    assert signature.positional == ("to", "subject", "body")
    assert signature.required == ("to", "subject")
    assert [one.annotation for one in signature.parameters] == [str, str, str, bool]
    assert [one.default for one in signature.parameters] == [None, None, "", False]
    assert signature.result_type is int
    assert Signature.of(wrapped).names == signature.names


def test_what_is_not_annotated_is_any_and_annotated_keeps_its_extras():
    assert [one.annotation for one in Signature.of(bare).parameters] == [Any, Any]
    assert Signature.of(bare).result_type is Any
    assert Signature.of(marked).parameters[0].annotation == Annotated[int, "pages"]
    assert Signature.of(nothing).result_type is None


def test_the_context_is_skipped_even_if_its_annotation_is_for_type_checkers_only():
    signature = Signature.of(with_context, takes_context=True)
    assert signature.names == ("n",)
    assert signature.result_type is Any


def test_a_command_class_is_read_without_self():
    assert Signature.of(Command).names == ("to",)
    assert Signature.of(Command).result_type is bool
    assert Signature.of(CommandWithContext, takes_context=True).names == ("to",)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (gather, r"\*rows has no fixed names; take a list"),
        (gather_named, r"\*\*rows has no fixed names; take a dict"),
        (by_place, "a is positional-only"),
        (unknown, "annotation of a cannot be resolved: name 'Nowhere' is not defined"),
        (numbers, "generator"),
        (numbers_later, "generator"),
        (functools.partial(send, "a"), "partial"),
        (Callable(), "no Python function"),
        (Callable().method, "bound to an object"),
        (len, "no Python function"),
        (NoCommand, r"needs a method run\(self"),
        (lambda: 1, r"give name=\.\.\."),
    ],
)
def test_what_cannot_be_a_handler_is_refused_with_the_reason(target, said):
    with pytest.raises(HandlerRefused, match=said):
        Signature.of(target)


def test_a_nested_function_is_welcome_once_it_is_named():
    def nested(a: int): ...

    with pytest.raises(HandlerRefused, match="defined inside a function"):
        Signature.of(nested)
    assert Signature.of(nested, handler="mine", named=True).handler == "mine"
    assert Signature.of(lambda a: a, named=True).names == ("a",)


def test_a_handler_without_room_for_its_context_is_refused():
    with pytest.raises(HandlerRefused, match="no first parameter for the Context"):
        Signature.of(nothing, takes_context=True)


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((), {}, "send() missing 2 required arguments: 'to', 'subject'"),
        (("a",), {}, "send() missing 1 required argument: 'subject'"),
        (("a",), {"subjct": "b"}, "send() got an unexpected argument 'subjct'; did you mean 'subject'?"),
        (("a",), {"x": 1}, "send() got an unexpected argument 'x'; its arguments are: to, subject, body, urgent"),
        (("a", "b"), {"to": "c"}, "send() got multiple values for argument 'to'"),
        (("a", "b", "c", True), {}, "send() takes from 2 to 3 positional arguments but 4 were given"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_pythons_words(args, kwargs, said):
    with pytest.raises(ArgumentsInvalid) as caught:
        Signature.of(send).bind(args, kwargs)
    assert said == str(caught.value)
    assert isinstance(caught.value, TypeError)


def test_a_function_without_parameters_takes_nothing():
    assert Signature.of(nothing).bind((), {}) == {}
    with pytest.raises(ArgumentsInvalid, match=r"takes 0 positional arguments but 1 was given"):
        Signature.of(nothing).bind((1,), {})
    with pytest.raises(ArgumentsInvalid, match="its arguments are: none"):
        Signature.of(nothing).bind((), {"a": 1})


FUNCTIONS = [send, bare, nothing]


@given(
    st.sampled_from(FUNCTIONS),
    st.lists(st.integers(), max_size=5).map(tuple),
    st.dictionaries(st.sampled_from(["to", "subject", "body", "urgent", "a", "b", "zz"]), st.integers()),
)
def test_binding_agrees_with_python(function, args, kwargs):
    try:
        expected = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        with pytest.raises(ArgumentsInvalid):
            Signature.of(function).bind(args, kwargs)
    else:
        bound = Signature.of(function).bind(args, kwargs)
        assert list(expected.items()) == list(bound.items())


def test_all_arguments_by_name_are_bound_in_the_signatures_order():
    bound = Signature.of(send).bind((), {"urgent": True, "body": "c", "subject": "b", "to": "a"})
    assert list(bound.items()) == [("to", "a"), ("subject", "b"), ("body", "c"), ("urgent", True)]


def test_binding_does_not_touch_the_callers_dict():
    given_by_caller = {"subject": "b"}
    Signature.of(send).bind(("a",), given_by_caller)
    assert given_by_caller == {"subject": "b"}


def test_too_many_parameters_are_refused():
    def many(): ...

    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    many.__signature__ = inspect.Signature([inspect.Parameter(f"a{n}", keyword) for n in range(101)])
    with pytest.raises(HandlerRefused, match="it has 101 parameters, the limit is 100"):
        Signature.of(many, named=True)


def test_a_signature_that_lies_is_refused():
    def lying(): ...

    lying.__signature__ = "no signature"
    with pytest.raises(HandlerRefused, match="its signature cannot be read"):
        Signature.of(lying, named=True)
