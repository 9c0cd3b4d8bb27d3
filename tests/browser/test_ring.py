"""The ring itself: it sees what it is there to see."""

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.browser import chromium
from tests.browser.judging import axe, first_load_bytes, grave_violations, overflow
from tests.browser.pictures import SHAPES, take
from tests.browser.served import served
from tests.browser.watch import Watch

POLICY = {"Content-Security-Policy": "default-src 'none'; script-src 'self'"}
SCRIPTS = {
    "error": "console.error('it went wrong')",
    "throws": "throw new Error('it went wrong')",
    "alert": "alert('it went wrong')",
    "foreign": "fetch('http://localhost:1/it-went-wrong').catch(() => {})",
    "broken": "fetch('/broken')",
    "fine": "document.title = 'fine'",
}


async def show(request: Request) -> HTMLResponse:
    """A page with one script of these."""
    name = request.path_params["name"]
    body = f"<!doctype html><html lang=en><meta name=viewport content=width=device-width><title>{name}</title><main><h1>Hello</h1><script src=/{name}.js></script></main>"
    return HTMLResponse(body)


async def script(request: Request) -> PlainTextResponse:
    return PlainTextResponse(SCRIPTS[request.path_params["name"]], media_type="text/javascript")


async def inline(_: Request) -> HTMLResponse:
    body = (
        "<!doctype html><html lang=en><title>a</title><main><h1>Hello</h1><script>document.title = 'b'</script></main>"
    )
    return HTMLResponse(body, headers=POLICY)


async def bad(_: Request) -> HTMLResponse:
    body = "<!doctype html><title>a</title><img src='data:,'><div style='width: 3000px'>wide</div>"
    return HTMLResponse(body)


async def broken(_: Request) -> PlainTextResponse:
    return PlainTextResponse("no", 500)


async def no_icon(_: Request) -> Response:
    """Browsers ask for one, sooner or later."""
    return Response(status_code=204)


@pytest.fixture(scope="module")
def address():
    routes = [
        Route("/show/{name}", show),
        Route("/{name}.js", script),
        Route("/inline", inline),
        Route("/bad", bad),
        Route("/broken", broken),
        Route("/favicon.ico", no_icon),
    ]
    with served(Starlette(routes=routes)) as address:
        yield address


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("error", "console error: it went wrong"),
        ("throws", "script error: it went wrong"),
        ("alert", "dialog: it went wrong"),
        ("foreign", "request to another host: http://localhost:1/"),
        ("broken", "answer 500: GET "),
    ],
)
def test_what_no_page_may_do_is_seen(page: Page, watch: Watch, address: str, name: str, sign: str) -> None:
    watch.expect(".")
    page.goto(f"{address}/show/{name}")
    page.wait_for_load_state("networkidle")

    assert [one for one in watch.problems if one.startswith(sign)], watch.problems


def test_a_breach_of_the_content_security_policy_is_seen(page: Page, watch: Watch, address: str) -> None:
    watch.expect("policy breach: script-src|Content Security Policy")
    page.goto(f"{address}/inline")

    assert page.title() == "a"
    assert [one for one in watch.problems if "policy breach: script-src" in one], watch.problems


def test_a_page_that_does_nothing_wrong_passes(page: Page, watch: Watch, address: str) -> None:
    page.goto(f"{address}/show/fine")
    axe(page)

    assert page.title() == "fine"
    assert watch.paths() == ["/show/fine", "/fine.js"]
    assert overflow(page) == 0
    assert 0 < first_load_bytes(page) < 5000


def test_axe_finds_what_nobody_can_read(page: Page, address: str) -> None:
    page.goto(f"{address}/bad")

    found = grave_violations(page)

    assert [one for one in found if one.startswith("critical: image-alt")]
    assert [one for one in found if one.startswith("serious: html-has-lang")]
    assert overflow(page) > 1000


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_pictures_are_taken_in_every_shape(page: Page, address: str, shape, tmp_path) -> None:
    page.goto(f"{address}/show/fine")

    file = take(page, tmp_path / "pictures", shape.name)

    assert file.read_bytes().startswith(b"\x89PNG")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (shape.scheme == "dark")
    assert page.evaluate("innerWidth") == shape.width


@pytest.mark.parametrize("java_script", [False])
def test_a_page_can_be_looked_at_without_scripts(page: Page, address: str) -> None:
    page.goto(f"{address}/show/fine")

    assert page.get_by_role("heading").inner_text() == "Hello"


def test_only_root_gives_up_the_sandbox() -> None:
    assert "--no-sandbox" in chromium.arguments(is_root=True)
    assert "--no-sandbox" not in chromium.arguments(is_root=False)


def test_without_a_browser_the_run_says_how_to_get_one(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(chromium.CHOSEN, raising=False)

    with pytest.raises(chromium.BrowserMissing, match="make test-browser"):
        chromium.find("/nowhere/chrome")
