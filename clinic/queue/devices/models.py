"""What every device has."""

import datetime as dt
from typing import ClassVar

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Idempotent, Keyed, UtcDateTime
from clinic.directory.models import Department


class Device(Idempotent, Keyed):
    """A machine with an address of its own. Only a digest of the token is kept; revoking ends the device for good.

    `languages` are codes, the first the one it begins with.
    """

    # As in the audit log ("displays.create" of a "display"), live topics ("display:3").
    AREA: ClassVar[str]
    ENTITY: ClassVar[str]

    name: Mapped[str] = mapped_column(String(80))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    departments: Mapped[list[Department]]

    @property
    def topic(self) -> str:
        """The live topic that tells it to read its settings again."""
        return f"{self.ENTITY}:{self.id}"
