"""Writes of documents: describing, opening and voiding them. They come into being in uploads/service.py."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.documents.models import Category, Document
from clinic.documents.queries import get_document
from clinic.errors import Conflict, Invalid


def update_document(
    session: Session,
    *,
    document_id: int,
    version: int,
    category: Category,
    title: str,
    documented_on: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> Document:
    """Describe a document anew. Conflict when it is voided or somebody changed it since `version`."""
    document = get_document(session, document_id)
    if document.is_voided:
        raise Conflict(_("This document was voided meanwhile."))
    if document.version != version:
        raise Conflict(_("Somebody changed this document meanwhile. Look at it again and apply your change."))
    before = {"category": document.category, "title": document.title, "documented_on": document.documented_on}
    after = {"category": category, "title": title, "documented_on": documented_on}
    old, new = changes(before, after)
    if new:
        document.category, document.title, document.documented_on = category, title, documented_on
        session.flush()
        record(
            session,
            "documents.update",
            "document",
            document.id,
            actor=actor,
            now=now,
            patient_id=document.patient_id,
            before=old,
            after=new,
        )
        live.publish(session, f"documents:{document.patient_id}")
    return document


def void_document(
    session: Session, *, document_id: int, reason: str | None, actor: Actor, now: dt.datetime
) -> Document:
    """Strike a document through, for good. Invalid without a reason, Conflict when it is voided already."""
    if not reason or len(reason) < 3:
        raise Invalid(_("Say why, so that colleagues understand it later."), "reason")
    values = {"voided_at": now, "voided_by_id": actor.actor_id, "void_reason": reason, "version": Document.version + 1}
    done = session.execute(
        update(Document).where(Document.id == document_id, Document.voided_at.is_(None)).values(values)
    )
    document = get_document(session, document_id)
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict(_("This document is voided already."))
    session.refresh(document)
    record(
        session,
        "documents.void",
        "document",
        document.id,
        actor=actor,
        now=now,
        patient_id=document.patient_id,
        after={"reason": reason},
    )
    live.publish(session, f"documents:{document.patient_id}")
    return document
