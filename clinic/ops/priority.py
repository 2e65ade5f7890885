"""Pages come first: how background work gives way to them."""

import os
import random
import time
from pathlib import Path

BACKGROUND = 10  # of 19: a tenth of the processor while pages want it, all of it otherwise
AUTOGROUP = Path("/proc/self/autogroup")
TRIES = 20


def give_way() -> None:
    """Let this process and what it starts have what others leave of the processors.

    Linux shares them out among sessions first, and within each by niceness (sched(7), autogroup). So who leads a
    session of its own, as every part of a running clinic does, lowers that too.
    """
    os.nice(BACKGROUND)
    if os.getsid(0) == os.getpid():
        _lower_session()


def _lower_session() -> None:
    """The kernel takes one such wish in a tenth of a second, of whomever, and tells the others to ask again."""
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(BACKGROUND))
        except BlockingIOError:
            time.sleep(random.uniform(0.1, 0.3))  # nosec B311: not a secret
        except OSError:
            return  # This kernel does not group sessions.
        else:
            return
