import pytest

from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.db import transaction
from tests.browser_client import CSRF_SECRET, Browser
from tests.factories import PASSWORD, Factory


def test_right_password_signs_in(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    answer = browser.post("/auth/sign-in", {"username": "Nina", "password": PASSWORD})
    assert answer.status_code == 303
    assert "nina" not in str(answer.headers)
    assert browser.get("/auth/sessions").status_code == 200


def test_wrong_password_says_so_and_keeps_the_name(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    answer = browser.post("/auth/sign-in", {"username": "nina", "password": "wrong"})
    assert answer.status_code == 422
    assert 'value="nina"' in answer.get_data(as_text=True)
    assert browser.get("/auth/sessions").status_code == 302


def test_a_copied_cookie_is_worthless_after_sign_out(receptionist: Browser) -> None:
    copied = receptionist.client.get_cookie("clinic")
    assert copied is not None
    assert receptionist.get("/auth/sessions").status_code == 200
    receptionist.post("/auth/sign-out")
    receptionist.client.set_cookie("clinic", copied.value)
    assert receptionist.get("/auth/sessions").status_code == 302


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    answers = [browser.post("/auth/sign-in", {"username": name, "password": "wrong"}) for name in ("nina", "nobody")]
    assert {answer.status_code for answer in answers} == {422}
    assert all("The user name or the password is wrong." in answer.get_data(as_text=True) for answer in answers)


def test_empty_fields_are_pointed_out(browser: Browser) -> None:
    answer = browser.post("/auth/sign-in", {"username": "", "password": ""})
    assert answer.status_code == 422
    assert "Type your user name." in answer.get_data(as_text=True)


def test_a_disabled_user_is_refused_and_thrown_out(browser: Browser, make: Factory) -> None:
    user = make.user(Role.NURSE, username="nina")
    browser.sign_in(user)
    assert browser.get("/auth/sessions").status_code == 200
    with transaction(make.session) as session:
        session.get_one(User, user.id).is_active = False
    assert browser.get("/auth/sessions").status_code == 302
    assert browser.post("/auth/sign-in", {"username": "nina", "password": PASSWORD}).status_code == 422


def test_after_signing_in_one_returns_to_this_site_only(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    for target, expected in [
        ("/audit", "/audit"),
        ("//evil.example/", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
        ("/\t/evil.example", "/"),
    ]:
        answer = browser.client.post(
            "/auth/sign-in",
            query_string={"next": target},
            data={"csrf_token": browser.token, "username": "nina", "password": PASSWORD},
        )
        assert answer.headers["Location"] == expected
        browser.post("/auth/sign-out")
        with browser.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF_SECRET


def test_a_user_name_of_spaces_only_is_asked_for_again(browser: Browser) -> None:
    answer = browser.post("/auth/sign-in", {"username": "   ", "password": "x"})
    assert answer.status_code == 422
    assert "Type your user name." in answer.text


@pytest.mark.guards("signing in begins a session of its own: nothing of an earlier one in this browser goes on")
def test_signing_in_leaves_nothing_of_the_session_before(browser: Browser, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "by whoever had the computer before"
    before = browser.client.get_cookie("clinic")
    browser.post("/auth/sign-in", {"username": "nina", "password": PASSWORD})
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
    after = browser.client.get_cookie("clinic")
    assert before
    assert after
    assert before.value != after.value
