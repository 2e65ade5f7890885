"""Jobs that the tests of the worker run."""

import os
import time
from pathlib import Path

from sqlalchemy import text

from clinic.db import current_session
from clinic.errors import Invalid
from clinic.tracing import request_id


def note(path: str) -> None:
    """Append the request's id and whether the database answers."""
    one = current_session().scalar(text("SELECT 1"))
    with Path(path).open("a") as file:
        file.write(f"{request_id.get()} {one} {os.getpid()}\n")


def fail_with_a_secret(secret: str) -> None:
    raise ValueError(f"the value was {secret}")


def break_a_rule() -> None:
    raise Invalid("Choose a service.")


def sleep_then_note(path: str, seconds: int) -> None:
    with Path(path).open("a") as file:
        file.write("started\n")
    time.sleep(seconds)
    note(path)
