"""The search box over HTTP: results, suggestions, scanned cards, and nothing typed in any address."""

import re

import pytest
from sqlalchemy.orm import Session

from clinic.patients.details import PatientDetails
from clinic.patients.models import Patient
from tests.browser_client import Browser, check_page
from tests.patients.records import register
from tests.patients.search.corpus import fill
from tests.query_counter import count_queries


@pytest.fixture
def people(session: Session) -> dict[str, Patient]:
    return fill(session)


def test_results_are_a_page_without_script(people: dict[str, Patient], receptionist: Browser) -> None:
    html = receptionist.post("/patients/search", {"q": "smi"}).get_data(as_text=True)
    check_page(html)
    assert "John <mark>Smi</mark>th" in html
    assert html.index("Mary Ann") < html.index("Peter Gold")


def test_results_replace_the_list_with_script(people: dict[str, Patient], receptionist: Browser) -> None:
    html = receptionist.htmx("POST", "/patients/search", {"q": "smi", "typing": "1"}).get_data(as_text=True)
    assert html.lstrip().startswith('<div id="patient-results"')
    assert "John <mark>Smi</mark>th" in html


def test_no_text_typed_stands_in_an_address(people: dict[str, Patient], receptionist: Browser) -> None:
    for path in ("/patients/search", "/patients/suggest"):
        for text in ("smith", "qqqsmith"):
            response = receptionist.post(path, {"q": text, "typing": "1"})
            addresses = re.findall(r'(?:href|action|hx-\w+)="([^"]*)"', response.get_data(as_text=True))
            assert not [a for a in addresses if "smith" in a.lower()]
            assert "HX-Push-Url" not in response.headers


def test_a_scanned_mrn_opens_the_chart(people: dict[str, Patient], receptionist: Browser) -> None:
    smith = people["John Smith"]
    for typed in (smith.mrn, smith.mrn.replace("-", "")):
        response = receptionist.post("/patients/search", {"q": typed})
        assert (response.status_code, response.location) == (303, f"/patients/{smith.id}")
    assert (
        receptionist.htmx("POST", "/patients/search", {"q": smith.mrn}).headers["HX-Redirect"]
        == f"/patients/{smith.id}"
    )
    typing = receptionist.htmx("POST", "/patients/search", {"q": smith.mrn, "typing": "1"})
    assert typing.status_code == 200
    assert f"<mark>{smith.mrn}</mark>" in typing.get_data(as_text=True)


def test_enter_opens_the_only_match_but_no_guess(people: dict[str, Patient], receptionist: Browser) -> None:
    goldsmith = people["Peter Goldsmith"]
    assert receptionist.post("/patients/search", {"q": "goldsm"}).location == f"/patients/{goldsmith.id}"
    assert receptionist.post("/patients/search", {"q": "goldsmiht"}).status_code == 200
    assert receptionist.post("/patients/search", {"q": "smi"}).status_code == 200
    assert receptionist.post("/patients/search", {"q": "goldsm", "typing": "1"}).status_code == 200


def test_a_phone_and_a_birth_date_are_marked(people: dict[str, Patient], receptionist: Browser) -> None:
    html = receptionist.post("/patients/search", {"q": "4567", "typing": "1"}).get_data(as_text=True)
    assert "06 12 34 <mark>45 67</mark>" in html
    html = receptionist.post("/patients/search", {"q": "14/3/82", "typing": "1"}).get_data(as_text=True)
    assert re.search("<mark>[^<]*Mar[^<]*1982</mark>", html)


def test_an_identifier_says_that_it_matched(people: dict[str, Patient], receptionist: Browser) -> None:
    html = receptionist.post("/patients/search", {"q": "12AB34567", "typing": "1"}).get_data(as_text=True)
    assert "John Smith" in html
    assert "Number or e-mail matches" in html


