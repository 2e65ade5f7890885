"""`flask setup`, `flask worker` and `flask scheduler`: the parts of a running clinic, one by one."""

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from clinic import clock
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.ops import scheduler as ticking
from clinic.ops import worker as working
from clinic.ops.health import is_migrated
from clinic.ops.sample.clinic import add_clinic, is_empty
from clinic.ops.sample.papers import add_papers
from clinic.ops.sample.staff import sign_ins_text
from clinic.ops.startup import StartError, make_folder
from clinic.queueing import QUEUE_NAMES
from clinic.web.security import settings


@click.command()
@with_appcontext
def setup() -> None:
    """Bring the database up to date; on a developer's first start load the sample clinic."""
    try:
        make_folder(settings().var)
    except StartError as error:
        raise click.ClickException(str(error)) from error
    # A migration counts every row before and after: with nothing to migrate that would only delay the start.
    is_current = is_migrated(current_session())
    current_session().rollback()
    if not is_current:
        upgrade()
    if settings().env != "development":
        return
    if is_empty(current_session()):
        _load_sample(settings())
    click.echo(sign_ins_text())


def _load_sample(config: Settings) -> None:
    now = clock.now()
    with transaction() as session:
        add_clinic(session, settings=config, now=now)
    today = clock.clinic_day(now, config.zone)
    add_papers(current_session(), current_storage(), settings=config, today=today)


@click.command()
@click.argument("queues", nargs=-1, type=click.Choice(QUEUE_NAMES))
@click.option("--with-scheduler", is_flag=True, help="Also decide what is due: no `flask scheduler` is needed then.")
def worker(queues: tuple[str, ...], with_scheduler: bool) -> None:
    """Run background jobs of QUEUES (all of them by default) until SIGTERM, each queue in a process of its own."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    working.run(list(queues), app, with_scheduler=with_scheduler)


@click.command()
def scheduler() -> None:
    """Enqueue what is due and look after what was lost, until SIGTERM."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    ticking.run(ticking.Scheduler(settings().zone), app)
