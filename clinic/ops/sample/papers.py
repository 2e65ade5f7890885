"""Documents of the sample clinic: small files made here, sent the way uploads are."""

import datetime as dt
import io
import random
import struct
import zlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.auth.models import User
from clinic.config import Settings
from clinic.documents.models import Category
from clinic.documents.storage import Storage
from clinic.documents.uploads import intake
from clinic.documents.uploads.service import Description, Limits
from clinic.patients.models import Patient
from clinic.queue.models import QueueEntry

_LETTERS = (
    (Category.RESULT, "Blood results", "Haemoglobin 13.9 g/dl, leucocytes 6.1 G/l, CRP below 5 mg/l."),
    (Category.REFERRAL, "Referral to cardiology", "Please see this patient for palpitations at night."),
    (Category.PRESCRIPTION, "Prescription", "Paracetamol 500 mg, one tablet up to four times a day."),
    (Category.LETTER, "Discharge letter", "Recovered well after an appendectomy without complications."),
)
_PATIENTS = 8
_PIXELS = 160


def add_papers(session: Session, storage: Storage, *, settings: Settings, today: dt.date, seed: int = 1) -> None:
    """Letters and a photograph in the charts of patients who are here today. Each file is a transaction of its own."""
    rnd = random.Random(seed)  # nosec B311: not a secret
    here = select(QueueEntry.patient_id).where(QueueEntry.patient_id.is_not(None)).order_by(QueueEntry.id)
    chosen: Sequence[int] = session.scalars(select(Patient.id).where(Patient.id.in_(here)).limit(_PATIENTS)).all()
    limits = Limits(settings.upload_max, settings.patient_documents_max)
    sender = session.scalars(select(User).order_by(User.id).limit(1)).one()
    for patient_id in chosen:
        for category, title, text in rnd.sample(_LETTERS, 2):
            day = today - dt.timedelta(days=rnd.randrange(400))
            content = _pdf(title, [f"{day:%d.%m.%Y}", text])
            described = Description(f"{title}.pdf", len(content), category, title, day)
            _send(storage, patient_id, described, content, limits, sender)
        picture = _png(rnd)
        described = Description("photo.png", len(picture), Category.IMAGING, "Photograph of the wound", today)
        _send(storage, patient_id, described, picture, limits, sender)


def _send(
    storage: Storage, patient_id: int, described: Description, content: bytes, limits: Limits, sender: User
) -> None:
    ticket = intake.begin(storage, patient_id=patient_id, described=described, limits=limits, actor=sender)
    _got, finished = intake.append(
        storage, ticket, io.BytesIO(content), offset=0, most=described.size, user_id=sender.id
    )
    if finished:
        intake.settle(ticket, finished, sender)


def _pdf(title: str, lines: Sequence[str]) -> bytes:
    """One page of text (ISO 32000-1, sections 7.5 and 9.4)."""
    shown = f"BT /F 22 Tf 60 760 Td ({title}) Tj /F 12 Tf " + "".join(f"0 -28 Td ({line}) Tj " for line in lines) + "ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Root 1 0 R/Size {size}>>\n"
        f"startxref\n{len(body)}\n%%EOF\n"
    ).encode("latin-1")


def _png(rnd: random.Random) -> bytes:
    """A soft spot on a plain ground (PNG, W3C Recommendation, section 11)."""
    ground, spot = (224, 188, 164), (rnd.randint(150, 190), 70, 64)
    x0, y0, radius = rnd.randint(60, 100), rnd.randint(60, 100), rnd.randint(20, 40)
    rows = bytearray()
    for y in range(_PIXELS):
        rows.append(0)
        for x in range(_PIXELS):
            share = max(0.0, 1 - ((x - x0) ** 2 + (y - y0) ** 2) / radius**2)
            rows += bytes(int(g + (s - g) * share) for g, s in zip(ground, spot, strict=True))
    header = struct.pack(">IIBBBBB", _PIXELS, _PIXELS, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
