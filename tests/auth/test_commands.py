"""`flask users`: what an administrator does about a colleague who comes, goes or forgot the password."""

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from clinic.audit.models import AuditEntry
from clinic.auth.access import Role
from clinic.auth.models import User
from tests.browser_client import Browser
from tests.factories import PASSWORD, Factory

FlaskUsers = Callable[..., Result]


@pytest.fixture
def flask_users(app: Flask, session: Session) -> FlaskUsers:
    """Runs `flask users ...` and gives the result."""

    def run(*words: str, typed: str | None = None) -> Result:
        result = app.test_cli_runner().invoke(args=["users", *words], input=typed)
        session.rollback()
        session.expire_all()
        return result

    return run


@pytest.mark.guards("who leaves the clinic is shut out at once, wherever they are signed in")
def test_a_disabled_user_is_out_at_once(flask_users: FlaskUsers, browser: Browser, make: Factory) -> None:
    nina = make.user(Role.NURSE, username="nina")
    browser.sign_in(nina)
    assert browser.get("/auth/sessions").status_code == 200
    result = flask_users("disable", "Nina")
    assert (result.exit_code, "1 sessions were ended" in result.output) == (0, True)
    assert browser.get("/auth/sessions").status_code == 302
    assert browser.post("/auth/sign-in", {"username": "nina", "password": PASSWORD}).status_code == 422
    flask_users("enable", "nina")
    assert browser.get("/auth/sessions").status_code == 302
    assert browser.post("/auth/sign-in", {"username": "nina", "password": PASSWORD}).status_code == 303


def test_without_a_password_a_code_is_printed_that_sets_one(flask_users: FlaskUsers, browser: Browser) -> None:
    result = flask_users("create", "ada", "--name", "Ada Admin", "--role", "admin")
    assert result.exit_code == 0
    code = re.search(r"ada: (\S+)", result.output)
    assert code is not None
    new = {"password": "tangerine harbour light", "password_again": "tangerine harbour light"}
    assert browser.post("/auth/password/code", {"username": "ada", "password_code": code[1], **new}).status_code == 303


def test_a_password_is_read_from_standard_input_where_no_list_of_processes_shows_it(
    flask_users: FlaskUsers, browser: Browser
) -> None:
    words = ("create", "ada", "--name", "Ada Admin", "--role", "admin", "--password-stdin")
    made = flask_users(*words, typed="tangerine harbour light\n")
    assert made.output == "ada may sign in.\n"
    answer = browser.post("/auth/sign-in", {"username": "ada", "password": "tangerine harbour light"})
    assert answer.status_code == 303


@pytest.mark.parametrize("easy", ["aaaaaaaaaaaa", "password1234", "short", "my clinic is nice"])
def test_an_easy_password_is_refused(flask_users: FlaskUsers, session: Session, easy: str) -> None:
    result = flask_users("create", "weakling", "--name", "W", "--role", "nurse", "--password-stdin", typed=f"{easy}\n")
    assert result.exit_code == 1
    assert session.query(User).filter_by(username="weakling").count() == 0


def test_roles_are_replaced(flask_users: FlaskUsers, browser: Browser, make: Factory, session: Session) -> None:
    browser.sign_in(make.user(Role.CASHIER, username="nina"))
    assert browser.get("/audit").status_code == 403
    assert flask_users("roles", "nina", "--role", "manager", "--role", "nurse").exit_code == 0
    assert browser.get("/audit").status_code == 200
    entry = session.query(AuditEntry).filter_by(action="users.change_roles").one()
    assert (entry.before, entry.after) == ({"roles": ["cashier"]}, {"roles": ["manager", "nurse"]})


def test_sessions_are_ended_and_the_password_stays(flask_users: FlaskUsers, browser: Browser, make: Factory) -> None:
    browser.sign_in(make.user(Role.NURSE, username="nina"))
    assert "1 sessions of nina were ended." in flask_users("end-sessions", "nina").output
    assert browser.get("/auth/sessions").status_code == 302
    assert browser.post("/auth/sign-in", {"username": "nina", "password": PASSWORD}).status_code == 303


def test_the_list_shows_who_may_sign_in_and_no_secret(flask_users: FlaskUsers, browser: Browser, make: Factory) -> None:
    browser.sign_in(make.user(Role.NURSE, username="nina"))
    make.user(Role.NURSE, Role.MANAGER, username="otto")
    flask_users("disable", "otto")
    code = flask_users("reset", "nina").output
    lines = {line.split("\t")[0]: line for line in flask_users("list").output.splitlines()}
    assert "active, code waiting" in lines["nina"]
    assert lines["nina"].endswith("1 sessions")
    assert "disabled" in lines["otto"]
    assert code.split(": ")[1].split("\n")[0] not in "".join(lines.values())


@pytest.mark.parametrize(
    "command", [["disable"], ["enable"], ["reset"], ["end-sessions"], ["roles", "--role", "nurse"]]
)
def test_a_name_that_nobody_has_is_told(flask_users: FlaskUsers, command: list[str]) -> None:
    result = flask_users(command[0], "nobody", *command[1:])
    assert result.exit_code == 1
    assert "There is no user 'nobody'" in result.output


def test_no_code_for_somebody_who_is_disabled(flask_users: FlaskUsers, make: Factory) -> None:
    make.user(Role.NURSE, username="nina")
    flask_users("disable", "nina")
    assert flask_users("reset", "nina").exit_code == 1
