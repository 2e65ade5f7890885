"""`flask sample`: a made-up clinic. Refused in production."""

import json

import click
from flask.cli import AppGroup

from clinic.ops.sample.staff import sign_ins, sign_ins_text
from clinic.web.security import settings

sample = AppGroup("sample", help="A made-up clinic, never for production.")


def refuse_production() -> None:
    """Raise for the user when made-up people could get among real ones."""
    if settings().is_production:
        raise click.ClickException("Sample data is refused in production.")


@sample.command("sign-ins")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def sign_ins_command(as_json: bool) -> None:
    """List the sample users with role and password."""
    refuse_production()
    click.echo(json.dumps(sign_ins(), indent=1) if as_json else sign_ins_text())
