"""Commands of an administrator: `flask audit`, `flask users`, `flask worker`, ..."""

from flask import Flask

from clinic.cli.audit import audit
from clinic.cli.running import scheduler, setup, worker
from clinic.cli.sample import sample
from clinic.cli.users import users


def install(app: Flask) -> None:
    """Register every command."""
    for command in (audit, sample, scheduler, setup, users, worker):
        app.cli.add_command(command)
