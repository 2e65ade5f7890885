"""Where the patients of a large sample come from: our generator, or a CSV file of made-up people.

Each source is cut into tasks of one batch, which other processes run.
"""

import csv
import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from clinic.ops.sample.bulk import BATCH, NewPatient, Task
from clinic.ops.sample.people import sample_patients
from clinic.patients.details import IdentifierDetails, PatientDetails
from clinic.patients.models import Sex

COLUMNS = (
    *("id", "mrn", "first_name", "last_name", "sex", "birth_date"),
    *("national_id", "phone", "email", "city", "created_at"),
)
_SEXES = {"f": Sex.FEMALE, "m": Sex.MALE}


def generated(count: int, *, region: str, now: dt.datetime, seed: int = 1) -> Iterator[Task]:
    """`count` patients of the sample's own generator."""
    for start in range(0, count, BATCH):
        chosen = range(start, min(start + BATCH, count))
        yield functools.partial(_generate, chosen, count, region, now, seed)


def _generate(chosen: range, total: int, region: str, now: dt.datetime, seed: int) -> Iterator[NewPatient]:
    for person in sample_patients(chosen, total=total, region=region, now=now, seed=seed + chosen.start):
        yield NewPatient(person.details, person.registered_at, person.last_visit_at)


def from_csv(path: Path) -> Iterator[Task]:
    """The rows of a file with exactly COLUMNS; its MRNs are kept. ValueError for other columns."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != COLUMNS:
            raise ValueError(f"The columns must be {', '.join(COLUMNS)}.")
        while batch := list(islice(rows, BATCH)):
            yield functools.partial(_read, batch)


def _read(rows: Iterable[list[str]]) -> Iterator[NewPatient]:
    for _id, mrn, first_name, last_name, sex, birth_date, national_id, phone, email, city, created_at in rows:
        details = PatientDetails(
            given_name=first_name,
            family_name=last_name,
            sex=_SEXES.get(sex, Sex.UNKNOWN),
            birth_date=dt.date.fromisoformat(birth_date),
            telecoms=(
                {"system": "phone", "value": phone, "typed": phone, "use": "mobile"},
                {"system": "email", "value": email, "typed": email, "use": "home"},
            ),
            addresses=({"lines": [], "city": city, "use": "home"},),
            identifiers=(IdentifierDetails(kind="national_id", value=national_id),),
        )
        yield NewPatient(details, dt.datetime.fromisoformat(created_at).replace(tzinfo=dt.UTC), mrn=mrn)
