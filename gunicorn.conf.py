"""How gunicorn serves Clinic: `gunicorn` in this folder needs no further options."""

import gc
import resource
import sys
from typing import Any

from clinic.config import SettingsError, load_settings
from clinic.ops.startup import StartError, check_port
from clinic.ops.tether import die_with_parent
from clinic.ops.web_worker import WAITING, ClinicWebWorker, close_after_upload

try:
    _settings = load_settings()
except SettingsError as error:
    sys.exit(str(error))

wsgi_app = "wsgi:app"
bind = [f"{_settings.host}:{_settings.port}"]
workers = _settings.web_processes
# The application is read once, before the workers split off: they share its memory.
preload_app = True
worker_class = ClinicWebWorker
# Each event stream holds a thread; pages have as many more as the pool has database connections.
threads = _settings.stream_limit + 2 * _settings.database_pool
# With threads, on their way in, and kept open by browsers between two requests.
worker_connections = threads + WAITING + 1000
keepalive = 20
timeout = 60
graceful_timeout = 5
control_socket_disable = True
accesslog = None
loglevel = "warning"
# Each connection is a file: some systems allow a process 1,024 of them unless it asks for more.
OPEN_FILES = 2 * worker_connections


def on_starting(_server: Any) -> None:
    """A taken port is one line, at once."""
    try:
        check_port(_settings.host, _settings.port)
    except StartError as error:
        sys.exit(str(error))
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < OPEN_FILES and allowed != resource.RLIM_INFINITY:
        most_we_may = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_we_may, most))


def pre_fork(_server: Any, _worker: Any) -> None:
    """Collecting garbage would write to every shared page: what is here now stays for good."""
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Without its master a worker would keep the port."""
    die_with_parent(worker.ppid)


def pre_request(_worker: Any, request: Any) -> None:
    """A view may refuse an upload before all of it came."""
    close_after_upload(request)
