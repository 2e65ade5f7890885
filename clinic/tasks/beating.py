"""Signs of life while a worker is busy with something that takes long."""

import logging
import threading
from types import TracebackType

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from clinic import clock
from clinic.db import db, transaction
from clinic.tasks import service
from clinic.tasks.service import Held, Kind

SECONDS = 5.0
log = logging.getLogger(__name__)


class Beating:
    """While the block runs, the task's row is told every few seconds that its worker lives.

    A thread of its own, so that a long query or a slow disk is not taken for death. It ends when the task is given to
    somebody else: the worker finds that out at its next step.
    """

    def __init__(self, kind: Kind, task: Held) -> None:
        self._kind, self._task = kind, task
        self._is_over = threading.Event()
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._beat, args=(app,), name="task-beat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _beat(self, app: Flask) -> None:
        while not self._is_over.wait(SECONDS):
            with app.app_context():
                try:
                    with transaction() as session:
                        is_ours = service.beat(session, self._kind, self._task, clock.now())
                except SQLAlchemyError as error:
                    log.warning("no sign of life could be written: %s", type(error).__name__)
                    continue
                finally:
                    db.session.remove()
            if not is_ours:
                return
