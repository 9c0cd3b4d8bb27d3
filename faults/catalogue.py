"""Every fault that headway promises to survive: what happens, what comes of it, and what shows it.

docs/reference/faults.md is this table (`python -m faults --document`); a test compares the two and looks for each test
that is named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEST: Final = "make test"
FAULTS: Final = "make faults"
CRASH: Final = "make crash"


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table."""

    name: str
    done: str
    """What is done to the system."""
    outcome: str
    """What must come of it."""
    shown: tuple[str, ...]
    """Tests as path::function; cases of the ring by hand as faults::name."""

    @property
    def rings(self) -> tuple[str, ...]:
        """Which commands show it."""
        found = {
            FAULTS if one.startswith("faults::") else CRASH if one.startswith("crash::") else TEST for one in self.shown
        }
        return tuple(ring for ring in (TEST, FAULTS, CRASH) if ring in found)


BODIES: Final = "tests/faults/test_bodies.py::"
STOPPING: Final = "tests/faults/test_stopping.py::"
DEATH: Final = "tests/faults/test_death.py::"
PAUSES: Final = "tests/faults/test_pauses.py::"
LOOP: Final = "tests/faults/test_loop.py::"
FILES: Final = "tests/faults/test_files.py::"
EMBEDDED: Final = "tests/faults/test_embedded.py::"
LIMITS: Final = "tests/faults/test_limits.py::"

