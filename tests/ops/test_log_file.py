"""The log: renamed when it is full, kept for two weeks in a bounded size, and never in anybody's way."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clinic import room
from clinic.ops import log_file
from clinic.ops.log_file import KEPT_ANYWAY, KEPT_DAYS, LogFile, LogPipe

LINE = b'{"event": "' + b"x" * 85 + b'"}\n'


def older(folder: Path) -> list[Path]:
    return sorted(folder.glob("clinic-*.log"))


def all_lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.iterdir())


@pytest.mark.guards("no line of the log is lost when a full file gets a name of its own")
def test_a_full_file_is_renamed_and_nothing_is_lost(tmp_path: Path) -> None:
    file = LogFile(tmp_path, file_bytes=1000)
    for _ in range(50):
        file.write(LINE)
    file.close()
    assert len(older(tmp_path)) == 4
    assert all_lines(tmp_path) == 50
    assert all(path.stat().st_size <= 1100 for path in tmp_path.iterdir())


@pytest.mark.guards("all logs together stay under a size, the newest of them stay")
def test_the_oldest_go_when_all_are_too_large(tmp_path: Path) -> None:
    file = LogFile(tmp_path, file_bytes=1000, all_bytes=3500)
    for number in range(100):
        file.write(b"%97d\n" % number)
    file.close()
    assert len(older(tmp_path)) == 3
    assert (tmp_path / "clinic.log").read_bytes().endswith(b" 99\n")


def test_files_of_long_ago_go_but_for_the_newest(tmp_path: Path) -> None:
    long_ago = time.time() - (KEPT_DAYS + 1) * 86400
    for number in range(5):
        path = tmp_path / f"clinic-2026010{number}T000000Z-000.log"
        path.write_bytes(LINE)
        os.utime(path, (long_ago + number, long_ago + number))
    (tmp_path / "clinic.log").write_bytes(LINE)
    os.utime(tmp_path / "clinic.log", (long_ago + 9, long_ago + 9))
    file = LogFile(tmp_path)
    file.write(LINE)
    file.close()
    assert len(older(tmp_path)) == KEPT_ANYWAY
    assert (tmp_path / "clinic.log").read_bytes() == LINE


@pytest.mark.guards("a disk without room stops the log and nothing else, and the log says what it lost")
def test_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = LogFile(tmp_path)
    monkeypatch.setattr(log_file, "_LOOK_SECONDS", 0)
    monkeypatch.setattr(room, "RESERVE_BYTES", 2**62)
    file.write(LINE)
    assert not (tmp_path / "clinic.log").exists()
    monkeypatch.setattr(room, "RESERVE_BYTES", 0)
    file.write(LINE)
    file.close()
    said, line = (tmp_path / "clinic.log").read_bytes().splitlines(keepends=True)
    assert f"{len(LINE)} bytes of the log had no room" in said.decode()
    assert line == LINE


@pytest.mark.guards("whatever happens to the log file, the parts of the clinic can go on writing")
def test_a_log_that_cannot_be_written_blocks_nobody(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    pipe = LogPipe(LogFile(tmp_path / "log"))
    for _ in range(40_000):  # four times what a pipe holds
        pipe.input.write(LINE)
    (tmp_path / "log").unlink()
    pipe.input.write(LINE)
    pipe.close()
    assert (tmp_path / "log" / "clinic.log").read_bytes().endswith(LINE)


def test_lines_of_several_writers_stay_whole_and_the_last_needs_no_end(tmp_path: Path) -> None:
    pipe = LogPipe(LogFile(tmp_path, file_bytes=100_000))
    program = f"import os\nfor _ in range(2000): os.write(1, {LINE!r})"
    parts = [subprocess.Popen([sys.executable, "-c", program], stdout=pipe.input) for _ in range(2)]
    assert [part.wait(60) for part in parts] == [0, 0]
    pipe.input.write(b"cut off")
    pipe.close()
    written = b"".join(path.read_bytes() for path in [*older(tmp_path), tmp_path / "clinic.log"])
    assert written.count(LINE) == 4000
    assert written.endswith(b"cut off\n")


def test_a_file_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    file = LogFile(tmp_path)
    file.write(LINE)
    (tmp_path / "clinic.log").unlink()
    file.write(LINE)
    file.close()
    assert (tmp_path / "clinic.log").read_bytes() == LINE
