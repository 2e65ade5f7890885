"""How gunicorn serves Clinic: `gunicorn` in this folder needs no further options."""

import gc
import sys
from typing import Any

from clinic.config import SettingsError, load_settings
from clinic.ops.dealing import Counts, DealingWorker
from clinic.ops.startup import StartError, check_port
from clinic.ops.tether import die_with_parent

try:
    _settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

wsgi_app = "wsgi:app"
bind = [f"{_settings.host}:{_settings.port}"]
workers = _settings.web_processes
# The application is read once, before the workers split off: they share its memory.
preload_app = True
worker_class = DealingWorker
# Each event stream holds a thread; pages have as many more as the pool has database connections.
threads = _settings.stream_limit + 2 * _settings.database_pool
worker_connections = threads + 500
keepalive = 20
timeout = 60
graceful_timeout = 5
control_socket_disable = True
accesslog = None
loglevel = "warning"


def on_starting(_server: Any) -> None:
    """A taken port is one line, at once."""
    try:
        check_port(_settings.host, _settings.port)
    except StartError as error:
        sys.exit(str(error))


_counts = Counts(workers)


def pre_fork(_server: Any, worker: Any) -> None:
    """Collecting garbage would write to every shared page: what is here now stays for good."""
    worker.counts, worker.place = _counts, _counts.join()
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Without its master a worker would keep the port."""
    die_with_parent(worker.ppid)


def child_exit(_server: Any, worker: Any) -> None:
    """The others go on by themselves."""
    worker.counts.leave(worker.place)
