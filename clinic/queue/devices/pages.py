"""The dialogs in which screens and kiosks are set up."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.db import current_session, transaction
from clinic.errors import Conflict, Invalid
from clinic.queue.devices import service
from clinic.queue.devices.forms import DeviceForm
from clinic.queue.devices.models import Device
from clinic.queue.devices.queries import get_device
from clinic.queue.queries import list_departments
from clinic.web import htmx
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor

D = TypeVar("D", bound=Device)


class Pages:
    """Set-up of one kind of device.

    form_template: what it is filled in with. words: its titles and messages. opened: the view its address leads to,
    and that view's argument.
    """

    def __init__(
        self,
        kind: type[Device],
        new_form: type[Any],
        edit_form: type[Any],
        *,
        form_template: str,
        words: Callable[[], dict[str, str]],
        opened: tuple[str, str],
    ) -> None:
        self.kind, self.form_template, self.words = kind, form_template, words
        self.new_form, self.edit_form = new_form, edit_form
        self.opened = opened
        self.area = kind.AREA

    def new(self) -> Response:
        return self._form(self.new_form(formdata=None))

    def create(self) -> BaseResponse:
        form = self._offer(self.new_form())
        if not form.validate():
            return self._form(form, 422)
        try:
            with transaction() as write:
                device, token = service.create_device(
                    write,
                    self.kind,
                    values=form.settings(),
                    department_ids=form.department_ids.data,
                    key=form.key,
                    actor=actor(),
                    now=clock.now(),
                )
                name = device.name
        except Invalid as error:
            form.add_error(error)
            return self._form(form, 422)
        return self._address(name, token)

    def edit(self, device_id: int) -> Response:
        device = get_device(current_session(), self.kind, device_id)
        return self._form(self.edit_form.of(device), device=device)

    def update(self, device_id: int) -> BaseResponse:
        form = self._offer(self.edit_form())
        device = get_device(current_session(), self.kind, device_id)
        if not form.validate():
            return self._form(form, 422, device)
        try:
            with transaction() as write:
                service.update_device(
                    write,
                    self.kind,
                    device_id=device_id,
                    expected_version=form.version.data,
                    values=form.settings(),
                    department_ids=form.department_ids.data,
                    actor=actor(),
                    now=clock.now(),
                )
        except Invalid as error:
            form.add_error(error)
            return self._form(form, 422, get_device(current_session(), self.kind, device_id))
        except Conflict as error:
            fresh = get_device(current_session(), self.kind, device_id)
            form = self.edit_form.of(fresh)
            form.add_error(Invalid(error.message))
            return self._form(form, 409, fresh)
        return htmx.go(self._index(), toast=self.words()["changed"])

    def ask(self, device_id: int, question: str) -> Response:
        """Ask before "renew" or "revoke"."""
        device = get_device(current_session(), self.kind, device_id)
        title = _("New address") if question == "renew" else _("Switch off")
        action = url_for(f"{self.area}.{question}", device_id=device_id)
        return dialog(f"queue/devices/_{question}.html", title, self._index(), device=device, action=action)

    def renew(self, device_id: int) -> Response:
        with transaction() as write:
            device, token = service.renew_token(write, self.kind, device_id=device_id, actor=actor(), now=clock.now())
            name = device.name
        return self._address(name, token)

    def revoke(self, device_id: int) -> BaseResponse:
        with transaction() as write:
            service.revoke_device(write, self.kind, device_id=device_id, actor=actor(), now=clock.now())
        return htmx.go(self._index(), toast=self.words()["revoked"])

    def _index(self) -> str:
        return url_for(f"{self.area}.index")

    def _offer(self, form: Any) -> Any:
        return form.offer([load.department for load in list_departments(current_session(), today())])

    def _form(self, form: DeviceForm, status: int = 200, device: Device | None = None) -> Response:
        action = url_for(f"{self.area}.update", device_id=device.id) if device else url_for(f"{self.area}.create")
        title = self.words()["edit" if device else "new"]
        return dialog(
            self.form_template, title, self._index(), status, form=self._offer(form), action=action, device=device
        )

    def _address(self, name: str, token: str | None) -> Response:
        """The one time the address is shown; without a token it was shown before."""
        endpoint, argument = self.opened
        address = url_for(endpoint, _external=True, **{argument: token}) if token else None
        response = dialog("queue/devices/_address.html", name, self._index(), address=address)
        response.headers["HX-Trigger"] = "devices-changed"
        return response
