from clinic.auth.access import Role
from tests.browser_client import Browser
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
