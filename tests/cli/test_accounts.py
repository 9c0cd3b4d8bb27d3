"""Users and tokens of the built-in login, made and changed from the command line."""

import re

import pytest
from click.testing import CliRunner

from headway.cli.main import root

PASSWORD = "correct horse battery"
STDIN = f"{PASSWORD}\n"


@pytest.fixture
def typed(stage):
    """The command line, with something typed."""

    def run(*words, stdin=STDIN):
        made = CliRunner().invoke(root, [*words, "--store", str(stage.place)], input=stdin)
        return made.exit_code, made.stdout, made.stderr

    return run


def users(stage):
    return {one["name"]: one for one in stage.run("users", "list", "--json").json["users"]}


def tokens(stage):
    return {one["name"]: one for one in stage.run("tokens", "list", "--json").json["tokens"]}


def acts(stage):
    return [
        (row.act.kind, row.act.subject, row.act.subject_id, row.act.by)
        for row in stage.store.reader.call(stage.store.reader.acts())
    ]


def test_a_user_is_made_shown_changed_and_removed(stage, typed):
    assert typed("users", "add", "ann", "--password-stdin", "--by", "root") == (0, "ann may see everything\n", "")
    assert users(stage)["ann"]["permissions"] == ["BackgroundJobs.ViewJobs"]
    assert users(stage)["ann"]["has_password"] is True
    assert typed("users", "permissions", "ann", "manage", "--by", "root")[0] == 0
    assert users(stage)["ann"]["permissions"] == ["BackgroundJobs.ManageJobs", "BackgroundJobs.ViewJobs"]
    assert "ann   manage  -       by password" in stage.run("users", "list").out
    assert typed("users", "password", "ann", "--password-stdin", "--by", "root", stdin="another password\n")[0] == 0
    assert typed("users", "disable", "ann", "--by", "root")[0] == 0
    assert users(stage)["ann"]["disabled_at"] is not None
    assert typed("users", "enable", "ann", "--by", "root")[0] == 0
    assert typed("users", "remove", "ann", "--by", "root") == (0, "ann is removed\n", "")
    assert users(stage) == {}
    kinds = ["remove", "enable", "disable", "password", "permissions", "add"]
    assert acts(stage) == [(kind, "user", "ann", "root") for kind in kinds]


def test_a_user_and_a_token_may_be_of_one_tenant(stage, typed):
    assert typed("users", "add", "ann", "--no-password", "--tenant", "acme")[0] == 0
    assert typed("tokens", "add", "ci", "--tenant", "acme")[0] == 0
    assert users(stage)["ann"]["tenant"] == tokens(stage)["ci"]["tenant"] == "acme"
    assert typed("users", "add", "bob", "--no-password", "--tenant", " acme")[0] != 0
    assert "bob" not in users(stage)


def test_a_user_without_a_password_signs_in_by_a_link(stage, typed):
    assert typed("users", "add", "eve", "--no-password", "--may", "manage")[0] == 0
    assert users(stage)["eve"]["has_password"] is False
    code, link, _ = typed("users", "link", "eve", "--at", "https://jobs.example/admin/")
    assert code == 0
    assert re.fullmatch(r"https://jobs\.example/admin/sign-in/link\?token=hwl_[A-Za-z0-9_-]{43}\n", link)
    assert tokens(stage)["sign-in:eve"]["state"] == "valid"


@pytest.mark.parametrize("words", [("permissions", "bob", "view"), ("password", "bob", "--password-stdin"), ("link", "bob"),
                                   ("disable", "bob"), ("enable", "bob"), ("remove", "bob")])  # fmt: skip
def test_a_user_who_is_not_there_is_said_to_be_missing(stage, typed, words):
    code, out, err = typed("users", *words)
    assert (code, out) == (1, "")
    assert "there is no user 'bob'" in err
    assert acts(stage) == []


def test_a_user_is_made_once(stage, typed):
    typed("users", "add", "ann", "--password-stdin")
    code, _, err = typed("users", "add", "ann", "--password-stdin")
    assert code == 1
    assert "there is a user 'ann' already" in err


@pytest.mark.parametrize("password", ["", "short\n", "\n", "a\x00b" * 5 + "\n"])
def test_a_password_that_is_too_short_or_strange_is_refused(stage, typed, password):
    code, _, err = typed("users", "add", "ann", "--password-stdin", stdin=password)
    assert code == 2
    assert "password" in err
    assert users(stage) == {}


def test_a_password_is_no_argument_and_is_not_read_unasked(stage, typed):
    assert typed("users", "add", "ann", "--password", PASSWORD)[0] == 2
    code, _, err = typed("users", "add", "ann")
    assert code == 2
    assert "--password-stdin" in err


def test_a_password_is_nowhere_to_be_seen(stage, typed):
    said = typed("users", "add", "ann", "--password-stdin")
    listed = stage.run("users", "list", "--json")
    assert PASSWORD not in str(said) + listed.out
    assert "argon2" not in listed.out


def test_a_token_is_printed_once_and_kept_as_a_digest(stage, typed):
    code, token, note = typed(
        "tokens", "add", "ci", "--may", "manage", "--for-app", "shop", "--lives", "30d", "--by", "root"
    )
    assert code == 0
    assert re.fullmatch(r"hw_[A-Za-z0-9_-]{43}\n", token)
    assert "not shown again" in note
    kept = tokens(stage)["ci"]
    assert (kept["apps"], kept["kind"], kept["state"], kept["created_by"]) == (["shop"], "bearer", "valid", "root")
    assert kept["expires_at"] is not None
    assert token.strip() not in stage.run("tokens", "list").out
    assert acts(stage) == [("add", "token", "ci", "root")]


def test_a_token_may_last_until_it_is_revoked(stage, typed):
    typed("tokens", "add", "ci", "--lives", "none")
    assert tokens(stage)["ci"]["expires_at"] is None
    assert "never" in stage.run("tokens", "list").out
    assert typed("tokens", "revoke", "ci") == (0, "ci is revoked\n", "")
    assert tokens(stage)["ci"]["state"] == "revoked"
    assert typed("tokens", "revoke", "ci")[0] == 1


def test_with_json_each_answers_in_a_document(stage):
    place = ("--store", stage.place, "--json")
    assert stage.run("users", "add", "ann", "--no-password", *place[2:]).json == {"user": "ann", "done": True}
    assert stage.run("users", "disable", "ann", "--json").json == {"user": "ann", "done": True}
    assert set(stage.run("users", "link", "ann", "--json").json) == {"user", "link", "token"}
    assert set(stage.run("tokens", "add", "ci", "--json").json) == {"name", "token"}
    assert stage.run("tokens", "revoke", "ci", "--json").json == {"name": "ci", "done": True}
