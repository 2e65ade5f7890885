"""What the page of the patient list shows: rows, filters, orders and the addresses of its links."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from clinic.paging import PAGE_SIZE
from clinic.patients.labels import SEXES
from clinic.patients.listing.forms import FilterForm
from clinic.patients.listing.lines import Line, write_lines
from clinic.patients.listing.queries import (
    Filters,
    Order,
    Position,
    Sort,
    list_letters,
    list_patients,
    list_practitioner_choices,
)
from clinic.patients.listing.rows import list_rows
from clinic.web.filters import date, today
from clinic.web.security import settings

MAX_START = 3


@dataclass
class Listing:
    """One page of the list. `letters` are (label, address) for jumping along names."""

    form: FilterForm
    order: Order
    shows_form: bool = False
    lines: list[Line] = field(default_factory=list)
    letters: list[tuple[str, str]] = field(default_factory=list)
    next: str | None = None
    previous: str | None = None
    practitioners: dict[str, str] = field(default_factory=dict)

    @property
    def shows_registered(self) -> bool:
        """Whether the last column shows when patients were registered instead of their last visit."""
        return self.order.sort == Sort.REGISTERED

    @property
    def newest_first(self) -> dict[str, Any]:
        """The chip that sorts by registration."""
        address = self.address(sort=None if self.shows_registered else "-registered")
        return {"label": _("Newest first"), "href": address, "active": self.shows_registered, "id": "chip-newest"}

    def address(self, **changes: Any) -> str:
        """This list with other filters or another order, from its beginning; None takes a filter away."""
        values = {**self.form.chosen(), "sort": None if self.order == Order() else str(self.order), **changes}
        return url_for("patients.index", **{name: value for name, value in values.items() if value is not None})

    def columns(self) -> list[dict[str, Any]]:
        """Headers of the table, with the address that sorts by each."""
        last_visit = self._column(_("Last visit"), Sort.VISIT)
        return [
            self._column(_("Name"), Sort.NAME),
            {"label": _("Age and sex")},
            self._column(_("Birth date"), Sort.BIRTH),
            self._column(_("MRN"), Sort.MRN),
            {"label": _("Phone")},
            {"label": _("Practitioner")},
            {"label": _("Coverage")},
            self._column(_("Registered"), Sort.REGISTERED) if self.shows_registered else last_visit,
            {"label": _("Actions"), "hidden": True},
        ]

    def _column(self, label: str, sort: Sort) -> dict[str, Any]:
        mine = self.order.sort == sort
        flipped = Order(sort, descending=mine and not self.order.descending)
        direction = "descending" if self.order.descending else "ascending"
        address = self.address(sort=None if flipped == Order() else str(flipped))
        return {"label": label, "sort": address, "sorted": direction if mine else None}

    def chips(self) -> list[dict[str, Any]]:
        """The filters that are set; following one takes it away."""
        form, chosen = self.form, self.form.chosen()
        words = {
            "status": {"inactive": _("Inactive"), "all": _("Active and inactive")}.get(form.status.data),
            "practitioner": self.practitioners.get(str(form.practitioner.data)),
            "since": _("Seen since %(day)s", day=date(form.since.data)) if form.since.data else None,
            "age_from": ngettext("From %(num)s year", "From %(num)s years", form.age_from.data or 0),
            "age_to": ngettext("Up to %(num)s year", "Up to %(num)s years", form.age_to.data or 0),
            "sex": SEXES.get(form.sex.data),
            "covered": {"yes": _("Covered"), "no": _("Not covered")}.get(form.covered.data),
        }
        return [
            {"label": words[name] or value, "href": self.address(**{name: None}), "active": True, "id": f"chip-{name}"}
            for name, value in chosen.items()
        ]


def read_listing(session: Session, args: MultiDict[str, str]) -> tuple[Listing, bool]:
    """The page that an address asks for, and whether its filters are valid; with bad ones it has no lines."""
    form = FilterForm(args)
    listing = Listing(form, Order.read(args.get("sort")), shows_form="filter" in args)
    is_valid = form.validate()
    listing.shows_form = listing.shows_form or not is_valid
    if listing.shows_form or form.practitioner.data:
        choices = list_practitioner_choices(session)
        form.offer_practitioners(choices)
        listing.practitioners = {str(i): name for i, name in choices}
    if is_valid:
        _fill(session, listing, args)
    return listing, is_valid


def _fill(session: Session, listing: Listing, args: MultiDict[str, str]) -> None:
    """Read the lines of a page, the addresses of its neighbours and the letters to jump to."""
    filters: Filters = listing.form.filters(settings().zone)
    position = Position(args.get("after"), args.get("before"), (args.get("start") or "")[:MAX_START] or None)
    page = list_patients(session, filters, listing.order, position, today=today(), limit=PAGE_SIZE)
    rows = list_rows(session, page.ids, today())
    listing.lines = write_lines(rows, registered=listing.shows_registered)
    listing.next = listing.address(after=page.next) if page.next else None
    listing.previous = listing.address(before=page.previous) if page.previous else None
    if listing.order.sort == Sort.NAME:
        address = listing.address(start="")
        listing.letters = [(label, address + quote(begin)) for label, begin in list_letters(session)]
