"""Reference ids."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.clock import SystemClock
from headway.model.errors import NameInvalid
from headway.model.ids import POOL_SIZE, RefIds, check_ref_id, new_ref_id, uuid7

moments = st.integers(0, (1 << 48) * 1000 - 1)
randoms = st.binary(min_size=8, max_size=8)


@given(moments, randoms)
def test_it_is_a_version_7_uuid_of_its_millisecond(now_us, random):
    parsed = uuid.UUID(uuid7(now_us, random))
    assert str(parsed) == uuid7(now_us, random)
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert now_us // 1000 == parsed.int >> 80


@given(moments, moments, randoms, randoms)
def test_ids_sort_by_time_to_the_microsecond(one, other, random_one, random_other):
    if one < other:
        assert uuid7(one, random_one) < uuid7(other, random_other)


@given(randoms)
def test_62_random_bits_are_kept(random):
    kept = int.from_bytes(random, "big") & ((1 << 60) - 1)
    assert kept == uuid.UUID(uuid7(0, random)).int & ((1 << 60) - 1)
    assert random[0] >> 4 & 3 == uuid.UUID(uuid7(0, random)).int >> 60 & 3


def test_new_ids_differ():
    clock = SystemClock()
    assert len({new_ref_id(clock) for _ in range(1000)}) == 1000


def test_ids_made_by_the_thousand_are_in_order_of_time_and_shaped_like_any_other():
    ref_ids = RefIds(SystemClock())
    made = [ref_ids.new() for _ in range(3 * POOL_SIZE)]
    assert len(set(made)) == len(made)
    assert [one[:18] for one in made] == sorted(one[:18] for one in made)
    assert {uuid.UUID(one).version for one in made} == {7}


def test_two_threads_never_get_the_same_randomness():
    ref_ids = RefIds(SystemClock())
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [ref_ids.new()[18:] for _ in range(2000)], range(8)))
    assert len({tail for part in made for tail in part}) == 16_000


def test_a_forked_process_draws_randomness_of_its_own():
    ref_ids = RefIds(SystemClock())
    ref_ids.new()
    receiving, sending = os.pipe()
    if (pid := os.fork()) == 0:
        os.write(sending, ref_ids.new()[18:].encode())
        os._exit(0)
    theirs = os.read(receiving, 100).decode()
    os.waitpid(pid, 0)
    os.close(receiving)
    os.close(sending)
    assert theirs not in {ref_ids.new()[18:] for _ in range(POOL_SIZE)}


@pytest.mark.parametrize(
    "text", ["welcome-17", "a", "x" * 200, "Bestellung Ä 7", "7-7", "01a201ac-8552-7133-b320-a13b7f655157"]
)
def test_ordinary_words_are_reference_ids(text):
    assert text == check_ref_id(text)


@pytest.mark.parametrize("text", ["17", "-17", "+4", "1_000", "٣"])
def test_an_integer_is_refused_because_it_is_a_job_id(text):
    with pytest.raises(NameInvalid, match=r"looks like a job id; write 'job-"):
        check_ref_id(text)


@pytest.mark.parametrize("text", ["", " a", "a\n", "a\0b", "\ud800", "x" * 201])
def test_empty_long_and_unprintable_ones_are_refused(text):
    with pytest.raises(NameInvalid):
        check_ref_id(text)
