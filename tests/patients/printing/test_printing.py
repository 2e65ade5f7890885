from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.patients.printing.papers import SIZES, Imprint, Paper
from clinic.patients.printing.pdf import make_pdf
from tests.browser_client import Browser
from tests.factories import Factory
from tests.patients.printing.reader import read_pdf


@pytest.mark.parametrize("paper", list(Paper))
def test_a_scanner_reads_the_mrn_off_every_paper(receptionist: Browser, make: Factory, paper: Paper) -> None:
    patient = make.patient("Amina", "Benali")
    answer = receptionist.get(f"/patients/{patient.id}/printing/{paper}.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == f"inline; filename={paper}-{patient.mrn}.pdf"
    sizes, codes, text = read_pdf(answer.data)
    size = SIZES[paper]
    assert sizes == [(size.width, size.height)]
    assert set(codes) == {("Code 128", patient.mrn), ("QR Code", patient.mrn)}
    assert "Amina Benali" in text


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Ольга Кузнецова", "Ольга Кузнецова"),
        ("王小明", "王小明"),
        ("さくら", "さくら"),
        ("김민준", "김민준"),
    ],
)
def test_names_are_written_in_their_own_script(name: str, written: str) -> None:
    _, _, text = read_pdf(make_pdf(Paper.CARD, Imprint("Clinic", name, "14 Mar 1982", "000123-4")))
    assert written in text


def test_arabic_letters_are_joined_and_run_from_right_to_left() -> None:
    _, codes, text = read_pdf(make_pdf(Paper.LABEL, Imprint("Clinic", "محمد", "", "000123-4")))
    assert codes == [("Code 128", "000123-4"), ("QR Code", "000123-4")]
    assert any("\ufe70" <= character <= "\ufeff" for character in text) or "محمد" in text


def test_a_long_name_stays_on_the_paper() -> None:
    name = "Maria da Conceição Albuquerque Figueiredo de Vasconcelos e Sousa " * 3
    _, codes, text = read_pdf(make_pdf(Paper.LABEL, Imprint("Clinic", name, "14 Mar 1982", "000123-4")))
    assert len(codes) == 2
    assert "…" in text


def test_the_chart_offers_every_paper_and_a_page_to_print(receptionist: Browser, make: Factory) -> None:
    patient = make.patient("Amina", "Benali")
    html = receptionist.page(f"/patients/{patient.id}/printing")
    for paper in Paper:
        assert f"/patients/{patient.id}/printing/{paper}.pdf" in html
        page = receptionist.page(f"/patients/{patient.id}/printing/{paper}")
        assert f'data-paper="{paper}"' in page
        assert patient.mrn in page
    assert "js/print.js" in receptionist.page(f"/patients/{patient.id}/printing/label?print=1")


def test_taking_a_label_is_noted_as_opening_the_chart(
    receptionist: Browser, make: Factory, session: Session, write_readings: Callable[[], int]
) -> None:
    patient = make.patient()
    receptionist.get(f"/patients/{patient.id}/printing/label.pdf")
    write_readings()
    opened = select(AuditEntry).where(AuditEntry.action == "patients.open", AuditEntry.patient_id == patient.id)
    assert len(session.scalars(opened).all()) == 1


@pytest.mark.parametrize("path", ["/patients/999999/printing", "/patients/999999/printing/label.pdf"])
def test_a_patient_who_is_not_there_has_no_label(receptionist: Browser, path: str) -> None:
    assert receptionist.get(path).status_code == 404


def test_an_unknown_paper_is_not_there(receptionist: Browser, make: Factory) -> None:
    patient = make.patient()
    assert receptionist.get(f"/patients/{patient.id}/printing/poster.pdf").status_code == 404
    assert receptionist.get(f"/patients/{patient.id}/printing/poster").status_code == 404


def test_the_pdf_says_nothing_of_the_patient_outside_its_page(receptionist: Browser, make: Factory) -> None:
    patient = make.patient("Amina", "Benali")
    data = receptionist.get(f"/patients/{patient.id}/printing/label.pdf").data
    assert b"Benali" not in data
