"""Files of an ordinary form, for browsers without script: the same road as tus, in one request."""

import hashlib

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from clinic.auth.models import User
from clinic.config import Settings
from clinic.documents.forms import UploadForm, clean_file_name, title_from
from clinic.documents.models import Category, UploadState
from clinic.documents.storage import Storage
from clinic.documents.uploads import intake
from clinic.documents.uploads.receiving import received_bytes
from clinic.documents.uploads.service import Description, Limits
from clinic.errors import DomainError, KeyUsed
from clinic.idempotency import Key
from clinic.web.filters import today


def receive_files(storage: Storage, patient_id: int, form: UploadForm, *, actor: User, settings: Settings) -> list[str]:
    """Store each file of the form; what was wrong with those that were not. Sent twice, each is stored once."""
    files = [file for file in form.files.data if file.filename]
    problems, sent = [], form.key
    for number, file in enumerate(files):
        key = Key(hashlib.sha256(f"{sent.value}:{number}".encode()).hexdigest(), sent.digest)
        described = _described(form, file, is_only=len(files) == 1)
        try:
            state = _receive(storage, patient_id, file, described, key, actor, settings)
        except KeyUsed:
            raise
        except DomainError as error:
            problems.append(f"{described.file_name}: {error.message}")
        else:
            if state == UploadState.DUPLICATE:
                problems.append(_("%(name)s: this file is here already. Decide below.", name=described.file_name))
    return problems


def _described(form: UploadForm, file: FileStorage, *, is_only: bool) -> Description:
    name = clean_file_name(file.filename)
    size = file.stream.seek(0, 2)
    file.stream.seek(0)
    return Description(
        file_name=name,
        size=size,
        category=Category(form.category.data),
        title=(form.title.data if is_only else None) or title_from(name),
        documented_on=form.documented_on.data or today(),
    )


def _receive(
    storage: Storage,
    patient_id: int,
    file: FileStorage,
    described: Description,
    key: Key,
    actor: User,
    settings: Settings,
) -> UploadState:
    ticket = intake.begin(
        storage,
        patient_id=patient_id,
        described=described,
        limits=Limits(settings.upload_max, settings.patient_documents_max),
        actor=actor,
        key=key,
    )
    if ticket.state != UploadState.RECEIVING:
        return ticket.state
    offset = received_bytes(storage, ticket)
    if offset == ticket.size:
        return intake.complete(storage, ticket, actor)
    file.stream.seek(offset)
    _got, finished = intake.append(storage, ticket, file.stream, offset=offset, most=described.size, user_id=actor.id)
    return intake.settle(ticket, finished, actor) if finished else ticket.state
