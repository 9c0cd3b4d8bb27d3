"""Addresses as results: what is one, what is refused, and how it travels."""

from __future__ import annotations

import pytest

from headway.model.jsontypes import can_travel
from headway.model.result_ref import ADDRESS_MAX_CHARS, SCHEMES, ResultRef, link_of
from headway.model.stored_result import NOT_STORABLE, ResultProblem, StoredResult, decode_result, encode_result


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/report.pdf",
        "https://example.org/a?b=c&d=%20#e",
        "HTTP://EXAMPLE.ORG",
        "gs://bucket/ä.csv",
        "az://container/blob",
        "file:///srv/reports/1.html",
        "https://[::1]:8080/",
    ],
)
def test_an_address_is_stored_as_its_text_and_comes_back_as_one(address: str) -> None:
    ref = ResultRef(address)
    assert (ref.problem, ref == address, link_of(address)) == (None, True, address)
    stored = encode_result(ref)
    assert isinstance(stored, StoredResult)
    assert stored.json == f'"{address}"'
    read = decode_result(stored.json, ResultRef)
    assert (type(read), read) == (ResultRef, ref)
    assert type(decode_result(stored.json, ResultRef | None)) is ResultRef
    assert type(decode_result(stored.json)) is str


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("javascript:alert(1)", "must begin with one of"),
        ("javascript://example.org/%0aalert(1)", "must begin with one of"),
        ("data:text/html,<script>", "must begin with one of"),
        ("vbscript://x", "must begin with one of"),
        ("//example.org", "must begin with one of"),
        ("report.pdf", "must begin with one of"),
        ("", "must begin with one of"),
        ("s3:bucket", "must begin with one of"),
        ("s3://", "nothing follows"),
        ("file:///", "nothing follows"),
        ("s3://bucket/a b", "spaces"),
        (" https://example.org", "spaces"),
        ("https://example.org/\x1b]8;;", "cannot be printed"),
        ("https://example.org/\n", "cannot be printed"),
        ("java\tscript://x", "cannot be printed"),
        ("https://example.org/\u202egpj.exe", "cannot be printed"),
        ("https://example.org/\ud800", "cannot be printed"),
        ("https://example.org/" + "a" * ADDRESS_MAX_CHARS, "2,020 characters, the limit is 2,000"),
    ],
)
def test_what_is_no_address_is_not_stored_and_says_why(address: str, words: str) -> None:
    ref = ResultRef(address)
    problem = encode_result(ref)
    assert isinstance(problem, ResultProblem)
    assert problem.code == NOT_STORABLE
    assert words in problem.reason
    assert problem.reason.isprintable()
    assert link_of(address) is None
    nested = encode_result({"parts": [ref]})
    assert isinstance(nested, ResultProblem)


def test_the_scheme_is_small_and_empty_where_there_is_none() -> None:
    assert [ResultRef(one).scheme for one in ("S3://a", "https://b", "c")] == ["s3", "https", ""]
    assert not {"javascript", "data", "vbscript"} & SCHEMES


def test_it_shows_what_it_is_and_is_no_other_type() -> None:
    assert repr(ResultRef("s3://a")) == "ResultRef('s3://a')"
    assert can_travel(ResultRef)
    assert [link_of(one) for one in (None, 5, ["s3://a"], {"a": "s3://a"})] == [None] * 4


def test_a_text_that_is_no_string_is_no_address() -> None:
    with pytest.raises(ValueError, match="Expected `ResultRef`, got `int`"):
        decode_result("5", ResultRef)
