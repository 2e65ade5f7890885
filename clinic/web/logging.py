"""JSON logs with a request id; no query strings, no form data, no patient data."""

import logging
import re
import sys
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request
from sqlalchemy import event
from sqlalchemy.engine import Engine

from clinic.tracing import request_id
from clinic.web import reading

_SAFE_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
log = structlog.get_logger("clinic.web")


def configure(level: str) -> None:
    """One JSON object a line on standard error, for our own loggers and the libraries'."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _traceback_without_values,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # No line of ours says where in the source it was written, so the stack is not searched for it.
    logging._srcfile = None
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for library in ("rq", "alembic.runtime.migration"):
        logging.getLogger(library).setLevel("WARNING")


def _add_request_id(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry.setdefault("request_id", request_id.get())
    return entry


def _traceback_without_values(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """File and line of each frame and the error's class: messages of errors can hold patient data."""
    error = entry.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if error and error[0]:
        frames, trace = [], error[2]
        while trace:
            frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
            trace = trace.tb_next
        entry["error"], entry["frames"] = error[0].__name__, frames[-12:]
    return entry


def _start_request() -> None:
    given = request.headers.get("X-Request-ID", "")
    request_id.set(given if _SAFE_ID.match(given) else uuid.uuid4().hex)
    g.started = time.perf_counter()


def _end_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id.get() or ""
    if request.endpoint != "static":
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            user=reading.user_id(),
            address=request.remote_addr,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
    return response


def log_slow_queries(engine: Engine, threshold_ms: int) -> None:
    """Warn of every statement slower than `threshold_ms`: its text without parameters."""

    def before(_conn: Any, _cursor: Any, _statement: str, _params: Any, context: Any, _many: bool) -> None:
        context.clinic_started = time.perf_counter()

    def after(_conn: Any, _cursor: Any, statement: str, _params: Any, context: Any, _many: bool) -> None:
        elapsed = (time.perf_counter() - context.clinic_started) * 1000
        if elapsed > threshold_ms:
            log.warning("slow query", ms=round(elapsed, 1), statement=" ".join(statement.split())[:500])

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)


def install(app: Flask, level: str) -> None:
    """Log each request once; first before, last after everything else."""
    configure(level)
    app.before_request(_start_request)
    app.after_request(_end_request)
