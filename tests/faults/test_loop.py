"""A host whose loop or interpreter is held: the lease is kept, the job is named, neighbours go on or repeat at most."""

from faults.scene import Scene, wait_until

HOLD_S = 5.5


def test_a_blocked_loop_costs_no_lease_and_is_named_with_its_stack(scene: Scene) -> None:
    worker = scene.worker()
    neighbours = scene.put_many([("rests", {"s": 0.5}), ("rests_on_thread", {"s": 0.5})])
    for neighbour in neighbours:
        scene.begun(neighbour)
    guilty = scene.put("blocks_loop", s=HOLD_S)
    scene.begun(guilty)
    node = scene.nodes()
    wait_until(lambda: f"held by job {guilty} (blocks_loop)" in worker.text, "a warning that names the job", 5)
    assert "time.sleep(s)" in worker.text, "with the line that holds it"
    assert scene.finish(guilty, *neighbours) == ["completed"] * 3
    assert [one.uid for one in scene.nodes()] == [one.uid for one in node], "the lease was kept"
    assert scene.kinds(guilty) == ["returned"]
    assert {kind for neighbour in neighbours for kind in scene.kinds(neighbour)[:-1]} <= {"released", "suspect"}


def test_a_held_interpreter_costs_no_lease_and_is_named(scene: Scene) -> None:
    """A regular expression that needs seconds lets no other thread of its process run."""
    worker = scene.worker()
    neighbours = scene.put_many([("rests", {"s": 0.5}), ("rests_on_thread", {"s": 0.5})])
    for neighbour in neighbours:
        scene.begun(neighbour)
    guilty = scene.put("holds_gil", s=4.0)
    scene.begun(guilty)
    node = scene.nodes()
    wait_until(lambda: "has shown no life for" in worker.text, "a warning", 8)
    assert "holds_gil" in worker.text
    assert scene.finish(guilty, *neighbours) == ["completed"] * 3
    assert [one.uid for one in scene.nodes()] == [one.uid for one in node], "the lease was kept"
    assert scene.kinds(guilty) == ["returned"]
    assert {kind for neighbour in neighbours for kind in scene.kinds(neighbour)[:-1]} <= {"released", "suspect"}
