"""Merging and undoing on the screen."""

import re
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.patients.duplicates.jobs import match_waiting
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient
from tests.browser_client import Browser
from tests.patients.merging.records import merge, two_records
from tests.patients.records import FULL, register
from tests.query_count import count_queries


def sent(html: str) -> dict[str, str]:
    """What the browser would send back if nobody touched the form."""
    form = html.split('id="merge-form"')[1].split("</form>")[0]
    values = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = attributes.get("type") in ("radio", "checkbox")
        if not is_choice or re.search(r"\bchecked\b", tag):
            values[attributes["name"]] = unescape(attributes.get("value", ""))
    return values


def address(survivor: Patient, other: Patient) -> str:
    return f"/patients/{survivor.id}/merge/{other.id}"


def test_both_stand_side_by_side_with_a_sensible_choice(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    html = manager.page(address(survivor, other))
    for text in (survivor.mrn, other.mrn, "Adaeze", "Adaese", "Uses a wheelchair", "The same in both", "Okafor"):
        assert text in html
    values = sent(html)
    assert (values["given_name"], values["sex"], values["notes"]) == ("survivor", "other", "both")
    assert "keeps_name" in values
    assert "family_name" not in values


def test_the_untouched_form_merges(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    values = sent(manager.page(address(survivor, other)))
    answer = manager.post(address(survivor, other), values)
    assert (answer.status_code, answer.location) == (303, f"/patients/{survivor.id}")
    assert other.merged_into_id == survivor.id
    assert "Adaese" in manager.page(f"/patients/{survivor.id}")
    # The same form again: the browser went back, or the answer was lost.
    assert manager.post(address(survivor, other), values).location == f"/patients/{survivor.id}"
    assert len(session.scalars(select(PatientMerge)).all()) == 1


def test_what_was_chosen_is_kept(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    values = sent(manager.page(address(survivor, other))) | {"given_name": "other", "notes": "survivor"}
    manager.post(address(survivor, other), values)
    assert (survivor.given_name, survivor.notes) == ("Adaese", "Prefers mornings")


@pytest.mark.parametrize("change", [{"given_name": "both"}, {"sex": "nobody"}, {"survivor_version": "x"}])
def test_a_wrong_answer_is_refused_and_the_others_are_kept(
    manager: Browser, session: Session, change: dict[str, str]
) -> None:
    survivor, other = two_records(session)
    values = sent(manager.page(address(survivor, other))) | {"notes": "other"} | change
    answer = manager.post(address(survivor, other), values)
    assert answer.status_code == 422
    assert sent(answer.get_data(as_text=True))["notes"] == "other"
    assert other.merged_into_id is None


def test_a_change_meanwhile_shows_the_fresh_values(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    values = sent(manager.page(address(survivor, other))) | {"other_version": "0"}
    answer = manager.htmx("POST", address(survivor, other), values)
    html = answer.get_data(as_text=True)
    assert (answer.status_code, other.merged_into_id) == (409, None)
    assert "Somebody changed one of the two records" in html
    assert manager.post(address(survivor, other), sent(html)).status_code == 303


def test_a_merge_that_somebody_else_made_first_is_a_conflict(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    values = sent(manager.page(address(other, survivor)))
    merge(session, survivor, other)
    assert manager.post(address(other, survivor), values).status_code == 409
    assert survivor.merged_into_id is None


def test_the_address_of_a_comparison_that_is_over_leads_on(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    third = register(session, FULL)
    merge(session, survivor, other)
    assert manager.get(address(survivor, other)).location == f"/patients/{survivor.id}"
    assert manager.get(address(third, other)).location == address(third, survivor)
    assert manager.get(address(other, third)).location == address(survivor, third)
    assert manager.get(address(third, third)).location == f"/patients/{third.id}"


def test_the_other_record_is_found_by_its_number_or_among_the_likely(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    match_waiting()
    url = f"/patients/{survivor.id}/merge"
    assert address(survivor, other) in manager.page(url)
    assert manager.post(url, {"mrn": other.mrn}).location == address(survivor, other)
    for wrong in ("", "999999-9", survivor.mrn):
        answer = manager.post(url, {"mrn": wrong})
        assert answer.status_code == 422
        assert "number" in answer.get_data(as_text=True)


def test_an_undo_says_what_goes_back_and_what_stays(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    merge_id = merge(session, survivor, other).id
    url = f"/patients/merges/{merge_id}/undo"
    assert url in manager.page(f"/patients/{survivor.id}")
    assert url in manager.page("/patients/duplicates?show=merged")
    html = manager.page(url)
    assert "identifiers: 1" in html
    assert "Phones and e-mail" in html
    assert "Nothing was added since" in html
    assert manager.post(url).location == f"/patients/{survivor.id}"
    assert other.merged_into_id is None
    answer = manager.post(url)
    assert answer.status_code == 409
    assert "undone already" in answer.get_data(as_text=True)
    assert manager.get(f"/patients/{other.id}").status_code == 200


def test_an_undo_that_is_contradicted_names_why(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    third = register(session, FULL)
    first = merge(session, survivor, other).id
    merge(session, third, survivor)
    url = f"/patients/merges/{first}/undo"
    html = manager.page(url)
    assert "merged on into another one" in html
    assert "can no longer be undone" in html
    assert manager.post(url).status_code == 409
    assert other.merged_into_id == third.id


def test_comparing_takes_a_fixed_number_of_queries(manager: Browser, session: Session) -> None:
    survivor, other = two_records(session)
    with count_queries(session) as queries:
        manager.page(address(survivor, other))
    assert len(queries) <= 35


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_reception_may_not(receptionist: Browser, session: Session, method: str) -> None:
    survivor, other = two_records(session)
    merge_id = merge(session, survivor, other).id
    third = register(session, FULL)
    for url in (address(survivor, third), f"/patients/{survivor.id}/merge", f"/patients/merges/{merge_id}/undo"):
        assert getattr(receptionist, method)(url).status_code == 403
    assert "Undo the merge" not in receptionist.page(f"/patients/{survivor.id}")
