import pytest

from clinic.auth.passwords.rules import check_password
from clinic.errors import Invalid


@pytest.mark.guards("a password that anybody would try first is refused, however it is dressed up")
@pytest.mark.parametrize(
    "easy",
    [
        "aaaaaaaaaaaa",
        "password1234",
        "PASSWORD1234",
        "Password123!Password123!",
        "passwordpassword",
        "pass word pass word",
        "qwertyuiop12",
        "abcdefghijkl",
        "210987654321",
        "!!!sunshine2026",
        "abababababab",
        "1q2w3e4r5t6y",
    ],
)
def test_easy_passwords_are_refused(easy: str) -> None:
    with pytest.raises(Invalid, match="first passwords") as refused:
        check_password(easy, username="nina", clinic_name="Clinic")
    assert refused.value.field == "password"


@pytest.mark.parametrize("named", ["nina likes her tea", "Rosewood is my place", "the CLINIC opens late"])
def test_neither_the_users_name_nor_the_clinics_is_in_it(named: str) -> None:
    with pytest.raises(Invalid, match="must not contain"):
        check_password(named, username="Nina", clinic_name="Rosewood Clinic")


@pytest.mark.parametrize("length", [11, 201])
def test_too_short_and_too_long(length: int) -> None:
    with pytest.raises(Invalid, match="12 to 200"):
        check_password(("tangerine harbour " * 12)[:length], username="nina", clinic_name="Clinic")


@pytest.mark.parametrize("good", ["correct horse battery", "Zm4 kuppel Ofen", "überall grüne Dächer", "x9!Tq#2vLp$8"])
def test_long_words_that_nobody_lists_are_taken(good: str) -> None:
    check_password(good, username="nina", clinic_name="Rosewood Clinic")
