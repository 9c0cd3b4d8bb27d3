"""A callback as it is stored, and the job that it becomes."""

import msgspec
import pytest

from headway.model.callback import NewCallback, as_text, read_callback, with_argument
from headway.model.claim import NewJob

JOB = NewJob(ref_id="", name="tell", payload='{"subject":"all up"}', queue="mail", retries=5)


def test_it_comes_back_as_it_was():
    callback = NewCallback(job=JOB, argument="found")
    assert read_callback(as_text(callback)) == callback


def test_the_job_that_it_becomes_has_the_result_and_says_whose_it_is():
    made = NewCallback(job=JOB, argument="found").with_result("callback-7-1", 7, '{"a":true}')
    assert msgspec.json.decode(made.payload) == {"subject": "all up", "found": {"a": True}}
    assert (made.ref_id, made.callback_of, made.parent_id, made.queue, made.retries) == (
        "callback-7-1",
        7,
        7,
        "mail",
        5,
    )


def test_it_has_no_unique_key():
    unique = msgspec.structs.replace(JOB, unique_key="one", unique_for_us=5)
    made = NewCallback(job=unique).with_result("r", 7, "1")
    assert (made.unique_key, made.unique_for_us) == (None, None)


def test_without_an_argument_it_is_given_nothing():
    assert NewCallback(job=JOB).with_result("r", 7, "1").payload == JOB.payload


@pytest.mark.parametrize("value", ["1" * 5000, '"\\u0000"', "[[[[1]]]]", "1e400"])
def test_what_it_is_given_stands_there_as_it_was_written(value):
    assert with_argument('{"a":1}', "b", value) == f'{{"a":1,"b":{value}}}'


def test_no_result_is_null():
    assert with_argument("{}", "b", None) == '{"b":null}'
