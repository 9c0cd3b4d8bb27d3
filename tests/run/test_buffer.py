"""The buffer of one attempt: bounded, in order, nothing twice."""

from __future__ import annotations

import threading

from headway.run.buffer import LINE_CHARS_MAX, LINES_HEAD_MAX, LINES_TAIL_MAX, Buffer


def buffer() -> Buffer:
    return Buffer(lambda: 5, None)


def test_a_flood_keeps_the_first_and_the_newest_lines_and_counts_the_others() -> None:
    one = buffer()
    for number in range(200_000):
        one.line(20, str(number))
    assert one.lines == LINES_HEAD_MAX + LINES_TAIL_MAX
    report = one.take(1, 2)
    assert report is not None
    kept = [int(line.text) for line in report.lines]
    assert kept == [*range(LINES_HEAD_MAX), *range(200_000 - LINES_TAIL_MAX, 200_000)]
    assert (report.id, report.epoch, report.skipped) == (1, 2, 200_000 - 1_000)
    assert one.take(1, 2) is None


def test_a_long_line_is_cut() -> None:
    one = buffer()
    one.line(20, "x" * 10_000_000)
    report = one.take(1, 1)
    assert report is not None
    assert (len(report.lines[0].text), report.lines[0].text.endswith("(cut)")) == (LINE_CHARS_MAX, True)


def test_what_no_store_takes_is_escaped() -> None:
    one = buffer()
    one.line(20, "a\0b\ud800c")
    one.status("\udfff")
    report = one.take(1, 1)
    assert report is not None
    assert (report.lines[0].text, report.status) == ("a\\x00b\\ud800c", "\\udfff")


def test_lines_of_many_threads_are_all_kept_within_the_limit() -> None:
    one = buffer()
    threads = [threading.Thread(target=lambda: [one.line(20, "x") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = one.take(1, 1)
    assert report is not None
    assert (len(report.lines), report.skipped) == (800, 0)
