"""Pages come first: how background work gives way to them."""

import contextlib
import os
from pathlib import Path

BACKGROUND = 10  # of 19: a tenth of the processor while pages want it, all of it otherwise
AUTOGROUP = Path("/proc/self/autogroup")


def give_way() -> None:
    """Let this process and what it starts have what others leave of the processors.

    Linux shares them out among sessions first, and within each by niceness (sched(7), autogroup). So who leads a
    session of its own, as every part of a running clinic does, lowers that too.
    """
    os.nice(BACKGROUND)
    if os.getsid(0) == os.getpid():
        # Not every kernel groups sessions.
        with contextlib.suppress(OSError):
            AUTOGROUP.write_text(str(BACKGROUND))
