"""What the supervisor promises, on real processes."""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.stubborn import signed_in
from tests.running_clinic import PARTS, ROOT, SUPERVISOR, RunningClinic, free_port, wait_until

pytestmark = pytest.mark.faults
MEGABYTE = 1024**2


def refused(clinic: RunningClinic, command: list[str] = SUPERVISOR, **changes: str) -> str:
    """What a second start says; it must fail with one line and no traceback."""
    done = subprocess.run(
        command, cwd=ROOT, env=clinic.environment | changes, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def look_at_charts(clinic: RunningClinic) -> set[int]:
    """Open the charts of some patients; whose."""
    visitor = signed_in(clinic, "reception")
    patients = {int(row[0]) for row in clinic.rows("SELECT id FROM patients WHERE is_active ORDER BY id LIMIT 12")}
    for patient_id in patients:
        visitor.get(f"/patients/{patient_id}")
    return patients


def opened(clinic: RunningClinic) -> set[int]:
    """Whose charts the log says were opened."""
    found = clinic.rows("SELECT patient_id FROM audit_entries WHERE action = 'patients.open'")
    return {int(row[0]) for row in found}


def used_by_tree(root: psutil.Process) -> dict[str, int]:
    """Resident megabytes of each process; pages that several share count once, a part for each of them."""
    used = {}
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used[f"{process.pid} {' '.join(process.cmdline())[-40:]}"] = process.memory_full_info().pss // MEGABYTE
    return used


def test_the_whole_process_tree_idles_under_400_megabytes(clinic: RunningClinic) -> None:
    clinic.get("/auth/sign-in")
    # Several looks: a job of the schedule may be running at one of them.
    looks = [(time.sleep(0.5), used_by_tree(clinic.supervisor))[1] for _ in range(6)]
    idle = min(looks, key=lambda used: sum(used.values()))
    assert sum(idle.values()) < 400, idle


@pytest.mark.guards("nobody who may hold the turn to write has a lower priority than pages")
def test_workers_have_the_priority_of_pages(clinic: RunningClinic) -> None:
    def priorities(name: str) -> set[tuple[int, str]]:
        part = clinic.part(name)
        found = set()
        for process in [part, *part.children(recursive=True)]:
            group = Path(f"/proc/{process.pid}/autogroup")
            found.add((process.nice(), group.read_text().split()[-1] if group.exists() else ""))
        return found

    assert priorities("worker") == priorities("web")


@pytest.mark.parametrize("name", list(PARTS))
def test_a_part_that_is_killed_is_started_again(clinic: RunningClinic, name: str) -> None:
    clinic.kill(name)
    clinic.wait_until_ready()
    assert "killed by SIGKILL" in clinic.log


def test_a_killed_web_process_is_replaced_by_its_master(clinic: RunningClinic) -> None:
    master = clinic.part("web")
    before = {child.pid for child in master.children()}
    master.children()[0].kill()
    wait_until(lambda: len({c.pid for c in master.children()} - before) == 1, 20, "no new web process")
    clinic.wait_until_ready()


def test_a_second_start_on_the_same_folder_is_refused(clinic: RunningClinic) -> None:
    assert "already running" in refused(clinic, PORT=str(free_port()))


def test_a_taken_port_is_refused(clinic: RunningClinic) -> None:
    other = RunningClinic(PORT=str(clinic.port))
    assert f"Port {clinic.port}" in refused(other)
    assert f"Port {clinic.port}" in refused(other, [sys.executable, "-m", "gunicorn"], REDIS_URL="redis://127.0.0.1:1")
    other.remove()


def test_a_folder_that_cannot_be_used_is_refused(clinic: RunningClinic) -> None:
    file = clinic.var / "a-file"
    file.touch()
    assert "cannot be used" in refused(clinic, CLINIC_VAR=str(file / "var"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_stop_and_the_next_start_finds_the_data(number: signal.Signals) -> None:
    clinic = RunningClinic()
    try:
        assert "Sample sign-ins" in clinic.start()
        clinic.flask("users", "create", "kept", "--name", "Kept", "--role", "admin")
        tree = clinic.supervisor.children(recursive=True)
        read = look_at_charts(clinic)
        if number is signal.SIGKILL:
            # Nothing can be written at such an end; a moment later it was.
            wait_until(lambda: read <= opened(clinic), 20, "what was read is not in the log")
        code = clinic.stop(number)
        _, alive = psutil.wait_procs(tree, timeout=5)
        assert alive == []
        assert code == (-signal.SIGKILL if number is signal.SIGKILL else 0)
        assert read <= opened(clinic)
        clinic.start()
        with pytest.raises(subprocess.CalledProcessError):
            clinic.flask("users", "create", "kept", "--name", "x", "--role", "admin")
    finally:
        clinic.remove()


def test_a_clinic_with_its_own_redis_needs_no_embedded_one() -> None:
    first = RunningClinic()
    second = RunningClinic(REDIS_URL=f"unix://{first.var}/run/redis.sock")
    try:
        first.start()
        second.start()
        with pytest.raises(LookupError):
            second.part("valkey")
    finally:
        second.remove()
        first.remove()


@pytest.mark.guards("a clinic whose Valkey does not start serves its pages and says what is missing")
def test_a_clinic_starts_without_valkey() -> None:
    clinic = RunningClinic()
    try:
        (clinic.var / "redis").write_text("a file where the folder should be")
        said = clinic.start()
        assert "Clinic is ready" in said
        assert "Not yet running: Valkey" in said
        assert clinic.get("/auth/sign-in")[0] == 200
        assert clinic.get("/health/ready")[0] == 503
        (clinic.var / "redis").unlink()
        clinic.wait_until_ready(120)
    finally:
        clinic.remove()


@pytest.mark.guards("no log and no full disk ends the supervisor")
def test_the_supervisor_survives_its_log(clinic: RunningClinic) -> None:
    clinic.wait_until_ready()
    log = clinic.var / "log"
    shutil.move(log, clinic.var / "log-before")
    log.write_text("a file where the folder should be")
    clinic.kill("worker")
    clinic.get("/auth/sign-in")
    log.unlink()
    clinic.kill("worker")
    wait_until(lambda: log.is_dir() and "worker was started again" in clinic.log, 20, "the log does not go on")
    clinic.wait_until_ready()
