"""Make the peer's database from the generated patients: `python -m bench.peer.load ROWS`."""

import os
import sqlite3
import sys
from pathlib import Path

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command

from bench.patients import COLUMNS, patients


def main(rows: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peer.settings"
    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)
    get_user_model().objects.create_superuser("a", "a@example.org", "pw")
    marks = ",".join("?" * len(COLUMNS))
    with sqlite3.connect(Path(os.environ["BENCH_DATA"]) / "peer.sqlite3") as connection:
        statement = f"INSERT INTO register_patient ({','.join(COLUMNS)}) VALUES ({marks})"  # nosec B608
        connection.executemany(statement, patients(rows))
        connection.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
