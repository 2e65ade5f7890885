"""Medical record numbers: the clinic's own number of a patient, such as 000123-4.

Six digits or more counted upwards and a Damm check digit, which catches every single wrong digit and every swap of
neighbours. Digits and a hyphen only, so that Code 128 prints them and a hand scanner types them. Numbers of
transactions that were rolled back are not reused: gaps mean nothing.
"""

import re

from sqlalchemy import update
from sqlalchemy.orm import Session
from stdnum import damm

from clinic.patients.models import MrnCounter

_TYPED = re.compile(r"(\d{6,18})[-– ]?(\d)\Z")


def format_mrn(number: int) -> str:
    """123 gives "000123-4"."""
    digits = f"{number:06d}"
    return f"{digits}-{damm.calc_check_digit(digits)}"


def read_mrn(typed: str) -> str | None:
    """The MRN as stored, of what was typed or scanned with or without its hyphen; None when it cannot be one."""
    match = _TYPED.match(typed.strip())
    if match is None or not damm.is_valid("".join(match.groups())):
        return None
    return "-".join(match.groups())


def allocate_mrns(session: Session, count: int = 1) -> list[str]:
    """The next `count` numbers. The counter row stays locked until the transaction ends: no two get the same."""
    last = session.execute(
        update(MrnCounter)
        .where(MrnCounter.id == 1)
        .values(value=MrnCounter.value + count)
        .returning(MrnCounter.value)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return [format_mrn(number) for number in range(last - count + 1, last + 1)]
