"""Commands of an administrator: `flask audit`, `flask db copy`, `flask users`, `flask worker`, ..."""

from flask import Flask

from clinic.cli.audit import audit
from clinic.cli.copying import database
from clinic.cli.running import scheduler, setup, worker
from clinic.cli.sample import sample
from clinic.cli.users import users


def install(app: Flask) -> None:
    """Register every command."""
    for command in (audit, database, sample, scheduler, setup, users, worker):
        app.cli.add_command(command)
