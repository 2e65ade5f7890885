"""The same promises on disk and in a bucket."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic import crypto
from clinic.crypto import KeyRing
from clinic.documents.storage import DiskStorage, Storage, open_storage
from clinic.errors import NotFound, Unavailable
from tests.documents.s3_server import S3Server

RING = KeyRing((("k1", b"0123456789abcdefghijklmnopqrstu1"),), b"0123456789abcdefghijklmnopqrstu2")
NAME = "documents/ab/abcdef"


@pytest.fixture(autouse=True)
def ring() -> Iterator[None]:
    before = crypto._Ring.current
    crypto.use_key_ring(RING)
    yield
    crypto._Ring.current = before


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with S3Server() as server:
        for name, value in {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-3",
        }.items():
            monkeypatch.setenv(name, value)
        yield server
        server.shutdown()


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "disk":
        return open_storage(f"file://{tmp_path}/files%20here", tmp_path)
    request.getfixturevalue("s3")
    return open_storage("s3://bucket/clinic", tmp_path)


def test_a_sealed_file_appears_whole_and_reads_from_any_offset(storage: Storage) -> None:
    plain = os.urandom(20_000_000)
    with storage.create_sealed(NAME, "a") as writer:
        writer.write(plain)
        assert not storage.exists(NAME)
    assert storage.exists(NAME)
    with storage.open_sealed(NAME, "a") as reader:
        assert reader.size == len(plain)
        assert b"".join(reader.chunks(19_000_000, 19_500_000)) == plain[19_000_000:19_500_000]
        assert b"".join(reader.chunks()) == plain
    assert list(storage.staging.iterdir()) == []


def test_a_block_that_fails_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(RuntimeError), storage.create_sealed(NAME, "a") as writer:
        writer.write(b"half")
        raise RuntimeError
    assert not storage.exists(NAME)
    assert list(storage.staging.iterdir()) == []


def test_a_plain_stream_is_stored_and_deleted(storage: Storage) -> None:
    assert storage.put(iter([b"ab", b"c"]), "reports/x.csv") == 3
    source = storage.open("reports/x.csv")
    assert source.read_at(1, 2) == b"bc"
    source.close()
    storage.delete("reports/x.csv")
    storage.delete("reports/x.csv")
    assert not storage.exists("reports/x.csv")
    with pytest.raises(NotFound):
        storage.open("reports/x.csv")


@pytest.mark.parametrize(
    "name", ["../etc/passwd", "/etc/passwd", "documents/../x", "documents/.x", "documents", "a//b"]
)
def test_a_name_never_leaves_the_storage(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="Not a name"):
        DiskStorage(tmp_path).put(iter([b"x"]), name)


def test_a_healthy_storage_says_so(storage: Storage) -> None:
    storage.check()
    storage.check_room()


def test_a_bucket_that_is_down_is_unavailable(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage("s3://bucket", tmp_path)
    storage.put(iter([b"x"]), NAME)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    gone = open_storage("s3://bucket", tmp_path)
    with pytest.raises(Unavailable):
        gone.check()
    with pytest.raises(Unavailable):
        gone.put(iter([b"x"]), "documents/ab/other")
    assert list(gone.staging.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        DiskStorage(tmp_path / "file").check()


FILL = """
import resource, sys
from pathlib import Path
from clinic import room
from clinic.crypto import KeyRing, use_key_ring
from clinic.documents.storage import DiskStorage
from clinic.errors import StorageFull
room.RESERVE_BYTES = 0  # to its very end
use_key_ring(KeyRing((("k1", b"0123456789abcdefghijklmnopqrstu1"),), b""))
storage = DiskStorage(Path(sys.argv[1]))
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
try:
    with storage.create_sealed("documents/ab/x", "a") as writer:
        for _ in range(64):
            writer.write(bytes(1 << 20))
except StorageFull as error:
    print(error.message, storage.exists("documents/ab/x"), list(storage.staging.iterdir()))
"""


def run_fill(folder: Path, how: str, *prefix: str) -> str:
    command = [*prefix, sys.executable, "-c", FILL, str(folder), how]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


def test_a_file_that_outgrows_its_limit_is_a_full_storage_and_leaves_nothing(tmp_path: Path) -> None:
    assert run_fill(tmp_path, "limit").endswith("full. Nothing was kept of the last part. False []\n")


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    inside = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'
    own_mounts = ("unshare", "--mount", "--map-root-user", "sh", "-c", inside, str(tmp_path))
    if subprocess.run([*own_mounts, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a small file system of one's own")
    assert run_fill(tmp_path, "disk", *own_mounts).endswith("full. Nothing was kept of the last part. False []\n")
