"""Faults of disks, files and what is in them."""

from __future__ import annotations

from typing import Final

from faults.fault import Fault

FILES: Final = "tests/faults/test_files.py::"
EMBEDDED: Final = "tests/faults/test_embedded.py::"
SEALING: Final = "tests/store/test_sealing.py::"
IDENTITY: Final = "tests/store/test_identity.py::"
BACKUP: Final = "tests/store/test_backup.py::"

TABLE: Final = (
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
        "kill while a month is opened or sealed",
        "a process is killed at each system call that writes, inside sealing, a late arrival in a sealed month, a purge of a whole month, a requeue of its last job; each statement and file call of these fails in turn",
        "Never a seal over other records than are there; every job is somewhere; it can be done again, and the month is sealed again or, when it is empty, gone. A month that was left half written can be read at once.",
        (
            SEALING + "test_a_statement_that_fails_never_leaves_a_wrong_seal",
            SEALING + "test_a_call_on_the_file_that_fails_never_leaves_a_wrong_seal",
            SEALING + "test_what_a_purge_could_not_delete_in_the_month_is_deleted_later",
            SEALING + "test_a_write_that_was_killed_leaves_a_month_that_can_be_read",
            "faults::kill points of seal",
            "faults::kill points of late arrival",
            "faults::kill points of purge of a month",
            "faults::kill points of requeue of a month's last",
        ),
    ),
    Fault(
        "damaged archive",
        "a record is changed or deleted in a month's file; the file is cut short, renamed, gone, or an older copy of itself",
        "`headway check --audit` names the month and the jobs, every `headway check` a sealed month that is gone or another; the other records and months are served; nothing is sealed over it, and nothing deleted.",
        (
            SEALING + "test_a_changed_record_is_told_by_month_and_job",
            SEALING + "test_text_that_is_no_text_any_more_is_a_damaged_record",
            SEALING + "test_a_record_with_its_checksum_that_somebody_deleted_breaks_the_seal",
            SEALING + "test_an_older_copy_in_the_place_of_a_sealed_month_is_told_until_it_is_accepted",
            SEALING + "test_a_file_cut_short_is_told_and_the_other_months_are_served",
            SEALING + "test_a_month_under_another_name_is_told",
            SEALING + "test_a_month_that_is_gone_though_jobs_are_archived_in_it_is_a_finding",
            "tests/cli/test_archive.py::test_a_sealed_month_that_is_gone_is_a_problem_also_without_reading_it",
        ),
    ),
    Fault(
        "copied or restored store",
        "`cp -r`, `cp -a`, SQLite's `.backup`, a restore in the place of the original, also after it was deleted; and a rename, another device, bind mounts, overlays as of containers, new numbers of all files, other owners",
        "A copy starts held, once, and `headway check` says why; what only moved or was mounted elsewhere is not held.",
        (
            IDENTITY + "test_a_copied_folder_is_held_and_says_of_what_it_is_a_copy",
            IDENTITY + "test_a_copy_with_all_its_dates_is_held",
            IDENTITY + "test_a_copy_by_sqlites_own_backup_is_held",
            IDENTITY + "test_a_folder_restored_after_the_old_one_was_deleted_is_held_whatever_its_numbers",
            IDENTITY + "test_a_folder_that_was_renamed_or_moved_is_not_held",
            IDENTITY + "test_another_device_alone_is_not_held",
            IDENTITY + "test_a_file_system_that_numbers_its_files_anew_is_not_held",
            IDENTITY + "test_what_is_taken_for_a_copy",
            "faults::other mounts",
        ),
    ),
    Fault(
        "power cut after a backup",
        "the machine loses power just after `headway backup` has said that it is done",
        "The copy is whole and has its name: its files, their folder and the folders above are on the disk first.",
        (
            BACKUP + "test_a_copy_is_on_the_disk_before_it_bears_its_name",
            BACKUP + "test_a_copy_that_cannot_be_brought_to_the_disk_is_none",
        ),
    ),
)  # fmt: skip
