"""Every form that makes something, with two contents of each."""

import io

from PIL import Image

from clinic.appointments.feeds.models import CalendarFeed
from clinic.appointments.models import Appointment, AppointmentSeries
from clinic.appointments.schedules.models import Holiday, TimeOff
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.desk.notes.models import ShiftNote
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.documents.models import Upload
from clinic.exports.models import Export
from clinic.imports.models import Import
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient, PatientAlert
from clinic.patients.photo.models import PatientPhoto
from clinic.queue.displays.models import Display
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.models import QueueEntry
from clinic.queue.notices.models import Announcement
from tests.appointments.soon import monday
from tests.documents.files import PDF
from tests.web.makers import Maker


def _picture(colour: str) -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(file, "JPEG")
    return io.BytesIO(file.getvalue()), "picture.jpg"


def _table(name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(f"Nom;Prénom;DDN\n{name};Inés;14/03/1982\n".encode()), "patients.csv"


def _day() -> str:
    return monday().strftime("%d/%m/%Y")


PLACE = {"version": "0"}
SERVICE = {"name": "X-ray", "ticket_prefix": "x", "duration_minutes": "20", "price": "25.50", "currency": "eur"}
DEVICE = {"name": "Hall", "languages": "en"}
MAKERS = [
    Maker(
        "NewPatientForm",
        Patient,
        lambda _w: "/patients/new",
        lambda _w: {"family_name": "Quartz", "given_name": "Vera", "sex": "female"},
        lambda _w: {"family_name": "Granite", "given_name": "Olaf", "sex": "male"},
        "Granite",
    ),
    Maker(
        "AlertForm",
        PatientAlert,
        lambda w: f"/patients/{w.patient.id}/alerts",
        lambda _w: {"text": "ALLERGY one", "level": "danger"},
        lambda _w: {"text": "ALLERGY two"},
        "ALLERGY two",
        elsewhere=lambda w: f"/patients/{w.other.id}/alerts",
    ),
    Maker(
        "PhotoForm",
        PatientPhoto,
        lambda w: f"/patients/{w.patient.id}/photo",
        lambda _w: {"file": _picture("teal")},
        lambda _w: {"file": _picture("red")},
        is_file=True,
    ),
    Maker(
        "MergeForm",
        PatientMerge,
        lambda w: f"/patients/{w.patient.id}/merge/{w.other.id}",
        lambda w: {"survivor_version": 1, "other_version": 1, **NAMES},
        lambda w: {"keeps_name": "y"},
        elsewhere=lambda w: f"/patients/{w.third.id}/merge/{w.fourth.id}",
    ),
    Maker(
        "UploadForm",
        Upload,
        lambda w: f"/patients/{w.patient.id}/documents",
        lambda _w: {"category": "letter", "documented_on": "2026-11-01", "files": [(io.BytesIO(PDF), "a.pdf")]},
        lambda _w: {"files": [(io.BytesIO(PDF + b"%"), "a.pdf")]},
        is_file=True,
    ),
    Maker(
        "UploadForm",
        Import,
        lambda _w: "/imports",
        lambda _w: {"source": "Old system", "file": _table("Nunez")},
        lambda _w: {"file": _table("Ortega")},
        "Old system",
        is_file=True,
    ),
    Maker(
        "ExportForm",
        Export,
        lambda _w: "/exports",
        lambda _w: {"kind": "patients", "columns": ["mrn", "family_name"], "format": "csv", "delimiter": "comma"},
        lambda _w: {"columns": ["mrn"]},
        "mrn",
    ),
    Maker(
        "NewDepartmentForm",
        Department,
        lambda _w: "/directory/departments",
        lambda _w: {**PLACE, "name": "Dentistry"},
        lambda _w: {"name": "Eyes"},
        "Eyes",
    ),
    Maker(
        "NewRoomForm",
        Room,
        lambda w: f"/directory/rooms?department={w.department.id}",
        lambda _w: {**PLACE, "name": "Room 8"},
        lambda _w: {"name": "Room 9"},
        "Room 9",
    ),
    Maker(
        "NewServiceForm",
        Service,
        lambda w: f"/directory/services?department={w.department.id}",
        lambda _w: {**PLACE, **SERVICE},
        lambda _w: {"name": "Scan", "ticket_prefix": "s"},
        "Scan",
    ),
    Maker(
        "NewPractitionerForm",
        Practitioner,
        lambda _w: "/directory/practitioners",
        lambda _w: {**PLACE, "family_name": "Okafor", "given_name": "Ada", "is_active": "y"},
        lambda _w: {"family_name": "Osei"},
        "Osei",
    ),
    Maker(
        "TimeForm",
        Appointment,
        lambda _w: "/appointments",
        lambda w: {**w.booking, "day": _day(), "time": "9.15", "note": "one"},
        lambda _w: {"time": "10.45", "patient_id": _w.other.id, "note": "bring the scan"},
        "bring the scan",
    ),
    Maker(
        "FreeForm",
        Appointment,
        lambda _w: "/appointments",
        lambda w: {
            **w.someone,
            "from_day": _day(),
            "part": "any",
            "slot": w.slot(9),
        },
        lambda w: {"patient_id": w.other.id, "slot": w.slot(11), "note": "by phone"},
        "by phone",
    ),
    Maker(
        "SeriesForm",
        AppointmentSeries,
        lambda _w: "/appointments/series",
        lambda w: {**w.booking, "every_weeks": 1, "ends": "count", "count": 3, "day": _day(), "time": "10:00"},
        lambda w: {"patient_id": w.other.id, "time": "11:00", "note": "by phone"},
        "by phone",
    ),
    Maker(
        "TimeOffForm",
        TimeOff,
        lambda _w: "/appointments/schedules/exceptions/leave",
        lambda w: {"practitioner_id": w.practitioner.id, "starts_on": _day(), "reason": "Congress"},
        lambda _w: {"reason": "Holiday"},
        "Holiday",
    ),
    Maker(
        "HolidayForm",
        Holiday,
        lambda _w: "/appointments/schedules/exceptions/holidays",
        lambda _w: {"day": "2027-05-01", "name": "Town fair"},
        lambda _w: {"day": "2027-05-02", "name": "Regatta"},
        "Regatta",
    ),
    Maker(
        "FeedForm",
        CalendarFeed,
        lambda _w: "/appointments/feeds",
        lambda w: {"practitioner_id": w.practitioner.id},
        lambda _w: {"shows_names": "y"},
    ),
    Maker(
        "JoinForm",
        WaitlistEntry,
        lambda _w: "/appointments/waitlist",
        lambda w: {
            "patient_id": w.patient.id,
            "service_id": w.service.id,
            "practitioner_id": 0,
            "from_day": _day(),
            "until_day": _day(),
            "part": "morning",
        },
        lambda w: {"patient_id": w.other.id, "note": "only by phone"},
        "only by phone",
    ),
    Maker(
        "JoinForm",
        QueueEntry,
        lambda _w: "/queue/tickets",
        lambda w: {"service_id": w.service.id, "lane": "normal", "patient_id": w.patient.id},
        lambda w: {"patient_id": w.other.id},
        "Bao",
    ),
    Maker(
        "AnnouncementForm",
        Announcement,
        lambda _w: "/queue/notices",
        lambda _w: {"text": "Closes at noon", "starts_on": "1/2/2027"},
        lambda _w: {"text": "Closes at one"},
        "Closes at one",
    ),
    Maker(
        "NewDisplayForm",
        Display,
        lambda _w: "/queue/displays",
        lambda w: {**DEVICE, "department_ids": w.department.id, "privacy": "none"},
        lambda _w: {"name": "Cellar"},
        "Cellar",
    ),
    Maker(
        "NewKioskForm",
        Kiosk,
        lambda _w: "/queue/kiosk",
        lambda w: {**DEVICE, "department_ids": w.department.id},
        lambda _w: {"name": "Cellar"},
        "Cellar",
    ),
    Maker(
        "NoteForm",
        ShiftNote,
        lambda _w: "/notes",
        lambda _w: {"text": "The lift is broken", "kind": "note"},
        lambda _w: {"text": "The lift works"},
        "The lift works",
    ),
]  # fmt: skip
NAMES = {"family_name": "survivor", "given_name": "survivor"}
