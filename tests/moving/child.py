"""A process that copies, and is killed while it does: `python -m tests.moving.child SOURCE TARGET BLOCKS` dies after so many blocks."""

import os
import signal
import sys

from headway.store.moving.move import Move, move


def main(source: str, target: str, blocks: str) -> None:
    left = int(blocks)

    def tell(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    move(source, target, Move(force=True), tell=tell, say=lambda _: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
