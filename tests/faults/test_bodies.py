"""Whatever a body does at its end, the job ends as told, the worker lives and nobody else is harmed."""

from faults.scene import Scene, is_alive, wait_until

# name and argument of the job, then the state and the code that it ends with.
ENDINGS = {
    ("returns", "nan"): ("completed", "result_not_storable"),
    ("returns", "nul"): ("completed", None),
    ("returns", "surrogate"): ("completed", "result_not_storable"),
    ("returns", "huge_number"): ("completed", "result_not_storable"),
    ("returns", "set"): ("completed", None),
    ("returns", "deep"): ("completed", "result_not_storable"),
    ("returns", "big"): ("completed", "result_omitted"),
    ("returns", "object"): ("completed", "result_not_storable"),
} | {
    (name, what): ("failed", None)
    for name, whats in {
        "raises": (
            "nul", "surrogate", "unspeakable", "long", "chain",
            "system_exit", "interrupt", "generator_exit", "cancelled",
        ),
        "raises_on_thread": ("unspeakable", "system_exit", "interrupt", "generator_exit", "cancelled"),
        "raises_apart": ("nul", "unspeakable", "chain", "system_exit", "interrupt", "generator_exit", "cancelled"),
    }.items()
    for what in whats
}  # fmt: skip
ERROR_CHARS_MAX = 64 * 1024


def test_hostile_results_and_exceptions_end_their_own_job_and_nothing_else(scene: Scene) -> None:
    worker = scene.worker(children=1)
    hosts = worker.family()
    jobs = dict(zip(ENDINGS, scene.put_many([(name, {"what": what}) for name, what in ENDINGS]), strict=True))
    scene.finish(*jobs.values())
    rows = {call: scene.detail(job).row for call, job in jobs.items()}
    assert {call: (row.state.value, row.code) for call, row in rows.items()} == ENDINGS
    for call, job in jobs.items():
        (attempt,) = scene.detail(job).attempts
        error = attempt.error
        if call[0] != "returns":
            assert error is not None
            text = error.type + error.message + error.traceback
            assert len(text) < ERROR_CHARS_MAX
            assert text.isprintable() or "\0" not in text
            text.encode()  # no lone surrogate is left in it
    after = scene.put("rests", s=0)
    scene.finish(after)
    assert scene.diary(after)[0].pid in hosts, "the host that raised them all still runs jobs"
    assert scene.breaches() == []


def test_running_out_of_memory_is_a_failed_try_with_its_traceback(scene: Scene) -> None:
    scene.worker(children=1)
    job = scene.put("wants_memory")
    after = scene.put("rests_apart", s=0)
    scene.finish(job, after)
    (attempt,) = scene.detail(job).attempts
    assert (attempt.kind, attempt.error and attempt.error.type) == ("raised", "MemoryError")
    assert "bytearray" in (attempt.error.traceback if attempt.error else "")
    assert scene.state(after) == "completed"


def test_a_process_that_ends_without_an_outcome_is_a_crash_that_says_how(scene: Scene) -> None:
    scene.worker(children=4)
    said = {"exit_0": "status 0", "abort": "SIGABRT", "segfault": "SIGSEGV", "kill": "SIGKILL"}
    jobs = dict(zip(said, scene.put_many([("dies_apart", {"how": how}) for how in said]), strict=True))
    for how, words in said.items():
        wait_until(lambda job=jobs[how]: scene.detail(job).attempts, f"{how} is noticed")
        first = scene.detail(jobs[how]).attempts[0]
        assert (first.kind, first.code) == ("crashed", "crashed")
        assert words in (first.reason or "")
        assert first.error is not None
        assert ("bodies.py" in first.error.traceback) == (how in {"abort", "segfault"}), "where it died, if it can say"
        assert scene.state(jobs[how]) != "completed"


def test_a_job_that_kills_its_process_each_time_is_poison_and_harms_no_other(scene: Scene) -> None:
    scene.worker(children=2)
    poison = scene.put("dies_apart", how="abort")
    others = scene.put_many([("rests_apart", {"s": 0.01})] * 20 + [("rests", {"s": 0.01})] * 20)
    scene.finish(poison, *others, seconds=19)
    row = scene.detail(poison).row
    assert (row.state, row.code, row.crashes, row.tries) == ("failed", "poison", 3, 0)
    assert scene.kinds(poison) == ["crashed"] * 3
    assert {tuple(scene.kinds(one)) for one in others} == {("returned",)}


def test_a_job_that_kills_the_host_of_many_is_found_out_and_the_others_are_not_charged(scene: Scene) -> None:
    scene.worker(children=2)
    others = scene.put_many([("rests", {"s": 2.0})] * 3)
    for other in others:
        scene.begun(other)
    guilty = scene.put("dies_among_others", how="abort")
    wait_until(lambda: scene.detail(guilty).row.crashes == 1, "the guilty one dies again, alone this time")
    scene.finish(*others)
    assert scene.kinds(guilty)[:2] == ["suspect", "crashed"]
    for other in others:
        row = scene.detail(other).row
        assert (row.state, row.crashes, row.tries) == ("completed", 0, 0)
        assert scene.kinds(other) == ["suspect", "returned"]
    crash = scene.detail(guilty).attempts[1]
    assert "SIGABRT" in (crash.reason or "")


def test_programs_that_a_job_leaves_running_delay_neither_its_end_nor_the_workers(scene: Scene) -> None:
    worker = scene.worker(children=1)
    jobs = [scene.put("leaves_program"), scene.put("leaves_program_on_thread")]
    scene.finish(*jobs, seconds=5)
    programs = [int(scene.detail(job).result or "0") for job in jobs]
    assert all(is_alive(program) for program in programs)
    worker.signal(15)
    assert worker.ended(5) == 0
    wait_until(lambda: not any(is_alive(program) for program in programs), "what they left ends with their processes")


def test_a_job_that_forks_ends_once_and_its_twin_never_speaks_for_it(scene: Scene) -> None:
    scene.worker(children=1)
    jobs = [scene.put("forks"), scene.put("forks_apart")]
    assert scene.finish(*jobs) == ["completed", "completed"]
    for job in jobs:
        wait_until(lambda job=job: len(scene.diary(job, "E")) == 2, "both twins come to the end of the body")
        twins = {mark.pid for mark in scene.diary(job, "E")}
        wait_until(lambda twins=twins: sum(is_alive(pid) for pid in twins) == 1, "the twin that was forked is gone")
        assert scene.kinds(job) == ["returned"]
    after = [scene.put("rests", s=0), scene.put("rests_apart", s=0)]
    assert scene.finish(*after) == ["completed", "completed"]
    assert scene.breaches() == []
