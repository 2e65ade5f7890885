"""`flask sample`: a made-up clinic. Refused in production."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from clinic import clock
from clinic.ops.sample.bulk import load_patients
from clinic.ops.sample.clinic import SAMPLE
from clinic.ops.sample.sources import from_csv, generated
from clinic.ops.sample.staff import sign_ins, sign_ins_text
from clinic.web.security import settings

sample = AppGroup("sample", help="A made-up clinic, never for production.")


def refuse_production() -> None:
    """Raise for the user when made-up people could get among real ones."""
    if settings().is_production:
        raise click.ClickException("Sample data is refused in production.")


@contextmanager
def _slow_statements_unsaid() -> Iterator[None]:
    """Statements of ten thousand rows are slow on purpose. The level is put back: it is the whole process's."""
    log = logging.getLogger("clinic.web")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@sample.command()
@click.option("--patients", type=click.IntRange(1), default=100_000, show_default=True, help="How many to make.")
@click.option("--from-csv", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read them.")
def load(patients: int, path: Path | None) -> None:
    """Add made-up patients to the database, beside what is there."""
    refuse_production()
    started, now = time.monotonic(), clock.now()
    tasks = from_csv(path) if path else generated(patients, region=settings().region, now=now)
    loaded = 0
    try:
        with _slow_statements_unsaid():
            for loaded in load_patients(tasks, settings=settings(), actor=SAMPLE, now=now):
                rate = loaded / (time.monotonic() - started)
                click.echo(f"\r{loaded:,} patients, {rate:,.0f} a second", nl=False, err=True)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\r{loaded:,} patients were loaded in {time.monotonic() - started:,.0f} s.      ", err=True)


@sample.command("sign-ins")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def sign_ins_command(as_json: bool) -> None:
    """List the sample users with role and password."""
    refuse_production()
    click.echo(json.dumps(sign_ins(), indent=1) if as_json else sign_ins_text())