TABLE: Final = (
    Fault(
        "killed child",
        "`kill -9` of a child process in its job",
        "Noticed at once; a crash is charged; the job runs again after 1 s, the second time after 10 s.",
        (DEATH + "test_a_killed_child_is_noticed_at_once_and_its_job_runs_again_after_a_second",),
    ),
    Fault(
        "killed host",
        "`kill -9` of the process in which many jobs run",
        "Nobody is charged; each of its jobs runs next in a process of its own; a new host serves.",
        (DEATH + "test_a_killed_host_charges_nobody_and_each_of_its_jobs_runs_next_in_a_process_of_its_own",),
    ),
    Fault(
        "killed supervisor",
        "`kill -9` of a worker's main process",
        "No body outlives it; its peers see it gone within a tenth of a second and run its jobs, far within the lease.",
        (
            DEATH + "test_with_a_killed_supervisor_its_bodies_die_and_a_peer_takes_over_at_once",
            "tests/run/test_pipe.py::test_children_die_with_their_parent",
            "tests/store/test_lock.py::test_a_killed_holder_lets_go_at_once_and_its_node_is_seen_to_be_gone",
        ),
    ),
    Fault(
        "killed trees under load",
        "`kill -9` of whole worker trees at random moments, 30 times (200 and more by hand)",
        "Nothing acknowledged is lost; nothing that completed runs again; what runs twice was in flight at a kill.",
        ("tests/crash/test_kills.py::test_nothing_acknowledged_is_lost_and_nothing_finished_runs_again", "crash::kills"),
    ),
    Fault(
        "kill at every write",
        "a process is killed at each system call that writes, inside enqueue, claim, settle and archive",
        "The store is as before or as after, never between; what was acknowledged is there; it can be done again.",
        (
            "faults::kill points of enqueue",
            "faults::kill points of claim",
            "faults::kill points of settle",
            "faults::kill points of archive",
            "tests/conformance/test_crash_points.py::test_a_statement_that_fails_leaves_everything_as_it_was",
            "tests/conformance/test_crash_points.py::test_a_transaction_that_cannot_begin_or_end_leaves_everything_as_it_was",
        ),
    ),
    Fault(
        "deploy",
        "SIGTERM while jobs run that fit the shutdown time, a new worker starts",
        "No job is interrupted; the old worker ends within its longest job and a second.",
        (STOPPING + "test_a_deploy_interrupts_no_job_that_fits_the_time",),
    ),
    Fault(
        "deploy with a long job",
        "SIGTERM while a coroutine, a thread or a process runs that does not fit the shutdown time",
        "It is given back, no try is charged; it runs elsewhere within 2 s; the exit takes shutdown time, grace and 2 s at most, also with a thread that hears nothing.",
        (
            STOPPING + "test_what_does_not_fit_the_time_is_given_back_uncharged_and_runs_elsewhere_soon",
            EMBEDDED + "test_a_sleeping_thread_does_not_keep_an_embedded_worker_from_stopping",
        ),
    ),
    Fault(
        "body that ignores SIGTERM",
        "a process job that ignores SIGTERM and swallows every exception, at a stop, a time-out and a cancellation",
        "It is killed after its grace; the stop is not delayed; the job ends as it was to end.",
        (
            STOPPING + "test_a_process_that_ignores_sigterm_is_killed_and_its_job_runs_elsewhere",
            STOPPING + "test_a_job_that_ignores_its_cancellation_ends_cancelled_all_the_same",
            "tests/run/test_pool.py::test_a_body_that_ignores_sigterm_is_killed_after_its_grace",
        ),
    ),
    Fault(
        "swallowed cancellation",
        "a coroutine catches CancelledError and goes on, a thread never looks",
        "The time-out or cancellation is recorded at once; the host is replaced; others in it may finish first.",
        (
            STOPPING + "test_a_job_that_ignores_its_cancellation_ends_cancelled_all_the_same",
            "tests/run/test_host.py::test_a_swallowed_cancellation_still_ends_cancelled_without_a_result",
            "tests/run/test_host.py::test_a_coroutine_that_ignores_its_time_out_is_ended_without_it_and_freed_later",
            "tests/run/test_pipe.py::test_a_thread_that_ignores_its_stop_retires_the_host_and_neighbours_may_finish",
        ),
    ),
    Fault(
        "body that stands still",
        "SIGSTOP of a host or child for two leases, then SIGCONT",
        "The supervisor beats for it: the lease is kept, the job runs once; a host that shows no life is named with its jobs.",
        (
            PAUSES + "test_bodies_that_stand_still_keep_their_lease_and_their_jobs_run_once",
            PAUSES + "test_a_host_that_stands_still_is_named_with_its_jobs",
        ),
    ),
    Fault(
        "supervisor that stands still",
        "SIGSTOP of a worker's main process for more than its lease, then SIGCONT",
        "It is judged dead after its lease and its jobs run elsewhere; awake again it stops its bodies, takes a new identity and settles nothing: a late success is refused and logged.",
        (
            PAUSES + "test_a_supervisor_that_stood_still_kills_its_bodies_takes_a_new_identity_and_settles_nothing",
            "tests/worker/test_engine.py::test_past_its_deadline_a_node_stops_its_bodies_before_it_says_anything",
            "tests/worker/test_engine.py::test_the_second_run_stands_and_a_late_success_is_refused_and_written_down",
        ),
    ),
    Fault(
        "writer that stands still",
        "SIGSTOP of a process inside its write transaction",
        "All writers wait; after 5 s each worker logs who holds the lock and that it is stopped; after SIGCONT no lease was lost.",
        (
            PAUSES + "test_who_stands_still_inside_a_write_is_named_and_afterwards_no_lease_is_lost",
            "tests/conformance/test_leases.py::test_after_an_outage_a_healthy_node_keeps_its_jobs",
        ),
    ),
    Fault(
        "killed writer",
        "`kill -9` of a process inside its write transaction",
        "Its transaction is absent; the lock is free at once.",
        (DEATH + "test_who_is_killed_inside_a_write_leaves_no_trace_and_holds_nobody_up",),
    ),
    Fault(
        "full disk",
        "no room for the database; a disk of 4 MB that is enlarged later; a disk that somebody else fills",
        "Enqueue is refused whole with StoreFull; nothing acknowledged is lost; nothing is claimed below the floor, running jobs are settled from the ballast; it goes on by itself.",
        (
            FILES + "test_a_full_disk_refuses_new_jobs_whole_keeps_the_old_ones_and_needs_no_restart",
            "faults::small disk",
            "faults::filled disk",
        ),
    ),
    Fault(
        "failing disk",
        "writes and syncs answer EIO or ENOSPC",
        "The operation is refused and absent, the next ones succeed; a worker keeps its outcomes and settles them later; no body runs twice.",
        (
            FILES + "test_a_write_error_is_told_leaves_nothing_behind_and_the_next_write_succeeds",
            FILES + "test_a_worker_whose_writes_fail_keeps_its_outcomes_and_settles_them_later",
            "faults::failing writes",
            "faults::failing writes of a worker",
        ),
    ),
    Fault(
        "archive that cannot be written",
        "a month's file that is read-only, full, unusable, or taken away",
        "Jobs stay whole in the main file until it can be written; never in neither; jobs go on. A month taken away costs its bodies only.",
        (
            FILES + "test_an_archive_that_cannot_be_written_leaves_every_job_where_it_is",
            FILES + "test_a_full_archive_leaves_every_job_where_it_is",
            FILES + "test_a_worker_whose_archive_fails_goes_on_with_its_jobs_and_archives_later",
            FILES + "test_a_month_that_was_taken_away_costs_its_bodies_and_nothing_else",
            "faults::read-only archive",
        ),
    ),
    Fault(
        "log file deleted while running",
        "`rm jobs.db-wal` under a running system",
        "A worker ends with exit code 4 within one beat; a client refuses every further operation; both say which file and what to do. What was committed since the last checkpoint may be lost.",
        (
            FILES + "test_a_log_file_deleted_under_a_worker_stops_it_within_a_beat",
            EMBEDDED + "test_an_embedded_worker_whose_log_file_was_deleted_ends_with_exit_code_4",
            FILES + "test_a_client_whose_log_file_was_deleted_acknowledges_nothing_more",
        ),
    ),
    Fault(
        "log file deleted while stopped",
        "`rm jobs.db-wal` after a hard stop",
        "The store opens and is sound; what the log held is gone and nothing can tell what that was: jobs.db, -wal and -shm are one thing.",
        (FILES + "test_a_log_file_deleted_while_nothing_runs_leaves_a_sound_store_without_what_it_held",),
    ),
    Fault(
        "foreign reading of the live file",
        "code in the same process opens and closes `jobs.db` as a plain file, so that POSIX drops the process's locks",
        "When another process's close then removes the log, the first refuses every further operation instead of acknowledging what nobody will see. Do not do it: copy with SQLite's backup.",
        (
            FILES
            + "test_reading_the_live_file_in_the_same_process_is_noticed_before_anything_more_is_acknowledged",
        ),
    ),
    Fault(
        "unsafe SQLite",
        "a SQLite from 3.7.0 to 3.51.2, which can lose rows when checkpoints meet resets of the log",
        "All writes and checkpoints go through one lock, which avoids it; `headway check` warns when others may write the file.",
        (
            "tests/store/test_place.py::test_it_knows_which_libraries_can_lose_rows",
            "tests/cli/test_check.py::test_several_processes_on_a_library_that_loses_rows_are_warned",
            "tests/store/test_lock.py::test_two_looping_writers_get_about_the_same_number_of_turns",
        ),
    ),
    Fault(
        "wrong wall clock",
        "the wall clock of one node is an hour off, or is stepped by hours while jobs run",
        "No lease is taken early: leases are measured on the boot clock.",
        (
            "faults::wall clock ahead",
            "faults::wall clock behind",
            "faults::wall clock stepped",
            "tests/conformance/test_leases.py::test_a_step_of_the_wall_clock_takes_nothing",
            "tests/worker/test_engine.py::test_after_a_clock_stepped_forward_a_scheduled_job_is_claimed_without_a_wake_up",
        ),
    ),
    Fault(
        "reboot, other boot clock",
        "the machine restarts; or a container has a boot clock of its own, two hours ahead",
        "Leases of an earlier boot are over at once. Among differing boot clocks no lease is taken early (nor by time at all: only a dead process is noticed there).",
        (
            "tests/conformance/test_leases.py::test_a_reboot_ends_every_lease_at_once",
            "tests/conformance/test_leases.py::test_a_reboot_spares_the_nodes_of_the_new_boot",
            "faults::other boot clock",
        ),
    ),
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
        "no file handles left",
        "a worker with 30 handles; one whose handles are used up while it runs; a client whose handles are used up",
        "With 30 it does its work. Used up, it loses nothing: jobs that need no new process go on, those that need one are left to others, and it says why. A client still enqueues.",
        (
            LIMITS + "test_a_worker_with_few_handles_does_its_work",
            LIMITS + "test_a_worker_whose_handles_are_used_up_loses_nothing_and_others_do_the_work",
            LIMITS + "test_a_worker_that_can_start_no_process_leaves_those_jobs_to_others",
            LIMITS + "test_a_client_whose_handles_are_used_up_still_enqueues",
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
    Fault(
        "lost answer",
        "a worker's turn is committed and its answer lost",
        "What had ended stays settled once; what was granted, and no body runs, is given back uncharged and runs.",
        (
            "tests/worker/test_doubt.py::test_a_job_granted_in_a_lost_answer_is_given_back_uncharged_and_runs",
            "tests/worker/test_doubt.py::test_what_runs_and_what_has_just_ended_is_kept",
        ),
    ),
    Fault(
        "many at once",
        "hundreds of simulated worlds (`make simulate` for more): nodes crash around their commits, stand still for longer than a lease, are cut off from the store; answers are lost; "
        "hosts and children die; the date is set; the machine restarts; users enqueue, repeat, cancel, requeue and hold all the while",
        "Every promise holds at each commit and each start of a body; afterwards all comes to rest, every acknowledged job is accounted for, and the audit finds nothing.",
        ("tests/simulator/test_simulator.py::test_whatever_happens_every_promise_is_kept",),
    ),
)  # fmt: skip

HEAD: Final = """# Faults

What was done to headway on purpose, what must come of it, and what shows it. `make test` needs nothing but Python and shows its part at every run, with leases of 2 s;
`make faults` (Linux, root, strace, libfaketime) and `make crash` are run by hand and write their results to [RELIABILITY.md](../../RELIABILITY.md) with `ARGS=--record`.

Names after `faults:` are cases of `make faults` (`python -m faults --only "small disk"`). This page is written by `python -m faults --document`.

| | Fault | What is done | What must come of it | Shown by |
|---|---|---|---|---|
"""


def document() -> str:
    """The page."""
    lines = [
        f"| {number} | {fault.name} | {fault.done} | {fault.outcome} | {'<br>'.join(cited(one) for one in fault.shown)} |"
        for number, fault in enumerate(TABLE, 1)
    ]
    return HEAD + "\n".join(lines) + "\n"


def cited(one: str) -> str:
    """How the page names what shows a fault."""
    if one.startswith("faults::"):
        return f"{FAULTS}: {one.removeprefix('faults::')}"
    if one.startswith("crash::"):
        return CRASH
    path, function = one.split("::")
    return f"[{function}](../../{path})"
