"""JSON log lines from processes that stay small and do not load the application."""

import datetime as dt
import json
import logging
from typing import TextIO

from clinic.ops.surviving import places_of


class _JsonLines(logging.Formatter):
    """The fields that clinic.web.logging writes, without its dependencies."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
        }
        if error := record.exc_info and record.exc_info[1]:
            # Where, never what: a message can hold values.
            entry["error"], entry["frames"] = type(error).__name__, places_of(error)
        return json.dumps(entry, ensure_ascii=False)


def configure(stream: TextIO | None = None) -> None:
    """Log to `stream`, by default standard error."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("rq").setLevel(logging.WARNING)
