"""`flask db copy`: a command beside those of migrations."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_migrate.cli import db

from clinic.copies import CopyError, copy_database
from clinic.web.security import settings

database: click.Group = db


@database.command("copy")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def copy(file: Path) -> None:
    """Copy the database to FILE while the clinic runs; the copy is of one moment."""
    try:
        copy_database(settings().database_url, file.absolute())
    except CopyError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {file.stat().st_size:,} bytes.")
