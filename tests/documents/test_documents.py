"""The documents of a chart: list, preview, download, description, voiding, duplicates, and the form without script."""

import io
from datetime import date

from sqlalchemy.orm import Session

from clinic.auth.access import Role
from clinic.documents.models import Category, Document
from clinic.documents.storage import DiskStorage
from clinic.patients.models import Patient
from tests.browser_client import Browser
from tests.documents.files import PDF, PNG, Tus, documents, office, pdf, stored, uploads
from tests.factories import Factory
from tests.page_forms import filled
from tests.patients.records import entries, register

KEY = "form-key-0123456789"


def form(*files: tuple[bytes, str], **values: object) -> dict[str, object]:
    """What a browser without script sends."""
    sent = [(io.BytesIO(data), name) for data, name in files]
    return {"idempotency_key": KEY, "category": "letter", "documented_on": "2026-11-01", "files": sent, **values}


def send(browser: Browser, patient: Patient, **data: object) -> tuple[int, str]:
    answer = browser.post(f"/patients/{patient.id}/documents", data, content_type="multipart/form-data")
    # The test client leaves the file it spooled a large form to open.
    answer.request.environ["wsgi.input"].close()
    return answer.status_code, answer.get_data(as_text=True)


def test_an_empty_chart_says_so(receptionist: Browser, patient: Patient, disk: DiskStorage) -> None:
    assert "No documents yet" in receptionist.page(f"/patients/{patient.id}/documents")


def test_several_files_go_up_without_script(
    receptionist: Browser, patient: Patient, session: Session, disk: DiskStorage
) -> None:
    big = pdf(1_500_000)
    status, _ = send(receptionist, patient, **form((PDF, "a.pdf"), (big, "Brief_an Dr. Wolf.pdf"), (PNG, "skin.png")))
    assert status == 303
    assert [(d.title, d.category) for d in documents(session)] == [
        ("a", Category.LETTER),
        ("Brief an Dr. Wolf", Category.LETTER),
        ("skin", Category.LETTER),
    ]
    assert stored(documents(session)[1]) == big
    assert list(disk.staging.iterdir()) == []
    page = receptionist.page(f"/patients/{patient.id}/documents")
    assert "Brief an Dr. Wolf" in page
    assert "Ana Reception" in page


def test_the_same_form_twice_stores_each_file_once(
    receptionist: Browser, patient: Patient, session: Session, disk: DiskStorage
) -> None:
    for _ in range(2):
        assert send(receptionist, patient, **form((PDF, "a.pdf"), (PNG, "b.png")))[0] == 303
    assert len(documents(session)) == 2


def test_a_title_is_for_a_single_file(
    receptionist: Browser, patient: Patient, session: Session, disk: DiskStorage
) -> None:
    send(receptionist, patient, **form((PDF, "a.pdf"), title="Blood count"))
    assert documents(session)[0].title == "Blood count"


def test_no_file_keeps_what_was_typed(receptionist: Browser, patient: Patient, disk: DiskStorage) -> None:
    status, page = send(receptionist, patient, **form(title="Blood count"))
    assert status == 422
    assert 'value="Blood count"' in page
    assert "Choose at least one file" in page


def test_a_refused_file_is_named_and_the_others_are_kept(
    receptionist: Browser, patient: Patient, session: Session, disk: DiskStorage
) -> None:
    status, page = send(
        receptionist, patient, **form((b"MZ\x90\0\0", "invoice.pdf"), (PDF, "a.pdf"), (b"", "empty.txt"))
    )
    assert status == 422
    assert "invoice.pdf: This kind of file is not accepted" in page
    assert "empty.txt: This file is empty" in page
    assert [d.file_name for d in documents(session)] == ["a.pdf"]


def test_limits_per_patient_are_kept(
    receptionist: Browser, patient: Patient, session: Session, disk: DiskStorage
) -> None:
    tus = Tus(receptionist, patient)
    for _ in range(5):
        assert tus.create(2048 * 1024**2).status_code in (201, 507)
    refused = tus.create(2048 * 1024**2)
    assert refused.status_code in (422, 507)
    assert Tus(receptionist, register(session)).create(1000).status_code == 201


def test_the_same_file_twice_is_offered_as_a_duplicate(tus: Tus, receptionist: Browser, session: Session) -> None:
    tus.upload(PDF, filename="first.pdf")
    url = tus.upload(PDF, filename="again.pdf")
    assert len(documents(session)) == 1
    shown = receptionist.htmx("POST", f"{url}/finish").get_data(as_text=True)
    assert "is here already as" in shown
    assert "first" in shown
    page = receptionist.page(f"/patients/{tus.patient_id}/documents")
    assert "again.pdf" in page
    for _ in range(2):
        assert "Uploaded" in receptionist.htmx("POST", f"{url}/keep").get_data(as_text=True)
    assert [d.file_name for d in documents(session)] == ["first.pdf", "again.pdf"]
    assert stored(documents(session)[1]) == PDF


def test_a_skipped_duplicate_leaves_nothing(
    tus: Tus, receptionist: Browser, session: Session, disk: DiskStorage
) -> None:
    tus.upload(PDF)
    url = tus.upload(PDF)
    for _ in range(2):
        assert receptionist.post(f"{url}/discard").status_code == 303
    assert len(documents(session)) == 1
    assert len(list(disk.root.glob("documents/*/*"))) == 1
    assert receptionist.post(f"{url}/keep").status_code == 409


