"""Settings: where each comes from, which wins, and what a misspelling is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import ConfigInvalid, Jobs, OptionInvalid, OptionUnknown
from headway.client.settings import load_settings


def write(folder: Path, text: str, name: str = "pyproject.toml") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings({}, {}, tmp_path)
    assert (settings.app, settings.default_retries, settings.default_timeout) == ("default", 2, timedelta(minutes=10))
    assert (settings.default_queue, settings.durability, settings.url) == ("default", "full", None)


def test_argument_beats_variable_beats_file_beats_default(tmp_path: Path) -> None:
    write(tmp_path, "[tool.headway]\ndefault_retries = 3\napp = 'file'\ndefault_queue = 'file'\n")
    environ = {"HEADWAY_DEFAULT_RETRIES": "4", "HEADWAY_APP": "variable"}
    settings = load_settings({"default_retries": 5}, environ, tmp_path)
    assert (settings.default_retries, settings.app, settings.default_queue) == (5, "variable", "file")


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    assert load_settings({}, {"HEADWAY_APP": ""}, tmp_path).app == "default"


def test_the_nearest_file_upward_is_read_and_headway_toml_needs_no_table(tmp_path: Path) -> None:
    write(tmp_path, "[tool.headway]\napp = 'outer'\n")
    write(tmp_path / "a", "app = 'inner'\ndefault_timeout = '90s'\n", "headway.toml")
    below = tmp_path / "a" / "b"
    below.mkdir()
    settings = load_settings({}, {}, below)
    assert (settings.app, settings.default_timeout) == ("inner", timedelta(seconds=90))


def test_a_relative_place_in_a_file_is_relative_to_the_file(tmp_path: Path) -> None:
    write(tmp_path, "[tool.headway]\nurl = 'data/jobs'\n")
    below = tmp_path / "below"
    below.mkdir()
    assert load_settings({}, {}, below).url == str(tmp_path / "data/jobs")
    write(tmp_path, "[tool.headway]\nurl = 'sqlite:///shop.db'\n")
    assert load_settings({}, {}, below).url == f"sqlite:///{tmp_path}/shop.db"
    assert load_settings({}, {"HEADWAY_URL": "elsewhere"}, below).url == "elsewhere"


def test_the_workers_own_settings_are_left_to_it(tmp_path: Path) -> None:
    write(tmp_path, "[tool.headway.worker]\nconcurrency = 5\n")
    settings = load_settings({}, {"HEADWAY_WORKER_CONCURRENCY": "x", "HEADWAY_DEMO_HOME": "y"}, tmp_path)
    assert dict(settings.worker) == {"concurrency": 5}


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("30s", 30), ("1.5 m", 90), ("2h", 7200), ("1d", 86400), ("500ms", 0.5)]
)
def test_durations_have_units(tmp_path: Path, text: str, seconds: float) -> None:
    assert load_settings({}, {"HEADWAY_DEFAULT_TIMEOUT": text}, tmp_path).default_timeout == timedelta(seconds=seconds)


def test_no_time_limit_is_called_none(tmp_path: Path) -> None:
    assert load_settings({}, {"HEADWAY_DEFAULT_TIMEOUT": "none"}, tmp_path).default_timeout is None
    assert load_settings({"default_timeout": None}, {}, tmp_path).default_timeout is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_RETRIES", "many"),
        ("DEFAULT_RETRIES", "-1"),
        ("DEFAULT_TIMEOUT", "soon"),
        ("DEFAULT_TIMEOUT", "nan"),
        ("DEFAULT_TIMEOUT", "-5s"),
        ("DEFAULT_TIMEOUT", "99999999d"),
        ("PAYLOAD_MAX_BYTES", "0"),
        ("PAYLOAD_MAX_BYTES", "1e3"),
        ("DURABILITY", "maybe"),
        ("MIGRATE", "never"),
        ("APP", " "),
    ],
)
def test_a_wrong_value_names_the_setting_and_where_it_is_from(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"{name.lower()} .from the variable HEADWAY_{name}"):
        load_settings({}, {f"HEADWAY_{name}": value}, tmp_path)


@pytest.mark.parametrize("text", ["default_retries = '3x'", "payload_max_bytes = true", "app = 5", "url = 5"])
def test_a_wrong_value_in_a_file_names_the_file(tmp_path: Path, text: str) -> None:
    write(tmp_path, f"[tool.headway]\n{text}\n")
    with pytest.raises(ConfigInvalid, match=r"pyproject\.toml"):
        load_settings({}, {}, tmp_path)


@pytest.mark.parametrize("text", ["[tool.headway", "[tool]\nheadway = 5", "[tool.headway]\nworker = 5"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigInvalid, match=r"pyproject\.toml"):
        load_settings({}, {}, tmp_path)


def test_an_unknown_key_in_a_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "[tool.headway]\ndefault_retrys = 3\n")
    with pytest.raises(ConfigInvalid, match="did you mean 'default_retries'"):
        load_settings({}, {}, tmp_path)


def test_a_misspelt_variable_names_the_nearest_and_a_strange_one_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="did you mean 'HEADWAY_DEFAULT_RETRIES'"):
        load_settings({}, {"HEADWAY_DEFAULT_RETRYS": "3"}, tmp_path)
    assert load_settings({}, {"HEADWAY_ADMIN_TOKEN": "secret"}, tmp_path).app == "default"


def test_an_unknown_argument_names_the_nearest(tmp_path: Path) -> None:
    arguments: Any = {"default_retry": 3}
    with pytest.raises(OptionUnknown, match="did you mean 'default_retries'"):
        Jobs(tmp_path, **arguments)


def test_a_wrong_argument_says_what_fits(tmp_path: Path) -> None:
    with pytest.raises(OptionInvalid, match="'full', 'relaxed'"):
        Jobs(tmp_path, durability="maybe")  # type: ignore[arg-type]
    with pytest.raises(OptionInvalid, match="once"):
        Jobs(tmp_path, url="elsewhere")


def test_the_variable_says_where_the_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWAY_URL", str(tmp_path / "from-variable"))
    assert Jobs().place == str(tmp_path / "from-variable")
    assert Jobs(tmp_path / "given").place == str(tmp_path / "given")


@pytest.mark.parametrize(
    ("text", "answer"), [("no", False), ("False", False), ("0", False), ("yes", True), (" ON ", True)]
)
def test_a_variable_says_yes_or_no(tmp_path: Path, text: str, answer: bool) -> None:
    assert load_settings({}, {"HEADWAY_MIGRATE": text}, tmp_path).migrate is answer
    assert load_settings({"migrate": not answer}, {"HEADWAY_MIGRATE": text}, tmp_path).migrate is not answer


def test_a_file_says_true_or_false(tmp_path: Path) -> None:
    assert load_settings({}, {}, tmp_path).migrate is True
    write(tmp_path, "migrate = false\n", "headway.toml")
    assert load_settings({}, {}, tmp_path).migrate is False
