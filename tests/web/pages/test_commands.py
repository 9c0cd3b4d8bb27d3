"""What can be run: listed, told, tried."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.testing import World
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, stats, words


@pytest.fixture
def send(jobs: Jobs):
    @jobs.job(name="shop:send", queue="mail", retries=4, timeout=timedelta(minutes=3), redact=["password"])
    def send(to: str, copies: int = 1, password: str = "") -> str:
        """Send a letter.

        With copies.
        """
        if copies > 100:
            raise ValueError("too many")
        return f"{copies} to {to}"

    return send


def arguments(**given: str) -> dict[str, str]:
    return {"name": "shop:send"} | {f"argument.{name}": value for name, value in given.items()}


def jobs_of(jobs: Jobs) -> int:
    return sum(jobs.counts().values())


def test_every_handler_is_listed_with_how_it_went(jobs: Jobs, send, world: World, vic: TestClient) -> None:
    jobs.job(name="other", retries=0)(lambda: None)
    send.enqueue("ann")
    send.using(retries=0).enqueue("bob", 101)
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    found = {row["Handler"]: row for row in rows(part(vic.get("commands").text, "commands"))}
    assert set(found) == {"other", "shop:send Send a letter."}
    line = found["shop:send Send a letter."]
    assert (line["Queue"], line["Ended"], line["Failed"]) == ("mail", "2", "1 (50 %)")
    assert found["other"]["Ended"] == "0"


def test_a_name_that_only_the_store_has_is_listed_and_cannot_be_run(jobs: Jobs, world: World, ann: TestClient) -> None:
    old = jobs.job(name="old")(lambda: None)
    old.enqueue()
    jobs.registry._handlers.pop("old")
    jobs.registry._by_name.pop("old")
    assert "old" in words(part(ann.get("commands").text, "commands"))
    page = ann.get("command?name=old").text
    assert "The code of this handler is not here" in page
    assert forms(page) == []
    assert ann.post("command", data={"name": "old"}).status_code == 404


def test_one_is_told_with_its_rules_latest_jobs_and_times(jobs: Jobs, send, world: World, vic: TestClient) -> None:
    send.enqueue("ann")
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    page = vic.get("command?name=shop:send").text
    said = words(page)
    for text in ("Queue mail", "Retries 4", "Time-out 3 min", "Secret password", "Runs in a thread"):
        assert text in said
    assert stats(part(page, "sums"))["Ended in 24 hours"] == "1"
    assert [row["Job"] for row in rows(part(page, "latest"))] == ["shop:send 1"]
    assert "1 run" in words(part(page, "times"))
    assert forms(page) == []
    assert vic.get("command?name=nothing").status_code == 404
    assert vic.get("command").status_code == 404


class TestTryIt:
    def test_what_is_filled_in_is_enqueued_and_shown_with_its_result(
        self, jobs: Jobs, send, world: World, ann: TestClient
    ) -> None:
        sent = arguments(to="ann", copies="2") | {"queue": "slow", "delay": "2min", "priority": "high"}
        answer = ann.post("command", data=sent)
        assert str(answer.url).endswith("/jobs/1")
        assert "Job 1 is enqueued." in words(answer.text)
        row = jobs.get(1).status()
        assert row.state is State.SCHEDULED
        stored = jobs.store.reader.call(jobs.store.reader.job(1))
        assert stored is not None
        assert (stored.queue, stored.priority, stored.created_by) == ("slow", 10, "ann")
        world.drain(world.clock.now() + timedelta(minutes=2))
        assert jobs.get(1).result() == "2 to ann"
        assert "2 to ann" in ann.get("jobs/1").text

    def test_arguments_may_be_pasted_as_json(self, jobs: Jobs, send, world: World, ann: TestClient) -> None:
        answer = ann.post("command", data={"name": "shop:send", "mode": "json", "raw": '{"to": "bob"}'})
        assert str(answer.url).endswith("/jobs/1")
        world.drain()
        assert jobs.get(1).result() == "1 to bob"

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            ("{", "it is no JSON"),
            ("[1]", "must be an object"),
            ('{"to": 3}', "argument to: expected `str`, got `int`"),
            ('{"too": "x"}', "did you mean 'to'?"),
        ],
    )
    def test_bad_json_is_shown_with_its_error_and_stores_nothing(
        self, jobs: Jobs, send, ann: TestClient, raw: str, said: str
    ) -> None:
        answer = ann.post("command", data={"name": "shop:send", "mode": "json", "raw": raw})
        assert answer.status_code == 422
        assert said in words(answer.text)
        assert raw in words(answer.text)
        assert jobs_of(jobs) == 0

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"to": "ann", "copies": "two"}, "'two' is not a whole number"),
            ({"to": "ann", "copies": "1.5"}, "'1.5' is not a whole number"),
        ],
    )
    def test_what_does_not_fit_is_told_beside_its_field_and_stores_nothing(
        self, jobs: Jobs, send, ann: TestClient, given: dict[str, str], said: str
    ) -> None:
        answer = ann.post("command", data=arguments(**given))
        assert answer.status_code == 422
        field = answer.text[answer.text.index('name="argument.copies"') :]
        assert 'aria-invalid="true"' in field[:100]
        assert said in words(field[:600])
        assert 'value="ann"' in answer.text
        assert jobs_of(jobs) == 0

    @pytest.mark.parametrize(
        ("option", "value", "said"),
        [("delay", "soon", "is not a duration"), ("priority", "9999", "priority"), ("queue", "\x00", "queue")],
    )
    def test_an_option_that_cannot_be_is_refused(
        self, jobs: Jobs, send, ann: TestClient, option: str, value: str, said: str
    ) -> None:
        answer = ann.post("command", data=arguments(to="ann") | {option: value})
        assert answer.status_code == 422
        assert said in words(part(answer.text, "try"))
        assert jobs_of(jobs) == 0

    def test_a_secret_is_typed_hidden_and_not_shown_again(self, jobs: Jobs, send, ann: TestClient) -> None:
        answer = ann.post("command", data=arguments(to="ann", copies="x", password="hush-hush"))
        assert 'type="password"' in answer.text
        assert "hush-hush" not in answer.text

    def test_who_may_only_look_runs_nothing(self, jobs: Jobs, send, world: World, site: Site) -> None:
        for client in (site("vic"), site("ann", readonly=True)):
            assert client.post("command", data=arguments(to="ann")).status_code == 403
            assert forms(client.get("command?name=shop:send").text) == []
        assert jobs_of(jobs) == 0


def test_hostile_names_and_defaults_are_shown_as_text(jobs: Jobs, world: World, ann: TestClient) -> None:
    name = "<script>alert(1)</script>/../?x#\"'"

    @jobs.job(name=name)
    def hostile(text: str = "<img src=x onerror=alert(1)>") -> None:
        """<b>Bold</b> words."""

    assert "<script>alert" not in ann.get("commands").text
    page = ann.get("command", params={"name": name})
    assert page.status_code == 200
    assert "<img" not in page.text
    assert "<script>alert" not in page.text
    assert "<b>Bold" not in page.text
    assert str(ann.post("command", data={"name": name}).url).endswith("/jobs/1")


def test_a_console_over_a_bare_store_says_so(world: World, vic: TestClient) -> None:
    page = words(vic.get("commands").text)
    assert "The code is not here." in page
    assert "Nothing can be run yet" in page
