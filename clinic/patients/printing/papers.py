"""What can be printed of a patient, and how large it is. Lengths in millimetres."""

import enum
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l


class Paper(enum.StrEnum):
    LABEL = "label"
    SHEET = "sheet"
    WRISTBAND = "wristband"
    CARD = "card"


@dataclass(frozen=True)
class Size:
    """A page of `width` by `height` with `columns` by `rows` of the same."""

    label: str
    note: str
    width: float
    height: float
    columns: int = 1
    rows: int = 1


SIZES = {
    Paper.LABEL: Size(_l("Label"), _l("70 × 37 mm, for a label printer"), 70, 37),
    Paper.SHEET: Size(_l("Sheet of labels"), _l("A4 with 24 labels of 70 × 37 mm"), 210, 296, 3, 8),
    Paper.WRISTBAND: Size(_l("Wristband"), _l("280 × 25 mm"), 280, 25),
    Paper.CARD: Size(_l("Card"), _l("85.6 × 54 mm, as a bank card"), 85.6, 54),
}


@dataclass(frozen=True)
class Imprint:
    """The texts on a label: whose it is, and the `number` that its codes hold."""

    clinic: str
    name: str
    facts: str
    number: str
