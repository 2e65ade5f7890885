"""Health for load balancers, monitors and the supervisor."""

from typing import Any

from flask import Blueprint

from clinic.auth.access import public, reads_nothing
from clinic.db import current_session
from clinic.extensions import talisman
from clinic.ops.health import run_checks

blueprint = Blueprint("ops", __name__, url_prefix="/health")


@blueprint.get("/live")
@public("monitors have no account; it only says that this process answers")
@reads_nothing("whether the parts of the server work")
@talisman(force_https=False)  # type: ignore[untyped-decorator]
def live() -> dict[str, Any]:
    return {"status": "live"}


@blueprint.get("/ready")
@public("monitors have no account; it names parts, never values")
@reads_nothing("whether the parts of the server work")
@talisman(force_https=False)  # type: ignore[untyped-decorator]
def ready() -> tuple[dict[str, Any], int]:
    """200 when every check passed, else 503."""
    checks = run_checks(current_session())
    is_ready = all(check.is_ok for check in checks)
    body = {
        "status": "ready" if is_ready else "not ready",
        "checks": {
            check.name: {"ok": check.is_ok, "ms": check.ms} | ({"problem": check.problem} if check.problem else {})
            for check in checks
        },
    }
    return body, 200 if is_ready else 503
