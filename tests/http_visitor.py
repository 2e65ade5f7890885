"""Someone who uses a running clinic over HTTP, without a browser: reads forms, changes fields, sends them."""

import http.client
import io
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.test import encode_multipart

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return urlsplit(self.headers.get("Location", "")).path

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    """One browser profile. Every method raises OSError or HTTPException when the server does not answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def sign_in(self, username: str, password: str) -> "Visitor":
        answer = self.send("/auth/sign-in", self.form("/auth/sign-in", username=username, password=password))
        assert answer.status == 303, answer.text
        return self

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def form(self, path: str, **changes: str) -> Fields:
        """The fields of the main form of a page as a browser would send them, with some set to other values."""
        answer = self.get(path)
        assert answer.status == 200, f"{path} answered {answer.status}"
        reader = _FormReader()
        reader.feed(answer.text)
        kept = [(name, value) for name, value in reader.fields if name not in changes]
        return [*kept, *changes.items()]

    def send(self, path: str, fields: Fields) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(fields).encode(), headers)

    def send_files(self, path: str, fields: Fields, files: dict[str, tuple[str, bytes]]) -> Answer:
        """A form with files: name of the field to (name of the file, content)."""
        parts = [*fields, *((name, (io.BytesIO(content), called)) for name, (called, content) in files.items())]
        boundary, body = encode_multipart(MultiDict(parts))
        return self.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    @property
    def cookie(self) -> dict[str, str]:
        """The header that makes another connection this visitor's."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request(method, path, body, {**(headers or {}), **self.cookie})
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie") or []:
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        return answer


class _FormReader(HTMLParser):
    """The successful controls of the last form that is sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = []
        self._is_inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = values.get("method", "").lower() == "post" and "sign-out" not in values.get("action", "")
            self.fields = [] if self._is_inside else self.fields
        elif self._is_inside and tag == "select":
            self._select = values["name"]
        elif self._is_inside and tag == "option" and "selected" in values:
            self.fields.append((self._select, values.get("value", "")))
        elif self._is_inside and tag == "input" and "name" in values:
            is_choice = values.get("type") in ("checkbox", "radio")
            if values.get("type") != "file" and (not is_choice or "checked" in values):
                self.fields.append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
