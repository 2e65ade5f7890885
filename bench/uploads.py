"""Upload of a large file over loopback, beside the least that any server must do with it."""

import hashlib
import os
import re
import socket
import tempfile
import threading
import time
from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.client import Client
from bench.figures import Figure
from bench.measure import PeakMemory, largest_memory
from bench.servers import DATA, clinic, staff

SIZE = 1024**3
BLOCK = 1024**2


def measure(rows: int) -> list[Figure]:
    """1 GB by tus against a bare loop that receives, hashes, encrypts, writes and syncs it."""
    with clinic(rows) as server:
        client = staff(rows, server)
        _upload(client, BLOCK * 8)
        with PeakMemory(lambda: largest_memory(server.pid)) as memory:
            ours = _upload(client, SIZE)
    bare = _bare_loop(SIZE)
    grown = memory.peak - memory.before
    return [
        Figure(
            "upload of 1 GB, MB/s", f"{SIZE / 1e6 / ours:.0f}", f"{SIZE / 1e6 / bare:.0f} (bare loop)", bare / ours, 0.6
        ),
        Figure("largest process grew by, MB", f"{grown:.0f}", "64", grown, 64, at_least=False),
    ]


def _blocks(size: int) -> list[bytes]:
    """A PDF's beginning, then the same random block again and again."""
    block = os.urandom(BLOCK)
    return [b"%PDF-1.7\n" + block[9:], *([block] * (size // BLOCK - 1))]


def _upload(client: Client, size: int) -> float:
    """Seconds from the first byte to the acknowledged document."""
    blocks = _blocks(size)
    patient = _some_patient(client)
    metadata = f"filename {b64encode(b'scan.pdf').decode()},patient {b64encode(patient).decode()}"
    common = {"Tus-Resumable": "1.0.0", "X-CSRFToken": client.csrf}
    described = {"Upload-Length": str(size), "Upload-Metadata": metadata}
    created = client.open("POST", "/documents/uploads", b"", {**common, **described})
    created.read()
    if created.status != 201:
        raise RuntimeError(f"an upload answered {created.status}")
    head = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Content-Length": str(size)}
    start = time.perf_counter()
    answer = client.open("PATCH", created.headers["Location"], iter(blocks), {**common, **head})
    answer.read()
    if answer.status != 204:
        raise RuntimeError(f"the upload's body answered {answer.status}")
    return time.perf_counter() - start


def _some_patient(client: Client) -> bytes:
    found = re.search(rb'href="/patients/(\d+)"', client.get("/patients"))
    if found is None:
        raise RuntimeError("no patient on the list")
    return found.group(1)


def _bare_loop(size: int) -> float:
    """Seconds to receive from a socket, hash, encrypt, write and sync; nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listening, tempfile.TemporaryDirectory(dir=DATA) as folder:
        sender = threading.Thread(target=_send, args=(listening.getsockname()[1], size))
        sender.start()
        connection, _address = listening.accept()
        start = time.perf_counter()
        digest, cipher = hashlib.sha256(), AESGCM(AESGCM.generate_key(256))
        with connection, connection.makefile("rb") as body, (Path(folder) / "upload").open("wb") as file:
            while block := body.read(BLOCK):
                digest.update(block)
                nonce = os.urandom(12)
                file.write(nonce + cipher.encrypt(nonce, block, None))
            file.flush()
            os.fsync(file.fileno())
        seconds = time.perf_counter() - start
        sender.join()
    return seconds


def _send(port: int, size: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for block in _blocks(size):
            connection.sendall(block)
