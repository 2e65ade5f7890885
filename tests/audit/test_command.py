"""What `flask audit verify` says, and what it cannot know."""

import re

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.audit.service import record
from clinic.db import transaction
from tests.browser_client import Browser
from tests.factories import NOW, TESTER, Factory

HEAD = re.compile(r"Head: (\d+:[0-9a-f]{64})")


def verify(app: Flask, *options: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["audit", "verify", *options])
    return result.exit_code, result.output


@pytest.mark.guards("the check of the audit log says that it cannot see whether its newest entries were cut off")
def test_without_a_head_it_says_that_nothing_anchors_the_end(app: Flask, session: Session) -> None:
    with transaction(session):
        for number in range(3):
            record(session, "test.write", "thing", number, actor=TESTER, now=NOW)
    code, said = verify(app)
    assert code == 0
    assert "Nothing anchors the end of the log" in said
    found = HEAD.search(said)
    assert found
    code, said = verify(app, "--head", found[1])
    assert (code, "Nothing anchors" in said) == (0, False)
    with transaction(session):
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        else:
            session.execute(text("DROP TRIGGER audit_entries_no_delete"))
        session.execute(text("DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)"))
    assert verify(app)[0] == 0
    code, said = verify(app, "--head", found[1])
    assert code != 0
    assert "cut off" in said


def test_it_finds_a_list_that_no_longer_leads_from_its_patients(
    app: Flask, session: Session, receptionist: Browser, make: Factory, write_readings: object
) -> None:
    make.patient()
    receptionist.get("/patients")
    assert callable(write_readings)
    write_readings()
    assert verify(app)[0] == 0
    with transaction(session):
        session.execute(text("INSERT INTO reading_patients (seq, patient_id) VALUES (1, 999)"))
    code, said = verify(app)
    assert code != 0
    assert "entry 1 is found from" in said
