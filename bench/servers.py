"""The two servers under measurement, each started with the data it needs, on one machine in one run."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import Client, free_port, sign_in, wait_for
from bench.patients import main as write_patients
from clinic.config import ENV_FILE, Settings, ensure_local_settings, load_settings
from clinic.envfile import read_env_file

ROOT = Path(__file__).parents[1]
DATA = ROOT / "bench-data"
STOP_SECONDS = 30
# Clinic reads its settings file itself.
QUIET = {"FLASK_SKIP_DOTENV": "1"}


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, and the process whose tree is its memory."""

    port: int
    pid: int


def clinic_environment(rows: int, port: int = 8000) -> dict[str, str]:
    """The environment of the clinic that holds `rows` patients; its keys lie beside its data."""
    var = DATA / f"clinic-{rows}"
    return {**os.environ, "CLINIC_VAR": str(var), "CLINIC_ENV": "development", "PORT": str(port), **QUIET}


def clinic_settings(rows: int) -> Settings:
    """The settings under which that clinic runs."""
    return load_settings({**read_env_file(ENV_FILE), **clinic_environment(rows)})


def database(rows: int) -> sqlite3.Connection:
    """That clinic's database, for reading beside it."""
    path = Path(clinic_environment(rows)["CLINIC_VAR"]) / "clinic.sqlite3"
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def prepare(rows: int) -> None:
    """Make both databases of `rows` patients, unless an earlier run left them."""
    prepare_clinic(rows)
    _prepare_peer(rows)


def prepare_clinic(rows: int) -> None:
    """Make the clinic with `rows` patients beside those of its sample, unless an earlier run left it to be brought up
    to date."""
    DATA.mkdir(exist_ok=True)
    listing = DATA / f"patients-{rows}.csv"
    if not listing.exists():
        write_patients(rows, listing)
    environment = clinic_environment(rows)
    done = Path(environment["CLINIC_VAR"]) / "loaded"
    if not done.exists():
        Path(environment["CLINIC_VAR"]).mkdir(exist_ok=True)
        ensure_local_settings()
        for command in (["setup"], ["sample", "load", "--from-csv", str(listing)]):
            subprocess.run([f"{sys.prefix}/bin/flask", *command], cwd=ROOT, env=environment, check=True)
        done.touch()
    subprocess.run([f"{sys.prefix}/bin/flask", "db", "upgrade"], cwd=ROOT, env=environment, check=True)
    _finish_comparing(environment)


def _finish_comparing(environment: dict[str, str]) -> None:
    """A million new records are compared for hours in the background; no clinic's day begins in the middle of that."""
    with closing(sqlite3.connect(Path(environment["CLINIC_VAR"]) / "clinic.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM duplicate_checks")


def _prepare_peer(rows: int) -> None:
    python = DATA / "peer-venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(DATA / "peer-venv")], check=True)
        packages = str(ROOT / "bench" / "requirements.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", packages], check=True)
    if not (_peer_folder(rows) / "peer.sqlite3").exists():
        _peer_folder(rows).mkdir(exist_ok=True)
        subprocess.run(
            [str(python), "-m", "bench.peer.load", str(rows)], cwd=ROOT, env=_peer_environment(rows), check=True
        )


def _peer_folder(rows: int) -> Path:
    return DATA / f"peer-{rows}"


def _peer_environment(rows: int) -> dict[str, str]:
    return {**os.environ, "BENCH_DATA": str(_peer_folder(rows)), "PYTHONPATH": str(ROOT)}


@contextmanager
def clinic(rows: int) -> Iterator[Server]:
    """Everything `make run` starts, on the prepared data."""
    port = free_port()
    command = [sys.executable, "-m", "clinic.ops.supervisor"]
    with _running(command, clinic_environment(rows, port), port, DATA / "clinic.log") as server:
        yield server


@contextmanager
def peer(rows: int) -> Iterator[Server]:
    """The Django admin under gunicorn with two workers."""
    port = free_port()
    gunicorn = str(DATA / "peer-venv" / "bin" / "gunicorn")
    command = [gunicorn, "-w", "2", "-b", f"127.0.0.1:{port}", "--timeout", "900", "bench.peer.wsgi"]
    with _running(command, _peer_environment(rows), port, DATA / "peer.log") as server:
        yield server


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            wait_for(port)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def staff(rows: int, server: Server, role: str = "receptionist") -> Client:
    """A client signed in as the sample user of a role."""
    listed = subprocess.run(
        [f"{sys.prefix}/bin/flask", "sample", "sign-ins", "--json"],
        cwd=ROOT,
        env=clinic_environment(rows),
        check=True,
        capture_output=True,
        text=True,
    )
    user = next(u for u in json.loads(listed.stdout) if u["role"] == role)
    return sign_in(server.port, user["username"], user["password"])
