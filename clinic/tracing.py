"""The id that ties together what one request caused: its log lines, audit entries and jobs."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
