"""What one record says after two became one."""

from dataclasses import fields, replace

import pytest

from clinic.patients.details import PatientDetails
from clinic.patients.merging.combining import FIELDS, Choice, combine, differs, is_empty, usual_choice
from clinic.patients.models import Sex
from tests.patients.merging.records import ADAESE, ADAEZE
from tests.patients.records import PHONE

ALONE = PatientDetails(given_name="Ada")


def test_everything_that_is_known_of_a_patient_can_be_chosen() -> None:
    chosen = {part for field in FIELDS for part in field.parts}
    assert {field.name for field in fields(PatientDetails)} - chosen == {"identifiers", "coverages"}


@pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])
def test_of_two_that_say_nothing_there_is_nothing_to_choose(field: object) -> None:
    (known,) = [each for each in FIELDS if each is field]
    if known.name != "given_name":
        assert is_empty(known, ALONE)
        assert not differs(known, ALONE, ALONE)


def test_a_wish_for_privacy_is_not_lost() -> None:
    (wish,) = [field for field in FIELDS if field.name == "hide_name"]
    assert usual_choice(wish, ALONE, replace(ALONE, hide_name=True)) is Choice.OTHER
    assert combine(ALONE, replace(ALONE, hide_name=True), {}, keeps_name=True).hide_name


def test_the_same_number_typed_in_two_ways_is_kept_once() -> None:
    spaced = PHONE | {"typed": "0612345678", "use": "home"}
    both = combine(ADAEZE, replace(ADAESE, telecoms=(spaced,)), {}, keeps_name=False)
    assert both.telecoms == (PHONE,)


def test_imported_data_comes_together_with_the_survivors_first() -> None:
    mine, other = replace(ALONE, extra={"race": "a"}), replace(ALONE, extra={"race": "b", "religion": "c"})
    assert combine(mine, other, {}, keeps_name=True).extra == {"race": "a", "religion": "c"}


def test_names_that_sound_the_same_to_a_search_are_not_kept_twice() -> None:
    other = replace(ADAEZE, given_name="ADAÈZE")
    assert combine(ADAEZE, other, {}, keeps_name=True).other_names == ()


def test_what_has_one_value_has_no_both() -> None:
    with pytest.raises(ValueError, match="one value"):
        combine(replace(ALONE, sex=Sex.MALE), replace(ALONE, sex=Sex.FEMALE), {"sex": Choice.BOTH}, keeps_name=True)
