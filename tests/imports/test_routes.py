"""The screens of imports."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.documents.storage import current_storage
from clinic.imports import jobs
from clinic.imports.models import Import, ImportState
from clinic.patients.models import Patient
from tests.browser_client import Browser
from tests.imports.conftest import Importer, ndjson, person

KEY = "k" * 24
TABLE = b"Nom;Pr\xc3\xa9nom;DDN;Groupe\nN\xc3\xba\xc3\xb1ez;In\xc3\xa9s;14/03/1982;A+\nMartin;Paul;31/02/1990;B\n"


def upload(browser: Browser, content: bytes = TABLE, **fields: Any) -> Any:
    data = {"file": (io.BytesIO(content), "patients.csv"), "source": "Old system", "idempotency_key": KEY} | fields
    return browser.post("/imports", data, content_type="multipart/form-data")


def choices(*columns: str, **values: str) -> dict[str, str]:
    form = {"read_as": "utf-8 ;", "delimiter": ";", "encoding": "utf-8", "date_order": "day"}
    return form | {f"columns-{n}": column for n, column in enumerate(columns)} | values


GOOD = choices("family_name", "given_name", "birth_date", "extra")


@pytest.mark.parametrize("url", ["/imports", "/imports/new", "/imports/1"])
def test_a_receptionist_may_not_import(receptionist: Browser, url: str) -> None:
    assert receptionist.get(url).status_code == 403


def test_from_the_file_to_the_report(manager: Browser, session: Session) -> None:
    assert "No import yet" in manager.page("/imports")
    manager.page("/imports/new")
    address = upload(manager).headers["Location"]
    page = manager.page(address)
    for text in ("Prénom", "Inés Núñez", "14 Mar 1982", "“31/02/1990” is not a date of the past", "Keep beside"):
        assert text in page
    assert session.scalar(select(func.count(Patient.id))) == 0
    assert manager.post(f"{address}/start", GOOD).status_code == 303
    assert "Waits for its turn." in manager.page(address)
    jobs.run(session.scalars(select(Import.id)).one(), 1)
    report = manager.page(address)
    assert "Finished" in report
    assert "“31/02/1990”" in report
    assert session.scalars(select(Patient)).one().extra == {"Groupe": "A+"}
    assert "patients.csv" in manager.page("/imports")


def test_the_upload_sent_twice_makes_one_import_and_leaves_no_second_file(
    manager: Browser, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[str] = []
    storage = current_storage()
    delete = storage.delete
    monkeypatch.setattr(storage, "delete", lambda name: (deleted.append(name), delete(name)))
    first, second = upload(manager), upload(manager)
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count(Import.id))) == 1
    assert len(deleted) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "  "}, "Name the system"),
        ({"file": (io.BytesIO(b""), "")}, "Choose a file."),
        ({"file": (io.BytesIO(b"PK\x03\x04"), "a.xlsx")}, "save the table as CSV"),
    ],
)
def test_a_bad_upload_is_refused_and_what_was_typed_stays(
    manager: Browser, session: Session, fields: dict[str, Any], message: str
) -> None:
    answer = upload(manager, **fields)
    assert answer.status_code == 422
    assert message in answer.text
    if "source" not in fields:
        assert 'value="Old system"' in answer.text
    assert session.scalar(select(func.count(Import.id))) == 0


def test_the_preview_follows_the_choices_and_writes_nothing(manager: Browser, session: Session) -> None:
    address = upload(manager).headers["Location"]
    turned = choices("given_name", "family_name", "birth_date", "ignore")
    assert "Núñez Inés" in manager.htmx("POST", f"{address}/preview", turned).text
    nameless = manager.htmx("POST", f"{address}/preview", choices("extra", "extra", "birth_date", "extra")).text
    assert "Say which column holds the name." in nameless
    resplit = manager.htmx("POST", f"{address}/preview", GOOD | {"delimiter": ","}).text
    assert "Nom;Prénom;DDN;Groupe" in resplit
    assert session.scalars(select(Import.state)).one() is ImportState.UPLOADED


WIDE = b"Nom;Pr\xc3\xa9nom" + b"," * 9000 + b"\nMartin;Paul\n"


@pytest.mark.guards("a table with more columns than a page can ask about is refused with words, at any delimiter")
def test_a_table_of_thousands_of_columns(manager: Browser, session: Session) -> None:
    assert "This table has 9001 columns" in upload(manager, WIDE.replace(b";", b"")).text
    assert session.scalar(select(func.count(Import.id))) == 0
    address = upload(manager, WIDE.replace(b"\n", b";a;b\n")).headers["Location"]
    assert "Paul Martin" in manager.page(address)
    answer = manager.htmx("POST", f"{address}/preview", GOOD | {"delimiter": ","})
    assert answer.status_code == 422
    assert "This table has 9001 columns" in answer.text
    assert "Paul Martin" in answer.text, "it is shown as it was read before"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (choices("extra", "extra", "extra", "extra"), "Say which column holds the name."),
        (choices("family_name", "family_name", "extra", "extra"), "Only one column can be: Family name."),
        (choices("family_name", "nonsense", "extra", "extra"), "Not a valid choice"),
        (GOOD | {"delimiter": "#"}, "Not a valid choice"),
        (GOOD | {"delimiter": ","}, "The table has 1 columns now"),
    ],
)
def test_a_start_with_bad_choices_is_refused(
    manager: Browser, session: Session, form: dict[str, str], message: str
) -> None:
    address = upload(manager).headers["Location"]
    answer = manager.post(f"{address}/start", form)
    assert answer.status_code == 422
    assert message in answer.text
    assert session.scalars(select(Import.state)).one() is ImportState.UPLOADED


def test_started_twice_is_a_conflict_and_a_finished_import_cannot_be_previewed(manager: Browser) -> None:
    address = upload(manager).headers["Location"]
    assert manager.post(f"{address}/start", GOOD).status_code == 303
    assert manager.post(f"{address}/start", GOOD).status_code == 409
    assert manager.post(f"{address}/preview", GOOD).status_code == 409


def test_fhir_files_show_what_is_understood_and_start_without_choices(manager: Browser, session: Session) -> None:
    address = upload(manager, ndjson(person(), "broken")).headers["Location"]
    page = manager.page(address)
    assert "Ana María Family1" in page
    assert "not JSON" in page
    assert manager.post(f"{address}/start").status_code == 303
    assert session.scalars(select(Import.state)).one() is ImportState.QUEUED


def test_practitioner_files_are_shown_too(manager: Browser) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "House", "given": ["Gregory"]}]}
    assert "Gregory House" in manager.page(upload(manager, ndjson(doctor)).headers["Location"])


def test_cancel_and_go_on(manager: Browser) -> None:
    address = upload(manager).headers["Location"]
    manager.post(f"{address}/start", GOOD)
    answer = manager.htmx("POST", f"{address}/cancel")
    assert "Cancelled" in answer.text
    assert "Go on from line 1" in answer.text
    assert manager.htmx("POST", f"{address}/cancel").status_code == 409
    assert "Waits for its turn." in manager.htmx("POST", f"{address}/resume").text


def test_the_report_is_a_safe_table(manager: Browser, importer: Importer, session: Session) -> None:
    done = importer.run(b"last name,sex\n" + b"".join(b"A%d,=HYPERLINK(1)\n" % n for n in range(120)))
    assert done.refused == 120
    answer = manager.get(f"/imports/{done.id}/refusals.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["Line", "Reason"]
    assert len(rows) == 121
    assert not any(row[1].startswith("=") for row in rows)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq.desc()).limit(1)).one() == "imports.report"
    first = manager.page(f"/imports/{done.id}")
    assert first.count("refusal-") == 50
    after = first.split('id="pager-next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert manager.page(after).count("refusal-") == 50


def test_text_of_the_file_is_never_markup(manager: Browser, importer: Importer) -> None:
    row = importer.upload(b"last name,<img src=x onerror=1>\n<script>alert(1)</script>,<i hx-post=/x>\n")
    page = manager.page(f"/imports/{row.id}")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<i hx-post" not in page


def test_an_unknown_import_is_not_found(manager: Browser) -> None:
    assert manager.get("/imports/999").status_code == 404
    assert manager.post("/imports/999/start").status_code == 404
    assert manager.get("/imports/999/refusals.csv").status_code == 404
