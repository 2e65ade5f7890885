"""What every way in ends with: a session of its own for this browser."""

from flask import request, session
from flask_login import login_user

from clinic import clock
from clinic.auth import service
from clinic.auth.models import User
from clinic.db import transaction
from clinic.web.security import load_signed_in, settings


def sign_in(user_id: int, password_hash: str | None) -> bool:
    """Start a session for a user whose password was found right; False if there is none of it any more.

    Between the check and now somebody may have disabled the user or changed the password.
    """
    with transaction() as db_session:
        user = db_session.get(User, user_id)
        if user is None or not user.is_active or user.password_hash != password_hash:
            return False
        token = service.start_session(
            db_session,
            user=user,
            ip=request.remote_addr or "",
            user_agent=request.user_agent.string,
            lifetime=settings().session_absolute,
            now=clock.now(),
        )
    session.clear()
    login_user(load_signed_in(token))
    return True
