"""`flask users`: members of staff."""

import click
from flask.cli import AppGroup

from clinic import clock
from clinic.audit.service import SystemActor
from clinic.auth.access import Role
from clinic.auth.service import create_user
from clinic.db import transaction
from clinic.errors import DomainError

COMMAND_LINE = SystemActor("command line")
users = AppGroup("users", help="Members of staff.")


@users.command()
@click.argument("username")
@click.option("--name", required=True, help="The name shown to colleagues.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]))
@click.password_option()
def create(username: str, name: str, roles: tuple[str, ...], password: str) -> None:
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
