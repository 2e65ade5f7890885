"""The folder of the embedded Valkey after a power cut: mended, or set aside, and a real Valkey starts on it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinic.config import redis_socket
from clinic.ops.parts import RedisPart
from clinic.redis_folder import KEPT_DAMAGED, cut_zeros, set_aside
from clinic.redis_server import server_command
from tests.running_clinic import wait_until

KEPT = 200


@pytest.fixture(scope="module")
def written() -> Iterator[dict[str, bytes]]:
    """The files of a Valkey that was killed after it had kept some values."""
    with TemporaryDirectory() as folder:
        var = Path(folder)
        process = subprocess.Popen(server_command(var), stdout=subprocess.DEVNULL)
        client = connected(var)
        wait_until(lambda: answers(client), 10, "no Valkey")
        for number in range(KEPT):
            client.set(f"key-{number}", "x" * 100)
        time.sleep(1.1)  # it syncs every second
        process.kill()
        process.wait()
        yield {path.name: path.read_bytes() for path in (var / "redis" / "appendonlydir").iterdir()}


def connected(var: Path) -> redis.Redis:
    """A client that asks once and does not wait between tries."""
    return redis.Redis(unix_socket_path=str(redis_socket(var)), retry=Retry(NoBackoff(), 0))


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def var(written: dict[str, bytes]) -> Iterator[Path]:
    """A data folder with those files; its path is short, for the socket."""
    with TemporaryDirectory() as folder:
        files = Path(folder) / "redis" / "appendonlydir"
        files.mkdir(parents=True)
        for name, content in written.items():
            (files / name).write_bytes(content)
        yield Path(folder)


def log_of(var: Path) -> Path:
    [found] = (var / "redis" / "appendonlydir").glob("*.incr.aof")
    return found


def manifest_of(var: Path) -> Path:
    [found] = (var / "redis" / "appendonlydir").glob("*.manifest")
    return found


def change(path: Path, changed: Callable[[bytes], bytes]) -> None:
    path.write_bytes(changed(path.read_bytes()))


# What is done to the files, how many values are there afterwards, and how many folders were set aside.
DAMAGES: dict[str, tuple[Callable[[Path], None], range, int]] = {
    "nothing": (lambda var: None, range(KEPT, KEPT + 1), 0),
    "zeros at the end": (lambda var: change(log_of(var), lambda b: b + bytes(3600)), range(KEPT, KEPT + 1), 0),
    "a torn end, then zeros": (
        lambda var: change(log_of(var), lambda b: b[:-40] + bytes(90)),
        range(KEPT - 1, KEPT),
        0,
    ),
    "only zeros": (lambda var: change(log_of(var), lambda b: bytes(len(b))), range(1), 0),
    "a torn end": (lambda var: change(log_of(var), lambda b: b[:-40]), range(KEPT - 1, KEPT), 0),
    "zeros in the manifest": (lambda var: change(manifest_of(var), lambda b: b + bytes(512)), range(KEPT, KEPT + 1), 0),
    "garbage at the end": (lambda var: change(log_of(var), lambda b: b + b"\xff\x17garbage\r\n" * 9), range(1), 1),
    "a bad block": (lambda var: change(log_of(var), lambda b: b[:4096] + bytes(4096) + b[8192:]), range(1), 1),
    "a manifest of garbage": (lambda var: change(manifest_of(var), lambda b: b"\x01\x02\x03" * 40), range(1), 1),
    "no manifest": (lambda var: manifest_of(var).unlink(), range(KEPT + 1), 0),
    "no log beside the manifest": (lambda var: log_of(var).unlink(), range(1), 1),
}


@pytest.mark.guards("a clinic whose Valkey lost its end in a power cut starts, whatever the files look like")
@pytest.mark.parametrize("name", DAMAGES)
def test_valkey_starts_on_damaged_files(var: Path, name: str) -> None:
    damage, kept, aside = DAMAGES[name]
    damage(var)
    client = connected(var)
    with (var / "output").open("wb") as output:
        part = RedisPart(var, output)
        part.start(time.monotonic())
        try:
            wait_until(lambda: (part.keep_running(time.monotonic()), answers(client))[1], 10, "it does not start")
            assert client.dbsize() in kept
            assert len(list(var.glob("redis.damaged-*"))) == aside
            assert client.set("written", "afterwards")
        finally:
            part.ask_to_stop()
            part.stop(5)


def test_only_zeros_at_the_end_are_cut(var: Path) -> None:
    content = log_of(var).read_bytes()
    assert cut_zeros(var / "redis") == 0
    change(log_of(var), lambda b: b + bytes(200_000))
    assert cut_zeros(var / "redis") == 200_000
    assert log_of(var).read_bytes() == content


@pytest.mark.guards("of Valkey's damaged folders the newest two are kept, and an empty one takes no place of theirs")
def test_damaged_folders_do_not_fill_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    for number in range(4):
        (folder / "appendonlydir").mkdir(parents=True)
        (folder / "appendonlydir" / "a.aof").write_text(str(number))
        assert set_aside(folder)
    kept = sorted(path.read_text() for path in tmp_path.glob("redis.damaged-*/appendonlydir/a.aof"))
    assert kept == ["2", "3"]
    assert len(kept) == KEPT_DAMAGED
    folder.mkdir()
    assert set_aside(folder) is None
