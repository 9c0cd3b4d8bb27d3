from pathlib import Path

import pytest

from headway.demo.home import DEFAULT_HOME, HOME_VARIABLE, Home, demo_home, write_whole


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(folder=tmp_path / "demo")


def test_the_run_is_the_same_until_it_is_finished(home: Home):
    run = home.current_run("3.11")

    assert home.current_run("3.11") == Home(folder=home.folder).current_run("3.11") == run
    assert run.folder.is_dir()


def test_the_next_run_has_another_number_and_another_folder(home: Home):
    first = home.current_run("3.11")
    home.finish()

    second = home.current_run("3.11")

    assert (first.id, second.id) == ("0001", "0002")
    assert first.folder != second.folder


def test_a_run_over_another_library_is_another_run(home: Home):
    old = home.current_run("The library of 3.11 (/a b)")
    new = home.current_run("The library of 3.12 (/a b)")

    assert old.id != new.id
    assert home.current_run("The library of 3.12 (/a b)") == new


def test_finishing_twice_is_finishing_once(home: Home):
    home.current_run("3.11")
    home.finish()
    home.finish()

    assert home.current_run("3.11").id == "0002"


def test_other_things_in_the_folder_do_not_disturb_the_numbers(home: Home):
    (home.runs / "notes").mkdir(parents=True)
    (home.runs / "0041").mkdir()

    assert home.current_run("3.11").id == "0042"


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    assert demo_home({HOME_VARIABLE: str(tmp_path / "x")}).folder == tmp_path / "x"
    assert demo_home({}).folder == tmp_path / DEFAULT_HOME


def test_a_file_is_replaced_whole_and_letter_by_letter(tmp_path: Path):
    file = tmp_path / "f.csv"
    write_whole(file, "old")
    write_whole(file, "a\nb\r\nc\u00e9")

    assert file.read_bytes() == b"a\nb\r\nc\xc3\xa9"
    assert list(tmp_path.iterdir()) == [file]
