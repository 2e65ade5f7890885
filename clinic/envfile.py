"""The local `.env` file: how it is read, and how it is made once on a developer's machine."""

import base64
import os
import secrets
from pathlib import Path

_HEADING = """\
# Made by `make run` for this machine only: never copy it to a server and never commit it.
# Whoever loses these keys loses the sealed data in the data folder.
"""


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of `path`, without comments and surrounding quotes; nothing when there is no file."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def create_env_file(path: Path) -> None:
    """Write settings for development with fresh secrets, readable by the owner only.

    Raises FileExistsError rather than ever replacing keys.
    """
    values = {
        "CLINIC_ENV": "development",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": f"k1:{_key()}",
        "BLIND_INDEX_KEY": _key(),
        "AUDIT_KEY": _key(),
    }
    text = _HEADING + "".join(f"{name}={value}\n" for name, value in values.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
