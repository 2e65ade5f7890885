"""Watches which files are made durable, and when: what a power cut leaves is what was synced before it."""

import os
from pathlib import Path

import pytest


class Syncs:
    """Sizes of files at their last fsync, folders that were synced, and names given by renaming, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.size_at_sync: dict[int, int] = {}
        self.happened: list[tuple[str, Path]] = []
        self._fsync, self._replace = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", self._watch_fsync)
        monkeypatch.setattr(os, "replace", self._watch_replace)

    def _watch_fsync(self, fd: int) -> None:
        self._fsync(fd)
        found = os.fstat(fd)
        self.size_at_sync[found.st_ino] = found.st_size
        self.happened.append(("sync", Path(os.readlink(f"/proc/self/fd/{fd}"))))

    def _watch_replace(self, source: Path, target: Path) -> None:
        assert self.is_whole(Path(source)), f"{target.name} got its name before its content was durable"
        self._replace(source, target)
        self.happened.append(("name", Path(target)))

    def is_whole(self, path: Path) -> bool:
        """Whether all that the file holds was synced."""
        found = path.stat()
        return self.size_at_sync.get(found.st_ino) == found.st_size

    def is_name_durable(self, path: Path) -> bool:
        """Whether the folder was synced after the file got its name."""
        if ("name", path) not in self.happened:
            return ("sync", path.parent) in self.happened
        return ("sync", path.parent) in self.happened[self.happened.index(("name", path)) :]
