"""A client that enqueues all the while, and knows what was acknowledged; and what must hold when all is over."""

import json
import threading
from collections import Counter
from typing import Self

from faults.scene import Scene, wait_until
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.errors import StoreError
from headway.model.ids import new_ref_id
from headway.store.open import open_store

PAUSE_S = 0.01
REST_S = 40.0


class Load:
    """Enqueues short jobs, one after the other, on a thread and a store of its own; tries again what was refused."""

    def __init__(self, url: str, *, name: str = "short", ms: int = 20) -> None:
        self._url, self._name, self._payload = url, name, json.dumps({"ms": ms})
        self.acknowledged: dict[int, str] = {}
        self.refused = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._enqueue, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Enqueue no more; what was under way is acknowledged or refused."""
        self._end.set()
        self._thread.join()

    def more(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= goal, lambda: f"{count} more are acknowledged", REST_S)

    def _enqueue(self) -> None:
        clock, store = SystemClock(), open_store(self._url)
        try:
            while not self._end.is_set():
                ref = new_ref_id(clock)
                job = NewJob(ref_id=ref, name=self._name, payload=self._payload)
                try:
                    self.acknowledged[store.call(store.enqueue([job]))[0].id] = ref
                except StoreError:
                    self.refused += 1
                self._end.wait(PAUSE_S)
        finally:
            store.close()


def check(scene: Scene, load: Load, *, runs_max: int | None = None) -> Counter[int]:
    """All that was acknowledged completed, once; the audit finds nothing. Answers how often bodies began."""
    jobs = sorted(load.acknowledged)
    reader = scene.store.reader
    wait_until(
        lambda: not any(row.state not in {"completed", "failed"} for row in _rows(scene, jobs)),
        lambda: f"all end: {[(row.id, row.state) for row in _rows(scene, jobs) if row.state != 'completed'][:5]}",
        REST_S,
    )
    found = {row.id: row for row in _rows(scene, jobs)}
    assert sorted(found) == jobs, "none is lost"
    assert {row.state for row in found.values()} == {"completed"}
    assert {number: found[number].ref_id for number in jobs} == load.acknowledged
    ended = Counter(mark.id for mark in scene.diary(kind="E"))
    begun = Counter(mark.id for mark in scene.diary(kind="S"))
    for number in (one for one in jobs if begun[one] > 1):
        kinds = [attempt.kind for attempt in reader.call(reader.detail(number)).attempts]
        assert kinds.count("returned") == 1, f"job {number} completed once: {kinds}"
    assert set(jobs) <= set(ended)
    if runs_max is not None:
        assert sum(begun[one] - 1 for one in jobs) <= runs_max
    assert scene.breaches() == []
    return begun


def _rows(scene: Scene, jobs):
    reader = scene.store.reader
    return [row for number in jobs if (row := reader.call(reader.job(number))) is not None]
