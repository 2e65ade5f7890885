"""Commands of an administrator: `flask audit`, `flask users`, ..."""

import click
from flask import Flask
from flask.cli import AppGroup

from clinic import clock
from clinic.audit.service import SystemActor, verify_chain
from clinic.auth.access import Role
from clinic.auth.service import create_user
from clinic.db import current_session, transaction
from clinic.errors import DomainError

COMMAND_LINE = SystemActor("command line")
audit = AppGroup("audit", help="The append-only log.")
users = AppGroup("users", help="Members of staff.")


@audit.command()
@click.option("--head", help="The head noted at an earlier verification.")
def verify(head: str | None) -> None:
    """Prove that no entry was edited, removed or reordered."""
    found = verify_chain(current_session(), head)
    if found.problem:
        raise click.ClickException(f"After {found.entries} sound entries: {found.problem}.")
    click.echo(f"{found.entries} entries, all sound. Head: {found.head}")


@users.command("create")
@click.argument("username")
@click.option("--name", required=True, help="The name shown to colleagues.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]))
@click.password_option()
def create_user_command(username: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Add a member of staff."""
    try:
        with transaction() as session:
            create_user(
                session,
                username=username,
                display_name=name,
                password=password,
                roles=[Role(r) for r in roles],
                actor=COMMAND_LINE,
                now=clock.now(),
            )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{username} may sign in.")


def install(app: Flask) -> None:
    """Register every command group."""
    app.cli.add_command(audit)
    app.cli.add_command(users)
