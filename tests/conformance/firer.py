"""A process of its own that fires what is due until nothing is due any more; says on its output how many runs it inserted.

Run as a script: place. Starts when a line comes in.
"""

import sys

from headway.store.open import open_store


def main(place: str) -> None:
    store = open_store(place, durability="relaxed")
    print("ready", flush=True)  # noqa: T201 - it is how the processes start together
    sys.stdin.readline()
    while True:
        fired = store.call(store.fire("default", limit=3))
        if fired.runs:
            print(fired.runs, flush=True)  # noqa: T201
        if fired.next_us is None:
            break
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