def test_the_same_file_of_another_patient_or_of_a_voided_document_is_no_duplicate(
    tus: Tus, manager: Browser, session: Session
) -> None:
    tus.upload(PDF)
    Tus(manager, register(session)).upload(PDF)
    assert len(documents(session)) == 2
    manager.post(f"/documents/{documents(session)[0].id}/void", {"reason": "Wrong scan"})
    tus.upload(PDF)
    assert len(documents(session)) == 3


def test_finishing_again_makes_one_document(tus: Tus, receptionist: Browser, session: Session) -> None:
    url = tus.upload(PDF)
    for _ in range(2):
        assert receptionist.htmx("POST", f"{url}/finish").status_code == 200
    assert tus.patch(url, len(PDF), b"").status_code == 204
    assert len(documents(session)) == 1


def test_filters_show_one_category_and_voided_on_demand(tus: Tus, manager: Browser) -> None:
    tus.upload(PDF, title="Blood count", category="result")
    tus.upload(PNG, title="Skin", category="imaging")
    address = f"/patients/{tus.patient_id}/documents"
    only = manager.page(f"{address}?category=result")
    assert "Blood count" in only
    assert "Skin" not in only
    assert manager.get(f"{address}?category=nonsense").status_code == 422
    number = documents(manager.session)[1].id
    manager.post(f"/documents/{number}/void", {"reason": "Belongs to somebody else"})
    assert "Skin" not in manager.page(address)
    voided = manager.page(f"{address}?voided=1")
    assert "<s>Skin</s>" in voided
    assert "Belongs to somebody else" in voided


def one(tus: Tus, data: bytes = PDF, **values: object) -> Document:
    tus.upload(data, **values)
    return documents(tus.browser.session)[-1]


def test_a_document_is_described_anew_and_audited(tus: Tus, receptionist: Browser, session: Session) -> None:
    document = one(tus, title="Scan")
    address = f"/documents/{document.id}/edit"
    assert 'value="Scan"' in receptionist.page(address)
    sent = {"title": "Blood count", "category": "result", "documented_on": "2026-10-30", "version": document.version}
    assert receptionist.post(address, sent).status_code == 303
    assert documents(session)[0].documented_on == date(2026, 10, 30)
    entry = entries(session, document.patient_id)[-1]
    assert entry.before["title"] == "Scan"
    assert entry.after["title"] == "Blood count"
    assert receptionist.post(address, {**sent, "title": "Other"}).status_code == 409
    assert documents(session)[0].title == "Blood count"


def test_a_description_without_title_is_refused(tus: Tus, receptionist: Browser) -> None:
    address = f"/documents/{one(tus).id}/edit"
    sent = filled(receptionist, address, address, title=" ", category="result")
    answer = receptionist.htmx("POST", address, sent)
    assert answer.status_code == 422
    assert "Give a title" in answer.get_data(as_text=True)


def test_voiding_needs_a_reason_and_happens_once(tus: Tus, manager: Browser, session: Session) -> None:
    document = one(tus)
    address = f"/documents/{document.id}/void"
    assert "cannot be undone" in manager.page(address)
    assert manager.post(address, {"reason": ""}).status_code == 422
    answer = manager.htmx("POST", address, {"reason": "Wrong patient"})
    assert "close-dialog" in answer.headers["HX-Trigger"]
    assert manager.post(address, {"reason": "Again"}).status_code == 409
    assert documents(session)[0].void_reason == "Wrong patient"
    assert [e.action for e in entries(session, document.patient_id)].count("documents.void") == 1
    sent = {"title": "x", "category": "other", "documented_on": "2026-10-30", "version": 2}
    assert manager.post(f"/documents/{document.id}/edit", sent).status_code == 409


def test_roles_see_and_do_what_is_theirs(tus: Tus, session: Session, make: Factory, app: object) -> None:
    document = one(tus)
    assert tus.browser.post(f"/documents/{document.id}/void", {"reason": "No"}).status_code == 403
    cashier = Browser(app, session).sign_in(make.user(Role.CASHIER))  # type: ignore[arg-type]
    for address in ("", "/content", "/download", "/edit", "/void"):
        assert cashier.get(f"/documents/{document.id}{address}").status_code == 403
    assert cashier.get(f"/patients/{document.patient_id}/documents").status_code == 403
    assert cashier.post(f"/patients/{document.patient_id}/documents").status_code == 403


def test_the_preview_shows_what_a_browser_can_show(tus: Tus, receptionist: Browser) -> None:
    picture, letter = one(tus, PNG), one(tus, PDF)
    word = one(tus, office(word__document_dot_xml="<w/>"), filename="a.docx")
    assert "<img src=" in receptionist.page(f"/documents/{picture.id}")
    assert "<iframe src=" in receptionist.page(f"/documents/{letter.id}")
    assert "cannot be shown here" in receptionist.page(f"/documents/{word.id}")
    assert receptionist.get(f"/documents/{word.id}/content").status_code == 404
    assert receptionist.get("/documents/999999").status_code == 404
    assert len(uploads(receptionist.session)) == 3
