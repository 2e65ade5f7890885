"""`flask users`: members of staff."""

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.service import SystemActor
from clinic.auth import service
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.auth.passwords.queries import list_waiting_codes
from clinic.auth.passwords.service import CODE_LIFETIME, give_code
from clinic.auth.queries import count_sessions, find_user, last_sign_ins, list_users
from clinic.db import current_session, transaction
from clinic.errors import DomainError
from clinic.web.security import settings

COMMAND_LINE = SystemActor("command line")
users = AppGroup("users", help="Members of staff.")
_role_option = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]), help="May be repeated."
)


@contextmanager
def _changing(username: str) -> Iterator[tuple[Session, User]]:
    """A transaction and the user it is about; what is refused is told on the command line."""
    try:
        with transaction() as session:
            user = find_user(session, username)
            if user is None:
                raise click.ClickException(f"There is no user {username!r}: `flask users list` names them.")
            yield session, user
    except DomainError as error:
        raise click.ClickException(error.message) from error


def _tell_code(username: str, code: str, expires_at: dt.datetime) -> None:
    until = expires_at.astimezone(settings().zone)
    click.echo(f"One-time code for {username}: {code}")
    click.echo(f"Good until {until:%d %B %Y, %H:%M}, once, at /auth/password/code. It is shown only here.")


@users.command("list")
def list_command() -> None:
    """Who may sign in, with roles, last sign-in and open sessions."""
    session, now = current_session(), clock.now()
    sign_ins, opened, codes = (
        last_sign_ins(session),
        count_sessions(session, now=now),
        list_waiting_codes(session, now=now),
    )
    for user in list_users(session):
        last = sign_ins[user.id].astimezone(settings().zone).strftime("%Y-%m-%d %H:%M") if user.id in sign_ins else "-"
        states = ["active" if user.is_active else "disabled"] + ["code waiting"] * (user.id in codes)
        columns = (user.username, user.display_name, ",".join(user.roles), ", ".join(states), last)
        click.echo("\t".join((*columns, f"{opened.get(user.id, 0)} sessions")))


@users.command()
@click.argument("username")
@click.option("--name", required=True, help="The name shown to colleagues.")
@_role_option
@click.option("--password-stdin", "is_piped", is_flag=True, help="Read their password from standard input.")
def create(username: str, name: str, roles: tuple[str, ...], is_piped: bool) -> None:
    """Add a member of staff and print a one-time code, with which they set a password that nobody else knows."""
    # Never as an argument: everybody on the computer can read those in the list of processes.
    password = sys.stdin.readline().rstrip("\r\n") if is_piped else None
    now, code = clock.now(), None
    try:
        with transaction() as session:
            user = service.create_user(
                session,
                username=username,
                display_name=name,
                password=password,
                roles=[Role(r) for r in roles],
                actor=COMMAND_LINE,
                now=now,
                clinic_name=settings().clinic_name,
            )
            if password is None:
                code = give_code(session, user=user, lifetime=CODE_LIFETIME, actor=COMMAND_LINE, now=now)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    if code:
        _tell_code(username, code, now + CODE_LIFETIME)
    else:
        click.echo(f"{username} may sign in.")


@users.command()
@click.argument("username")
def disable(username: str) -> None:
    """Shut a user out: no sign-in any more, and every session of theirs ends at once."""
    with _changing(username) as (session, user):
        ended = service.disable_user(session, user=user, actor=COMMAND_LINE, now=clock.now())
    click.echo(f"{username} may not sign in any more; {ended} sessions were ended.")


@users.command()
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled user sign in again."""
    with _changing(username) as (session, user):
        service.enable_user(session, user=user, actor=COMMAND_LINE, now=clock.now())
    click.echo(f"{username} may sign in again.")


@users.command("roles")
@click.argument("username")
@_role_option
def roles_command(username: str, roles: tuple[str, ...]) -> None:
    """Give a user these roles instead of those they have."""
    with _changing(username) as (session, user):
        service.change_roles(session, user=user, roles=[Role(r) for r in roles], actor=COMMAND_LINE, now=clock.now())
    click.echo(f"{username} is now {', '.join(roles)}.")


@users.command()
@click.argument("username")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How long the code is good.")
def reset(username: str, hours: int) -> None:
    """Print a one-time code with which a user sets a new password. The present one stays good until then."""
    now, lifetime = clock.now(), dt.timedelta(hours=hours)
    with _changing(username) as (session, user):
        code = give_code(session, user=user, lifetime=lifetime, actor=COMMAND_LINE, now=now)
    _tell_code(username, code, now + lifetime)


@users.command("end-sessions")
@click.argument("username")
def end_sessions(username: str) -> None:
    """Sign a user out everywhere, at once."""
    with _changing(username) as (session, user):
        ended = service.end_sessions(session, user=user, actor=COMMAND_LINE, now=clock.now())
    click.echo(f"{ended} sessions of {username} were ended.")
