"""Identity numbers, checked by the rules of their countries."""

from collections.abc import Iterator

import pytest
from flask import Flask

from clinic import identifiers
from clinic.errors import Invalid


@pytest.fixture(autouse=True)
def texts(app: Flask) -> Iterator[None]:
    """Messages are translated for a request or a job."""
    with app.app_context():
        yield


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("fr_nir", "2 95 10 99 126 111 93", "2 95 10 99 126 111 93"),
        ("fr_nir", "295109912611193", "2 95 10 99 126 111 93"),
        ("gb_nhs", "9434765870", "943 476 5870"),
        ("us_ssn", "536904399", "536-90-4399"),
        ("passport", "  X 5363 ", "X 5363"),
        ("an importer's own", "anything", "anything"),
    ],
)
def test_a_sound_number_is_kept_as_its_country_writes_it(kind: str, typed: str, stored: str) -> None:
    assert identifiers.check(kind, typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        ("fr_nir", "295109912611194", "check digits"),
        ("fr_nir", "29510991261119", "too short"),
        ("gb_nhs", "943A765870", "characters"),
        ("us_ssn", "999-94-5397", "part of it"),
        ("passport", "", "1 to 80"),
        ("other", "9" * 81, "1 to 80"),
    ],
)
def test_a_wrong_number_is_refused_with_what_is_wrong(kind: str, typed: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        identifiers.check(kind, typed)


def test_every_kind_names_a_module_that_exists() -> None:
    for kind in identifiers.KINDS:
        if kind.module:
            with pytest.raises(Invalid):
                identifiers.check(kind.code, "?")


def test_the_clinics_own_country_comes_first() -> None:
    codes = [code for code, _ in identifiers.choices("FR")]
    assert codes[:2] == ["fr_nir", "passport"]
    assert codes.index("other") < codes.index("us_ssn")
    assert identifiers.label("passport") == "Passport"
    assert identifiers.label("X_9") == "X 9"
