"""What can go wrong in the domain. Knows nothing of HTTP: web/errors.py turns these into answers."""


class DomainError(Exception):
    """A rule of the clinic was broken; `message` is shown to the person who tried."""

    def __init__(self, message: str = "") -> None:
        self.message = message
        super().__init__(message)


class NotFound(DomainError):
    """There is no such thing, or the actor may not know of it."""


class NotYours(NotFound):
    """It exists, but the actor may not know of it: answered like NotFound, and recorded as refused."""


class Forbidden(DomainError):
    """The actor may not do this."""


class Conflict(DomainError):
    """Somebody else was faster, or the thing is no longer in the state this needs."""


class Merged(Conflict):
    """This patient record lives on in another one, `survivor_id`."""

    def __init__(self, message: str, survivor_id: int) -> None:
        self.survivor_id = survivor_id
        super().__init__(message)


class KeyUsed(Conflict):
    """The key of this form made `row` already, with other content or for somebody else."""

    def __init__(self, message: str, row: object) -> None:
        self.row = row
        super().__init__(message)


class Invalid(DomainError):
    """The input breaks a rule; `field` names the input it belongs to, if one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


class Unavailable(DomainError):
    """A part the clinic needs (Redis, storage, disk space) does not answer; trying again later may help."""


class StorageFull(DomainError):
    """No room is left for files; somebody has to make some."""
