"""Finding patients by what people type: the same rows in the same order on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.names import fold
from clinic.patients import service
from clinic.patients.details import details_of
from clinic.patients.models import Patient
from clinic.patients.search import candidates
from clinic.patients.search.parsing import parse
from clinic.patients.search.queries import find_exact, search_patients
from clinic.patients.search.ranking import Hit, Tier
from tests.factories import NOW, TESTER
from tests.patients.search.corpus import HABITS, fill, find


@pytest.fixture
def people(session: Session) -> dict[str, Patient]:
    return fill(session)


CASES = {
    # beginnings of names, family name first, whole words before longer ones
    "smi": ["John Smith", "Mary Ann Smith", "John Smithson", "Smilla Johnson", "Peter Goldsmith"],
    "smith": ["John Smith", "Mary Ann Smith", "John Smithson", "Peter Goldsmith"],
    "JOHN": ["Lisa Johnson", "Smilla Johnson", "John Smith", "John Smithson"],
    "john smi": ["Smilla Johnson", "John Smith", "John Smithson"],
    "smith john": ["John Smith", "John Smithson"],
    "john smith": ["John Smith", "John Smithson"],
    "smi joh": ["Smilla Johnson", "John Smith", "John Smithson"],
    "s": ["John Smith", "Mary Ann Smith", "John Smithson", "Suharto"],
    "li": ["Wei Li", "Astrid Lind", "Lisa Johnson"],
    "suharto": ["Suharto"],
    # inside words
    "ldsm": ["Peter Goldsmith"],
    "connor": ["Sinéad O'Connor"],
    "iba maria": ["María José Núñez Ibáñez"],
    "mith eter": ["Peter Goldsmith"],
    "o connor": ["Sinéad O'Connor"],
    # accents, case, apostrophes, several family names
    "nunez": ["María José Núñez Ibáñez"],
    "ibáñez": ["María José Núñez Ibáñez"],
    "MARQUEZ gabriel": ["Gabriel García Márquez"],
    "oconnor": ["Sinéad O'Connor"],
    "O’CONNOR": ["Sinéad O'Connor"],
    "de la cruz": ["Ana de la Cruz"],
    "cruz ana": ["Ana de la Cruz"],
    "muller": ["Jürgen Müller"],
    "lukasiewicz zoe": ["Zoë Łukasiewicz"],
    "nguyen": ["Văn An Nguyễn"],
    # other scripts
    "李": ["李小明"],
    "李小明": ["李小明"],
    "小明": ["李小明"],
    "芳": ["王芳"],
    "петров": ["Дмитрий Петров"],
    "ДМИТ": ["Дмитрий Петров"],
    "الخطيب": ["محمد الخطيب"],
    "محم": ["محمد الخطيب"],
    # earlier names
    "kowal": ["John Smith"],
    # typing errors
    "smiht": ["John Smith", "Mary Ann Smith"],
    "jonson": ["Lisa Johnson", "Smilla Johnson"],
    "jon smiht": [],
    "jhon smiht": ["John Smith"],
    "gabriel garzia": ["Gabriel García Márquez"],
    "петроф": ["Дмитрий Петров"],
    "zzzz": [],
    # dates
    "14/3/82": ["John Smith"],
    "14.03.1982": ["John Smith"],
    "14 mar 1982": ["John Smith"],
    "1982-03-14": ["John Smith"],
    "smi 14/3/82": ["John Smith"],
    "14 mar 1982 smith": ["John Smith"],
    "march 1982": ["Jürgen Müller", "John Smith"],
    "smi 1982": ["John Smith", "John Smithson"],
    "1982 mul": ["Jürgen Müller"],
    "jonhson 1990": ["Smilla Johnson"],
    "31/12/82": ["John Smithson"],
    # a year is a birth date, the end of a phone number, and part of anything else
    "1982": ["Aaron697 Abbott774", "Lisa Johnson", "Jürgen Müller", "John Smith", "John Smithson"],
    # phones
    "4567": ["John Smith"],
    "44567": ["John Smith"],
    "612344567": ["John Smith"],
    "06 12 34 45 67": ["John Smith"],
    "+33 6 12 34 45 67": ["John Smith"],
    "0033612344567": ["John Smith"],
    "john 4567": ["John Smith"],
    "94567": [],
    # identifiers and addresses, exactly
    "12ab34567": ["John Smith"],
    "12AB 34567": ["John Smith"],
    "12ab3456": [],
    "John.Smith@Example.org": ["John Smith"],
    "john.smith@example": [],
    # names with digits, and what says nothing
    "abbott774": ["Aaron697 Abbott774"],
    "774": ["Aaron697 Abbott774"],
    "": [],
    " - ": [],
    "%": [],
    "___": [],
    '"': [],
    '" OR "': [],
}


@pytest.mark.parametrize("few", [candidates.FEW, 1], ids=["fetched", "walked"])
def test_each_text_finds_its_patients_in_order(
    session: Session, people: dict[str, Patient], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """With FEW at 1 everything comes from walks along the names: both ways must give the same."""
    monkeypatch.setattr(candidates, "FEW", few)
    wrong = {typed: found for typed, expected in CASES.items() if (found := find(session, typed)) != expected}
    assert not wrong


def test_an_mrn_is_found_in_full_and_by_its_beginning(session: Session, people: dict[str, Patient]) -> None:
    mrn = people["John Smith"].mrn
    assert find(session, mrn)[0] == "John Smith"
    assert find(session, mrn.replace("-", ""))[0] == "John Smith"
    assert find(session, mrn.replace("-", "").lstrip("0"))[0] == "John Smith"
    begun = [hit.key for hit in search_patients(session, parse(mrn[:4], HABITS), limit=50).hits]
    assert begun == sorted(p.mrn for p in people.values() if p.mrn.startswith(mrn[:4]))


def test_a_scanned_mrn_names_one_patient(session: Session, people: dict[str, Patient]) -> None:
    smith = people["John Smith"]
    assert find_exact(session, parse(smith.mrn, HABITS)) == smith.id
    assert find_exact(session, parse(smith.mrn[:-1], HABITS)) is None
    assert find_exact(session, parse("smith", HABITS)) is None


@pytest.mark.parametrize("typed", ["smi", "1982", "00", "jonson", "a", "li", "son", "e smith"])
def test_pages_of_results_give_each_hit_once_in_order(
    session: Session, people: dict[str, Patient], monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    text = parse(typed, HABITS)
    for few in (candidates.FEW, 0):
        monkeypatch.setattr(candidates, "FEW", few)
        whole = search_patients(session, text, limit=100).hits
        pages: list[Hit] = []
        after = None
        while True:
            found = search_patients(session, text, limit=1, after=after)
            pages += found.hits
            if not found.has_more:
                break
            after = found.hits[-1]
        assert pages == ([hit for hit in whole if hit.tier != Tier.TYPING_ERROR] or whole)
        assert sorted(set(pages)) == pages


def test_a_renamed_patient_is_found_by_the_new_name_only(session: Session, people: dict[str, Patient]) -> None:
    goldsmith = people["Peter Goldsmith"]
    details = replace(details_of(goldsmith), family_name="Silversmyth", telecoms=())
    with transaction(session):
        service.update_patient(
            session, patient_id=goldsmith.id, details=details, expected_version=None, actor=TESTER, now=NOW
        )
    assert find(session, "goldsmith") == []
    assert find(session, "5555") == []
    assert find(session, "lversm") == ["Peter Silversmyth"]
    assert find(session, "silvesmyth") == ["Peter Silversmyth"]


def test_everything_a_plain_substring_search_would_find_is_found(session: Session, people: dict[str, Patient]) -> None:
    names = {p.display_name: fold(p.display_name) for p in session.scalars(select(Patient))}
    parts = {name[i : i + n] for name in names.values() for n in (3, 4, 6) for i in range(len(name) - n + 1)}
    for part in sorted(p for p in parts if any(len(word) >= 3 for word in p.split())):
        expected = {shown for shown, name in names.items() if part in name}
        assert expected <= set(find(session, part)), part
