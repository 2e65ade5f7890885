"""The folder of the embedded Valkey: mended after a power cut, or set aside. All that is in it can be rebuilt."""

import datetime as dt
import shutil
from pathlib import Path

KEPT_DAMAGED = 2
_BLOCK = 64 * 1024


def cut_zeros(folder: Path) -> int:
    """Cut the zero bytes off that a power cut leaves at the end of Valkey's files; how many there were.

    ext4 can commit a file's size before its last bytes. No command and no line of a manifest ends in a zero, and Valkey
    forgives a file that is too short, but not one with zeros.
    """
    files = [path for path in folder.glob("appendonlydir/*") if path.suffix in (".aof", ".manifest")]
    return sum(_cut(path) for path in files)


def _cut(path: Path) -> int:
    with path.open("r+b") as file:
        size = end = file.seek(0, 2)
        while end:
            begin = max(0, end - _BLOCK)
            file.seek(begin)
            kept = file.read(end - begin).rstrip(b"\0")
            end = begin + len(kept)
            if kept:
                break
        if end < size:
            file.truncate(end)
    return size - end


def set_aside(folder: Path) -> Path | None:
    """Move a folder that Valkey cannot read out of its way and keep the newest few; None when it holds nothing."""
    if not any(path.is_file() and path.stat().st_size for path in folder.rglob("*")):
        return None
    moment = dt.datetime.now(dt.UTC)
    aside = folder.with_name(f"{folder.name}.damaged-{moment:%Y%m%dT%H%M%S.%fZ}")
    folder.rename(aside)
    for old in sorted(folder.parent.glob(f"{folder.name}.damaged-*"))[:-KEPT_DAMAGED]:
        shutil.rmtree(old, ignore_errors=True)
    return aside
