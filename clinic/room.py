"""What files leave of a disk: exports, imports, uploads and logs stop early, so that sign-ins and tickets go on."""

import shutil
from pathlib import Path

from clinic.errors import StorageFull

RESERVE_BYTES = 200 * 1024**2


def has_room(folder: Path, needed: int = 0) -> bool:
    """Whether the folder's disk keeps its reserve after `needed` further bytes. OSError without a folder."""
    return shutil.disk_usage(folder).free >= needed + RESERVE_BYTES


def check_room(*folders: Path, needed: int = 0) -> None:
    """Raise StorageFull unless each folder's disk keeps its reserve after `needed` further bytes."""
    for folder in folders:
        if not has_room(folder, needed):
            raise StorageFull(
                f"The server's disk is nearly full: the last {RESERVE_BYTES // 1024**2} MB are kept for sign-ins and "
                "tickets. Tell whoever looks after the server; files can be made and taken in when there is room."
            )
