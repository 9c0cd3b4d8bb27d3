"""Faults of processes, their clocks and their handles."""

from __future__ import annotations

from typing import Final

from faults.fault import Fault

STOPPING: Final = "tests/faults/test_stopping.py::"
DEATH: Final = "tests/faults/test_death.py::"
PAUSES: Final = "tests/faults/test_pauses.py::"
EMBEDDED: Final = "tests/faults/test_embedded.py::"
LIMITS: Final = "tests/faults/test_limits.py::"
BREAKING: Final = "tests/run/test_breaking.py::"

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
        "a hundred simulated worlds (`make simulate` for more): nodes crash around their commits, stand still for longer than a lease, are cut off from the store; answers are lost; "
        "hosts and children die; the date is set; the machine restarts; users enqueue, repeat, cancel, requeue and hold all the while; "
        "in half of the worlds there are batches, callbacks, conditions, unique keys, gates and limits too, and runs that take turns with jobs",
        "Every promise holds at each commit and each start of a body; afterwards all comes to rest, every acknowledged job is accounted for, and the audit finds nothing.",
        ("tests/simulator/test_simulator.py::test_whatever_happens_every_promise_is_kept",),
    ),
    Fault(
        "broken thread",
        "a thread of headway ends because of a defect: the reader of a child or host, a lane of a host, the parent's ear for a child, the engine",
        "The process it belongs to ends at once and its jobs go the way of any death; a worker gives back what it ran and ends with code 70.",
        (
            BREAKING + "test_a_child_whose_reader_breaks_ends_at_once_and_its_job_with_it",
            BREAKING + "test_a_host_whose_reader_breaks_ends_at_once_and_is_replaced",
            BREAKING + "test_a_host_process_whose_lane_breaks_ends_at_once",
            BREAKING + "test_a_child_that_cannot_be_heard_is_ended",
            "tests/worker/test_breaking.py::test_a_worker_whose_engine_breaks_gives_back_what_runs_and_tells_who_waits",
        ),
    ),
)  # fmt: skip
