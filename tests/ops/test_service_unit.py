"""The unit for systemd that ships: what it says, and that systemd understands it."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clinic import ROOT
from clinic.ops.supervisor import STOP_SECONDS

UNIT = ROOT / "deploy" / "clinic.service"


def section(name: str) -> configparser.SectionProxy:
    reader = configparser.RawConfigParser(strict=False)
    reader.optionxform = str  # type: ignore[assignment, method-assign]
    reader.read(UNIT)
    return reader[name]


@pytest.mark.guards("as a service the clinic is started again after any end and after a reboot, as a user of its own")
def test_what_the_unit_promises() -> None:
    assert section("Service")["Restart"] == "always"
    assert section("Unit")["StartLimitIntervalSec"] == "0"
    assert section("Install")["WantedBy"] == "multi-user.target"
    assert section("Service")["User"] not in ("", "root")
    assert "network-online.target" in section("Unit")["After"].split()
    # The parts are asked in two rounds, Valkey last.
    assert int(section("Service")["TimeoutStopSec"]) > 2 * STOP_SECONDS


def test_workers_may_lower_their_priority() -> None:
    assert "~@resources" not in UNIT.read_text()


def test_systemd_understands_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    here = tmp_path / "clinic.service"
    here.write_text(UNIT.read_text().replace("/srv/clinic/.venv/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    assert "clinic.service" not in done.stderr, done.stderr
