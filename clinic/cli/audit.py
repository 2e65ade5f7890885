"""`flask audit`: the append-only log."""

import click
from flask.cli import AppGroup

from clinic.audit.readings.queries import find_misindexed
from clinic.audit.service import verify_chain
from clinic.db import current_session

audit = AppGroup("audit", help="The append-only log.")


@audit.command()
@click.option("--head", help="The head noted at an earlier verification.")
def verify(head: str | None) -> None:
    """Prove that no entry was edited, removed or reordered.

    Whether the newest entries were cut off, or the whole database put back to an earlier day, shows only against a head
    that was printed by an earlier verification and kept somewhere else.
    """
    found = verify_chain(current_session(), head)
    if found.problem:
        raise click.ClickException(f"After {found.entries} sound entries: {found.problem}.")
    if misindexed := find_misindexed(current_session()):
        raise click.ClickException(f"The patients that entry {misindexed} is found from are not those it names.")
    click.echo(f"{found.entries} entries, each sound and none missing between them. Head: {found.head}")
    if not found.is_anchored:
        click.echo(
            "Nothing anchors the end of the log: entries cut off after this one would not be noticed. "
            "Keep the head away from this server, and give it to --head the next time."
        )