def test_names_are_escaped_where_they_are_marked(session: Session, receptionist: Browser) -> None:
    register(session, PatientDetails(family_name="<b>Bold</b>", given_name="Tom & Jerry"))
    for path in ("/patients/search", "/patients/suggest"):
        html = receptionist.post(path, {"q": "bold", "typing": "1"}).get_data(as_text=True)
        assert "Tom &amp; Jerry &lt;b&gt;<mark>Bold</mark>&lt;/b&gt;" in html
    assert (
        "<script>"
        not in receptionist.post("/patients/search", {"q": "<script>"}).get_data(as_text=True).split("</head>")[1]
    )


def test_suggestions_are_the_eight_best(session: Session, receptionist: Browser) -> None:
    for number in range(12):
        register(session, PatientDetails(family_name="Smith", given_name=f"Number{number:02}"))
    html = receptionist.htmx("POST", "/patients/suggest", {"q": "smith"}).get_data(as_text=True)
    assert html.count('class="result"') == 8
    assert "Show all matches" in html


def test_an_empty_box_shows_no_suggestions_and_the_list_as_it_was(
    people: dict[str, Patient], receptionist: Browser
) -> None:
    assert receptionist.htmx("POST", "/patients/suggest", {"q": "  "}).get_data(as_text=True).strip() == ""
    assert receptionist.post("/patients/search", {"q": ""}).location == "/patients"
    shown = {"HX-Request": "true", "HX-Current-URL": "http://localhost/patients?sort=-mrn&sex=male"}
    data = {"csrf_token": receptionist.token, "q": "", "typing": "1"}
    html = receptionist._open("POST", "/patients/search", data=data, headers=shown).get_data(as_text=True)
    assert "chip-sex" in html


def test_results_reloaded_are_the_list(receptionist: Browser) -> None:
    response = receptionist.get("/patients/search")
    assert (response.status_code, response.location) == (303, "/patients")


def test_further_results_follow_without_a_gap(session: Session, receptionist: Browser) -> None:
    for number in range(60):
        register(session, PatientDetails(family_name="Smith", given_name=f"Number{number:02}"))
    first = receptionist.htmx("POST", "/patients/search", {"q": "smith", "typing": "1"}).get_data(as_text=True)
    cursor = re.search(r'name="after" value="([^"]+)"', first)
    assert cursor is not None
    second = receptionist.htmx("POST", "/patients/search", {"q": "smith", "typing": "1", "after": cursor[1]})
    shown = re.findall(r"Number(\d\d)", first + second.get_data(as_text=True))
    assert shown == [f"{number:02}" for number in range(60)]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é"])
def test_a_mangled_cursor_gives_the_best_matches(
    people: dict[str, Patient], receptionist: Browser, cursor: str
) -> None:
    html = receptionist.post("/patients/search", {"q": "smi", "after": cursor}).get_data(as_text=True)
    assert "John <mark>Smi</mark>th" in html


def test_who_is_not_found_is_registered_from_what_was_typed(session: Session, receptionist: Browser) -> None:
    for path in ("/patients/search", "/patients/suggest"):
        html = receptionist.post(path, {"q": "zelda quux"}).get_data(as_text=True)
        form = html.split('action="/patients/begin"')[1]
        assert '<input type="hidden" name="typed" value="zelda quux">' in form


def test_who_may_not_register_is_not_offered_it(session: Session, cashier: Browser) -> None:
    html = cashier.post("/patients/search", {"q": "nobody"}).get_data(as_text=True)
    assert "No patient found" in html
    assert "/patients/begin" not in html.split('id="patient-results"')[1]


def test_the_number_of_queries_does_not_grow_with_the_results(session: Session, receptionist: Browser) -> None:
    def cost(typed: str) -> int:
        with count_queries() as queries:
            receptionist.htmx("POST", "/patients/search", {"q": typed, "typing": "1"})
        return len(queries)

    for number in range(9):
        register(session, PatientDetails(family_name="Smith", given_name=f"Number{number:02}"))
    before = cost("smi"), cost("smi number")
    for number in range(9, 45):
        register(session, PatientDetails(family_name="Smith", given_name=f"Number{number:02}"))
    assert (cost("smi"), cost("smi number")) == before
    assert max(before) <= 14
