import datetime as dt
import io
import re

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.documents.storage import current_storage
from clinic.patients.models import Patient
from clinic.patients.photo import pictures
from clinic.patients.photo.jobs import clean_up
from clinic.patients.photo.models import PatientPhoto
from tests.browser_client import Browser
from tests.factories import Factory
from tests.moved_clock import run_as_believed


def image(width: int = 900, height: int = 600, form: str = "JPEG", colour: str = "teal", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, form, **options)
    return file.getvalue()


def send(browser: Browser, patient: Patient, data: bytes, key: str = "k" * 24) -> TestResponse:
    file = (io.BytesIO(data), "picture.jpg")
    return browser.post(f"/patients/{patient.id}/photo", {"idempotency_key": key, "file": file})


def shown(browser: Browser, patient: Patient) -> str | None:
    found = re.search(rf"/patients/{patient.id}/photo/(\d+)\.jpg", browser.page(f"/patients/{patient.id}"))
    return found[0] if found else None


def actions(session: Session) -> list[str]:
    photos = select(AuditEntry.action).where(AuditEntry.entity == "photo").order_by(AuditEntry.seq)
    return list(session.scalars(photos))


@pytest.fixture
def patient(make: Factory) -> Patient:
    return make.patient("Amina", "Benali")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_stands_on_the_chart_as_a_small_square(receptionist: Browser, patient: Patient, form: str) -> None:
    assert shown(receptionist, patient) is None
    assert send(receptionist, patient, image(form=form)).status_code == 303
    address = shown(receptionist, patient)
    assert address
    answer = receptionist.get(address)
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    with Image.open(io.BytesIO(answer.data)) as kept:
        assert kept.size == (480, 480)


def test_what_a_camera_writes_into_a_file_is_left_out(receptionist: Browser, patient: Patient) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "Rue de la Paix 7", 6
    send(receptionist, patient, image(exif=exif))
    data = receptionist.get(str(shown(receptionist, patient))).data
    assert b"Rue de la Paix" not in data
    with Image.open(io.BytesIO(data)) as kept:
        assert not kept.getexif()


def test_it_is_sealed_at_rest(receptionist: Browser, patient: Patient, session: Session) -> None:
    send(receptionist, patient, image())
    name = session.scalars(select(PatientPhoto)).one().stored_as
    source = current_storage().open(name)
    assert not source.read_at(0, 4096).startswith(b"\xff\xd8")
    source.close()


def test_sent_twice_it_is_one_photo(receptionist: Browser, patient: Patient, session: Session) -> None:
    for _ in range(2):
        assert send(receptionist, patient, image()).status_code == 303
    assert len(session.scalars(select(PatientPhoto)).all()) == 1


def test_a_newer_photo_takes_the_place_of_the_first(receptionist: Browser, patient: Patient) -> None:
    send(receptionist, patient, image(), key="a" * 24)
    first = shown(receptionist, patient)
    send(receptionist, patient, image(colour="red"), key="b" * 24)
    assert shown(receptionist, patient) not in (None, first)


def test_it_is_removed_and_brought_back(receptionist: Browser, patient: Patient, session: Session) -> None:
    send(receptionist, patient, image())
    address = str(shown(receptionist, patient))
    step = address.removesuffix(".jpg")
    answer = receptionist.htmx("POST", f"{step}/remove")
    assert answer.headers["HX-Trigger"] == "close-dialog"
    assert f"{step}/restore" in answer.get_data(as_text=True)
    assert shown(receptionist, patient) is None
    assert "Bring back the removed photo" in receptionist.page(f"/patients/{patient.id}/photo")
    assert receptionist.htmx("POST", f"{step}/remove").status_code == 409
    assert receptionist.htmx("POST", f"{step}/restore").status_code == 200
    assert shown(receptionist, patient) == address
    assert receptionist.htmx("POST", f"{step}/restore").status_code == 409
    assert actions(session) == ["patients.add_photo", "patients.remove_photo", "patients.restore_photo"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Choose a picture: JPEG, PNG or WebP."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Choose a picture: JPEG, PNG or WebP."),
        (b"GIF89a" + bytes(100), "Choose a picture: JPEG, PNG or WebP."),
        (image()[:500], "Choose a picture: JPEG, PNG or WebP."),
    ],
)
def test_what_is_no_picture_is_refused(receptionist: Browser, patient: Patient, data: bytes, message: str) -> None:
    answer = send(receptionist, patient, data)
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert shown(receptionist, patient) is None


def test_a_file_that_is_too_large_is_refused(
    receptionist: Browser, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LARGEST_BYTES", 1000)
    answer = send(receptionist, patient, image())
    assert answer.status_code == 422
    assert "Choose a picture of at most 15 MB." in answer.get_data(as_text=True)


def test_a_picture_that_would_fill_the_memory_is_refused(receptionist: Browser, patient: Patient) -> None:
    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    assert send(receptionist, patient, file.getvalue()).status_code == 422


def test_without_a_file_it_says_so(receptionist: Browser, patient: Patient) -> None:
    answer = receptionist.post(f"/patients/{patient.id}/photo", {"idempotency_key": "k" * 24})
    assert answer.status_code == 422
    assert "Choose a picture, or take one with the camera." in answer.get_data(as_text=True)


def test_somebody_who_may_not_edit_sees_it_but_cannot_change_it(
    receptionist: Browser, patient: Patient, make: Factory
) -> None:
    send(receptionist, patient, image())
    address = str(shown(receptionist, patient))
    cashier = receptionist.sign_in(make.user(Role.CASHIER))
    assert cashier.get(address).status_code == 200
    assert cashier.get(f"/patients/{patient.id}/photo").status_code == 403
    assert send(cashier, patient, image(), key="c" * 24).status_code == 403
    assert cashier.post(f"{address.removesuffix('.jpg')}/remove").status_code == 403


def test_a_photo_belongs_to_its_patient(receptionist: Browser, patient: Patient, make: Factory) -> None:
    send(receptionist, patient, image())
    number = re.sub(r".*/(\d+)\.jpg", r"\1", str(shown(receptionist, patient)))
    other = make.patient("Yui", "Tanaka")
    assert receptionist.get(f"/patients/{other.id}/photo/{number}.jpg").status_code == 404
    assert receptionist.post(f"/patients/{other.id}/photo/{number}/remove").status_code == 404


def test_a_month_after_its_removal_the_file_is_deleted(
    receptionist: Browser, patient: Patient, session: Session
) -> None:
    send(receptionist, patient, image())
    step = str(shown(receptionist, patient)).removesuffix(".jpg")
    name = session.scalars(select(PatientPhoto)).one().stored_as
    receptionist.post(f"{step}/remove")
    run_as_believed(clean_up)
    assert current_storage().exists(name)
    with transaction(session):
        session.execute(update(PatientPhoto).values(removed_at=clock.now() - dt.timedelta(days=31)))
    run_as_believed(clean_up)
    assert not current_storage().exists(name)
    assert session.scalars(select(PatientPhoto)).all() == []
