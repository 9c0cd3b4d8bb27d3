"""Faults of a store on a server: the server, the ways to it, and many hosts."""

from __future__ import annotations

from typing import Final

from faults.fault import Fault

SERVER: Final = "tests/faults/test_server.py::"
ROLLING: Final = "tests/faults/test_rolling.py::"
MIGRATIONS: Final = "tests/store/test_migrations.py::"
HISTORY: Final = "tests/postgres/test_history.py::"
POOLED: Final = "tests/postgres/test_pooled.py::"

TABLE: Final = (
    Fault(
        "server killed",
        "PostgreSQL is killed, ended at once or in good order, and started again, under load",
        "Nothing acknowledged is lost, nothing that completed runs again; clients and workers reconnect by themselves within seconds, under their names.",
        (
            SERVER + "test_a_server_that_is_killed_and_started_again_loses_nothing_and_workers_reconnect",
            "faults::server killed",
        ),
    ),
    Fault(
        "server away",
        "PostgreSQL is away for many beats, or for two leases",
        "Whoever can still hold its jobs keeps them; whoever was away for longer than its lease has stopped its bodies, and they run anew, uncharged, a lease after the return. `/readyz` says 503 meanwhile.",
        (
            SERVER + "test_a_server_that_is_away_for_many_beats_takes_no_job_from_a_node_that_lives",
            SERVER + "test_a_server_that_is_away_for_two_leases_has_each_job_done_anew_uncharged_and_never_by_two",
            SERVER + "test_readiness_tells_the_truth_while_the_server_is_away_and_afterwards",
        ),
    ),
    Fault(
        "failover that lost commits",
        "a standby that has not heard of the last commits is promoted",
        "Epochs and numbers jump: what was granted in the lost commits is refused; what was granted before goes on; what had completed on the standby does not run again. Jobs enqueued in the lost commits are lost.",
        (
            HISTORY + "test_what_was_granted_in_lost_commits_is_refused_and_what_was_granted_before_goes_on",
            HISTORY + "test_epochs_jump_once_for_each_line_of_history_whoever_comes_first",
            HISTORY + "test_a_server_that_was_restarted_goes_on_in_the_same_line_of_history",
            "tests/worker/test_doubt.py::test_what_the_store_has_forgotten_the_end_of_is_given_back_and_runs_again",
            "faults::failover",
        ),
    ),
    Fault(
        "sessions ended",
        "`pg_terminate_backend` of every session of ours each 200 ms, the one that listens too",
        "Every call is done again on another connection, or says that nobody knows; a wake-up that is lost costs a look.",
        (
            SERVER + "test_sessions_that_are_ended_one_after_the_other_cost_no_job_and_make_none_twice",
            SERVER + "test_a_listener_that_is_cut_listens_again_and_meanwhile_workers_look_by_themselves",
        ),
    ),
    Fault(
        "answer lost behind a commit",
        "a connection ends after COMMIT was sent and before its answer",
        "No job is there twice, none is settled twice; jobs granted in that commit are given back and run.",
        (
            SERVER + "test_a_connection_that_is_cut_behind_the_commit_makes_nothing_twice",
            SERVER + "test_workers_whose_answers_are_lost_settle_each_job_once",
        ),
    ),
    Fault(
        "way that stands still",
        "a proxy takes everything and hands on nothing; every packet to the server is dropped",
        "The server is asked on another line whether it is at work; if it does not answer, the connection is left and all who wait are told within 5 s. Where only one connection stood still, another does its work. Whoever waits for a server that is at work is left alone. `/readyz` says 503 within 3 s.",
        (
            SERVER + "test_a_way_that_stands_still_is_noticed_and_left",
            SERVER + "test_of_many_who_wait_for_a_way_that_stands_still_all_are_told_at_once",
            SERVER + "test_one_connection_that_stands_still_is_left_for_another_and_nobody_need_know",
            SERVER + "test_who_waits_for_a_server_that_is_at_work_is_left_alone",
            SERVER + "test_readiness_tells_the_truth_while_the_way_to_the_server_stands_still",
            "faults::black hole",
        ),
    ),
    Fault(
        "dead or stopped node on a server",
        "`kill -9` or SIGSTOP of a worker's main process",
        "Its jobs run elsewhere once its lease is over; awake again it settles nothing and takes a new name.",
        (
            SERVER + "test_with_a_killed_supervisor_its_jobs_run_on_another_node",
            SERVER + "test_a_supervisor_that_stood_still_for_longer_than_its_lease_settles_nothing",
        ),
    ),
    Fault(
        "host cut off",
        "one of three hosts loses its network for two leases, then has it back",
        "Its bodies are stopped before its jobs begin elsewhere; nobody else notices; healed, it works under a new name.",
        (
            SERVER + "test_a_supervisor_that_stood_still_for_longer_than_its_lease_settles_nothing",
            "faults::host cut off",
        ),
    ),
    Fault(
        "slow line",
        "200 ms there and as long back, and every twentieth packet lost",
        "Beats hold; each job is settled once.",
        (SERVER + "test_workers_whose_answers_are_lost_settle_each_job_once", "faults::slow line"),
    ),
    Fault(
        "clock of the server",
        "the server's clock is set an hour ahead, then back by an hour and ten minutes",
        "Leases that lapse by it prove nothing for one lease: no job is taken from a node that lives.",
        (
            "tests/conformance/test_leases.py::test_after_an_outage_a_healthy_node_keeps_its_jobs",
            "faults::clock of the server",
        ),
    ),
    Fault(
        "full disk of the server",
        "the disk of the server's data is full, and has room later",
        "What does not fit is refused whole, nothing acknowledged is lost, all goes on once there is room and the server runs.",
        (
            SERVER + "test_a_server_that_is_killed_and_started_again_loses_nothing_and_workers_reconnect",
            "faults::full disk of the server",
        ),
    ),
    Fault(
        "old transactions",
        "somebody's transaction stays open and keeps the server from clearing away old rows",
        "`headway check` names its process, its application and its age, and how to end it.",
        ("tests/postgres/test_hindrances.py::test_a_foreign_transaction_is_named_with_its_process",),
    ),
    Fault(
        "mixed code",
        "workers with old and with new code on one store",
        "A node claims only jobs whose handler it knows; the others wait for a node that does.",
        (SERVER + "test_a_worker_claims_only_what_its_code_knows",),
    ),
    Fault(
        "rolling deploy with a migration",
        "nodes and clients are replaced one by one by newer code, whose tables are made in the middle, under load",
        "No error, nothing lost, nothing runs twice: code beside which a step works goes on, and may be started anew. Code beside "
        "which it does not is refused, when it opens the store and where it has it open: its workers end with exit code 4.",
        (
            ROLLING + "test_nodes_are_replaced_one_by_one_over_a_migration_without_an_error",
            ROLLING + "test_old_code_is_told_when_it_may_not_go_on",
            ROLLING + "test_code_that_has_the_store_open_stops_at_a_step_that_it_does_not_work_with",
        ),
    ),
    Fault(
        "interrupted migration",
        "the session that makes an index beside the running work ends; somebody's transaction keeps a table that a step needs; two migrate at once",
        "Nothing is recorded that was not done; the unfinished index is dropped and made again; nobody waits behind a step for longer than half a second; each step is taken once.",
        (
            MIGRATIONS + "test_an_index_whose_making_was_interrupted_is_dropped_and_made_again",
            MIGRATIONS + "test_a_step_whose_migrator_lost_the_lock_is_not_recorded",
            MIGRATIONS + "test_a_step_steps_back_from_a_table_that_somebody_holds_and_lets_others_by",
            MIGRATIONS + "test_of_many_processes_that_start_at_once_one_takes_each_step",
        ),
    ),
    Fault(
        "many at once on many hosts",
        "100 000 jobs due at once for eight workers on as many hosts; ten workers that fire the same schedules at ten thousand instants",
        "No job is granted twice, no tick makes two jobs, no lease is lost.",
        (
            "tests/conformance/test_races.py::test_two_claimers_never_share_a_job",
            "faults::hundred thousand at once",
            "tests/conformance/test_schedule_races.py::test_ten_nodes_make_one_job_of_each_of_ten_thousand_instants",
            "faults::ten schedulers",
        ),
    ),
    Fault(
        "pooler in transaction mode",
        "PgBouncer gives every transaction another session, and follows no prepared statements",
        "The suite of the store is green, and so are those of callers, whose own connections go by it as well: with a commit there is "
        "a job, with a roll-back none. Nothing of ours stays in a session.",
        (
            "tests/postgres/test_prepared.py::test_a_session_that_is_another_one_is_noticed_and_the_work_is_done_again",
            POOLED + "test_a_jobs_own_transaction_leaves_none_in_the_session",
            POOLED + "test_calls_in_a_callers_transaction_leave_none_either",
            "faults::pooler in transaction mode",
            "faults::callers behind a pooler",
        ),
    ),
    Fault(
        "wake-ups behind a pooler",
        "a worker reaches the server through a pooler alone, or hears past it",
        "A wake-up is not heard through it: the worker says so and looks by itself each second. With `listen=host:port` in the URL it hears at once.",
        (
            POOLED + "test_nobody_listens_through_it_and_that_is_said_once",
            POOLED + "test_the_server_itself_may_be_named_for_them",
            "faults::wake-ups past a pooler",
        ),
    ),
    Fault(
        "migration through a pooler",
        "`headway migrate` and several starting workers go through a pooler; a step that no transaction may hold has a time limit there, or no second session",
        "Each step is taken once. What would be cut short is refused before it is begun, and the words say to go past the pooler.",
        (
            POOLED + "test_an_index_is_made_through_it",
            POOLED + "test_it_is_refused_where_a_limit_would_cut_it_short",
            POOLED + "test_it_is_refused_where_no_second_session_is_to_be_had",
            "faults::migrations through a pooler",
            "faults::index through a pooler",
        ),
    ),
    Fault(
        "silence behind a pooler",
        "the pooler is stopped (SIGSTOP), or its lines to the server hand on nothing, or all its sessions are taken, for ten seconds",
        "Whoever waits is told within five seconds; then all goes on, what ran is settled once, no lease is lost.",
        (
            POOLED + "test_silence_is_noticed_through_it_too",
            "faults::pooler stands still",
            "faults::server silent behind a pooler",
            "faults::pooler without room",
        ),
    ),
)
