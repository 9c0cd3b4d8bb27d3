"""Faults of the jobs' own code."""

from __future__ import annotations

from typing import Final

from faults.fault import Fault

BODIES: Final = "tests/faults/test_bodies.py::"
LOOP: Final = "tests/faults/test_loop.py::"
EMBEDDED: Final = "tests/faults/test_embedded.py::"

TABLE: Final = (
    Fault(
        "out of memory",
        "a limit on a child's address space (RLIMIT_AS)",
        "A failed try with its traceback; the child goes on.",
        (
            BODIES + "test_running_out_of_memory_is_a_failed_try_with_its_traceback",
            "tests/run/test_pool.py::test_memory_over_the_limit_is_a_failure_with_a_traceback",
        ),
    ),
    Fault(
        "death without an outcome",
        "a segmentation fault, `os.abort()`, `os._exit(0)` in a job",
        "A crash, never a success; the record names the signal or status, and the Python line where it can be known.",
        (
            BODIES + "test_a_process_that_ends_without_an_outcome_is_a_crash_that_says_how",
            "tests/run/test_pool.py::test_a_child_that_dies_is_a_crash_that_says_how",
        ),
    ),
    Fault(
        "exceptions that end programs",
        "SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError raised in a coroutine, a thread, a process",
        "A failed try; loop, thread and process go on.",
        (
            BODIES + "test_hostile_results_and_exceptions_end_their_own_job_and_nothing_else",
            "tests/run/test_host.py::test_whatever_a_body_raises_is_its_failure_and_the_host_lives",
        ),
    ),
    Fault(
        "blocked loop",
        "a coroutine sleeps for seconds without awaiting; a regular expression holds the interpreter for seconds",
        "The lease is kept; the log names the job (and its line, where only the loop is held); neighbours are late and repeat at most.",
        (
            LOOP + "test_a_blocked_loop_costs_no_lease_and_is_named_with_its_stack",
            LOOP + "test_a_held_interpreter_costs_no_lease_and_is_named",
            "tests/run/test_pipe.py::test_a_held_gil_is_timed_out_from_outside_and_its_host_killed",
        ),
    ),
    Fault(
        "held interpreter in an application",
        "the same regular expression in a worker inside an application's own process (`with Worker(jobs)`), longer than the lease",
        "The lease may be lost: the second run stands and the first result counts for nothing. Or the application's store has the writer lock at that moment: then every process waits until it goes on. One result stands. Compute in `headway worker` or with `run_in=\"process\"`.",
        (
            EMBEDDED + "test_a_held_interpreter_costs_the_lease_or_holds_up_every_writer_and_one_result_stands",
        ),
    ),
    Fault(
        "programs left running",
        "a job starts a program that keeps all its handles open, and returns or dies",
        "Its end is not delayed; the program ends with the process that ran the job.",
        (
            BODIES + "test_programs_that_a_job_leaves_running_delay_neither_its_end_nor_the_workers",
            "tests/run/test_pool.py::test_a_child_that_dies_takes_its_grandchildren_and_its_end_is_not_delayed_by_them",
        ),
    ),
    Fault(
        "hostile result",
        "NaN, NUL, a lone surrogate, 10**5000, 100 000 lists in each other, 100 MB, any object",
        "The job is completed; a result that cannot be stored is left out with code result_not_storable or result_omitted and why.",
        (
            BODIES + "test_hostile_results_and_exceptions_end_their_own_job_and_nothing_else",
            "tests/run/test_host.py::test_a_result_that_cannot_be_stored_leaves_the_job_completed_with_a_warning",
        ),
    ),
    Fault(
        "hostile exception",
        "its text holds NUL, surrogates or 1 MB, raises, or it has a thousand causes",
        "The try fails with the text escaped and cut; settling never fails.",
        (
            BODIES + "test_hostile_results_and_exceptions_end_their_own_job_and_nothing_else",
            "tests/run/test_host.py::test_an_exception_whose_text_raises_still_ends_the_attempt",
        ),
    ),
    Fault(
        "poison",
        "a job that kills its process each time",
        "Failed with code poison after the third crash; other jobs are unharmed. In a host it is found out by running each suspect alone.",
        (
            BODIES + "test_a_job_that_kills_its_process_each_time_is_poison_and_harms_no_other",
            BODIES + "test_a_job_that_kills_the_host_of_many_is_found_out_and_the_others_are_not_charged",
        ),
    ),
    Fault(
        "fork",
        "a job calls `os.fork()` and both processes go on; an open store is used after a fork",
        "The job ends once; the copy ends where it would speak for the job. A store refuses to be used in another process than it was opened in.",
        (
            BODIES + "test_a_job_that_forks_ends_once_and_its_twin_never_speaks_for_it",
            "tests/store/test_thread.py::test_a_forked_child_is_refused_the_parents_connection",
        ),
    ),
)  # fmt: skip
