"""A change that a page of another site asks for is not made, whatever the method and however it is asked for."""

import pytest
from starlette.requests import Request

from headway.web import guard
from headway.web.problems import CrossSite
from tests.web.asking import request

MARK = ("X-Requested-With", "test")
JSON = ("Content-Type", "application/json")


def checked(headers, *, wants_header=False, **given):
    guard.check_origin(Request(request("POST", "/x", headers=headers, **given)), wants_header=wants_header)


OWN = [
    ([("Sec-Fetch-Site", "same-origin")], {}),
    ([("Sec-Fetch-Site", "same-origin"), ("Origin", "http://jobs.example")], {}),
    ([("Sec-Fetch-Site", "same-origin"), ("Origin", "https://outside.example")], {}),  # a proxy that changes the host
    ([("Sec-Fetch-Site", "same-origin"), ("Origin", "null")], {}),  # a site that lets no referrer out
    ([("Origin", "http://jobs.example")], {}),
    ([("Origin", "HTTP://Jobs.Example")], {}),
    ([("Origin", "https://jobs.example")], {}),  # a proxy takes https off
    ([("Origin", "https://jobs.example")], {"scheme": "https", "host": "jobs.example:443"}),
    ([("Origin", "https://jobs.example:8443")], {"scheme": "https", "host": "jobs.example:8443"}),
    ([("Origin", "http://[::1]:8000")], {"host": "[::1]:8000"}),
]
FOREIGN = [
    ([("Sec-Fetch-Site", "cross-site")], {}),
    ([("Sec-Fetch-Site", "same-site")], {}),
    ([("Sec-Fetch-Site", "none")], {}),
    ([("Sec-Fetch-Site", "")], {}),
    ([("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], {}),
    ([("Sec-Fetch-Site", "cross-site"), ("Origin", "http://jobs.example")], {}),
    ([("Origin", "https://evil.example")], {}),
    ([("Origin", "null")], {}),
    ([("Origin", "")], {}),
    ([("Origin", "jobs.example")], {}),
    ([("Origin", "http://jobs.example"), ("Origin", "http://evil.example")], {}),
    ([("Origin", "http://evil.example"), ("Origin", "http://jobs.example")], {}),
    ([("Origin", "http://jobs.example:8000")], {}),
    ([("Origin", "http://jobs.example")], {"host": "jobs.example:8000"}),
    ([("Origin", "http://jobs.example")], {"scheme": "https"}),
    ([("Origin", "http://jobs.example.evil.example")], {}),
    ([("Origin", "http://evil.example/jobs.example")], {}),
    ([("Origin", "http://evil.example@jobs.example")], {}),
    ([("Origin", "http://jobs.example@evil.example")], {}),
    ([("Origin", "ftp://jobs.example")], {}),
    ([("Origin", "chrome-extension://jobs.example")], {}),
    ([("Origin", "http://jobs.example"), ("X-Forwarded-Host", "x")], {"host": "other.example"}),
    ([("Origin", "http://evil.example"), ("X-Forwarded-Host", "evil.example")], {}),
    ([("Origin", "http://jobs.example")], {"host": None}),
]


@pytest.mark.parametrize(("headers", "given"), OWN)
@pytest.mark.parametrize("wants_header", [True, False], ids=["api", "page"])
def test_what_our_own_page_asks_for_is_done(headers, given, wants_header):
    checked([*headers, MARK] if wants_header else headers, wants_header=wants_header, **given)


@pytest.mark.parametrize(("headers", "given"), FOREIGN)
@pytest.mark.parametrize(
    "extra", [(), (MARK,), (JSON,), (("Authorization", "Bearer x"),)], ids=["bare", "mark", "json", "bearer"]
)
@pytest.mark.parametrize("wants_header", [True, False], ids=["api", "page"])
def test_what_another_site_asks_for_is_not(headers, given, extra, wants_header):
    with pytest.raises(CrossSite):
        checked([*headers, *extra], wants_header=wants_header, **given)


def test_a_form_that_nobody_says_the_origin_of_is_not_taken():
    with pytest.raises(CrossSite, match="does not say"):
        checked([])


@pytest.mark.parametrize(
    "header", [MARK, JSON, ("Content-Type", "application/json; charset=utf-8"), ("Authorization", "Bearer hw_x")]
)
def test_a_program_asks_the_api_with_a_header_of_its_own(header):
    checked([header], wants_header=True)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "text/plain")],
        [("Content-Type", "application/x-www-form-urlencoded")],
        [("Content-Type", "multipart/form-data; boundary=application/json")],
        [("Content-Type", "text/plain;application/json")],
        [("Content-Type", "application/jsonp")],
        [("Content-Type", "text/plain"), ("Content-Type", "application/json")],
        [("Cookie", "headway=x")],
        [("Authorization", "Basic YW5uOng=")],  # a browser adds it by itself
        [("Authorization", "")],
    ],
)
def test_what_a_form_can_send_does_not_reach_the_api(headers):
    for more in ([], [("Sec-Fetch-Site", "same-origin")], [("Origin", "http://jobs.example")]):
        with pytest.raises(CrossSite, match="X-Requested-With"):
            checked([*headers, *more], wants_header=True)
