"""Users, their sessions and failed sign-ins."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.auth.access import allows
from clinic.db import Base, Keyed, UtcDateTime


class User(Keyed, Base):
    """A member of staff who signs in. `roles` holds values of access.Role."""

    __tablename__ = "users"

    username: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    @property
    def actor_id(self) -> int | None:
        return self.id

    @property
    def actor_name(self) -> str:
        return self.display_name

    def may(self, permission: str) -> bool:
        """Whether one of this user's roles holds `permission`."""
        return self.is_active and allows(self.roles, permission)


class UserSession(Keyed, Base):
    """One signed-in browser. Only a digest of the cookie's token is kept."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_user_id", "user_id", "revoked_at"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class PasswordCode(Base):
    """The one-time code with which a user sets a password; at most one for each. Only a digest is kept."""

    __tablename__ = "password_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class SignInFailure(Keyed, Base):
    """A try to sign in that was wrong or is being judged. In the database: limits hold while Redis is down.

    `device_digest` is that of a device on which this user had signed in before, else NULL.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (
        Index("ix_sign_in_failures_name", "name_digest", "at"),
        Index("ix_sign_in_failures_ip", "ip", "at"),
    )

    name_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    device_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    ip: Mapped[str] = mapped_column(String(45))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
