"""`flask audit`: the append-only log."""

import click
from flask.cli import AppGroup

from clinic.audit.service import verify_chain
from clinic.db import current_session

audit = AppGroup("audit", help="The append-only log.")


@audit.command()
@click.option("--head", help="The head noted at an earlier verification.")
def verify(head: str | None) -> None:
    """Prove that no entry was edited, removed or reordered."""
    found = verify_chain(current_session(), head)
    if found.problem:
        raise click.ClickException(f"After {found.entries} sound entries: {found.problem}.")
    click.echo(f"{found.entries} entries, all sound. Head: {found.head}")
