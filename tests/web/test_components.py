"""The macros of templates/components: labels, errors and keys reach the people who need them."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from clinic import clock
from clinic.web.forms import Form
from tests.browser_client import check_page


class VisitorForm(Form):
    name = StringField("Name", validators=[InputRequired("Type a name.")], description="As on the card.")
    sex = RadioField("Sex", choices=[SelectChoice("f", "Female"), SelectChoice("m", "Male")])
    lane = SelectField("Lane", choices=[SelectChoice("normal", "Normal")])
    consent = BooleanField("Agrees to messages")


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(html: str, tag: str) -> list[dict[str, str]]:
    return [attrs for name, attrs in _Elements(html).found if name == tag]


Render = Callable[..., str]


@pytest.fixture
def render(app: Flask) -> Iterator[Render]:
    """Renders a line of Jinja that calls a macro."""

    def from_component(component: str, names: str, source: str, **context: object) -> str:
        line = f'{{% from "components/{component}.html" import {names} %}}{source}'
        return app.jinja_env.from_string(line).render(**context)

    with app.test_request_context(method="POST"):
        yield from_component


@pytest.fixture
def refused(app: Flask) -> Iterator[VisitorForm]:
    """A form sent empty."""
    with app.test_request_context(method="POST", data={}):
        form = VisitorForm(meta={"csrf": False})
        assert not form.validate()
        yield form


def test_a_field_names_its_hint_and_its_error(render: Render, refused: VisitorForm) -> None:
    html = render("field", "field", "{{ field(form.name) }}", form=refused)
    (control,) = elements(html, "input")
    assert control["aria-describedby"] == "name-hint name-error"
    assert control["aria-invalid"] == "true"
    assert [p["id"] for p in elements(html, "p")] == ["name-hint", "name-error"]
    assert elements(html, "label") == [{"for": "name"}]
    assert "Type a name." in html


def test_a_field_without_error_is_not_marked_invalid(render: Render, app: Flask) -> None:
    form = VisitorForm(data={"name": "Ada"}, meta={"csrf": False})
    (control,) = elements(render("field", "field", "{{ field(form.name) }}", form=form), "input")
    assert "aria-invalid" not in control
    assert control["aria-describedby"] == "name-hint"
    assert control["value"] == "Ada"


def test_a_question_with_choices_is_a_named_group(render: Render, refused: VisitorForm) -> None:
    html = render("field", "choices", "{{ choices(form.sex, look='segments') }}", form=refused)
    (group,) = elements(html, "fieldset")
    assert group["aria-describedby"] == "sex-error"
    assert [radio["value"] for radio in elements(html, "input")] == ["f", "m"]
    assert "<legend" in html


def test_a_plain_select_keeps_its_value(render: Render) -> None:
    call = "{{ plain_field('lane', 'Lane', options=[(1, 'One'), (2, 'Two')], value='2') }}"
    options = elements(render("field", "plain_field", call), "option")
    assert [option["value"] for option in options if "selected" in option] == ["2"]


def test_the_summary_links_each_error_to_its_field(render: Render, refused: VisitorForm) -> None:
    html = render("form_errors", "form_errors", "{{ form_errors(form) }}", form=refused)
    assert [a["href"] for a in elements(html, "a")] == ["#name", "#sex", "#lane"]
    assert "data-autofocus" in html


def test_what_people_typed_is_escaped_everywhere(render: Render) -> None:
    evil = "<b hx-get=/x>&"
    for component, names, call in [
        ("badge", "badge", "{{ badge(x, x) }}"),
        ("button", "button", "{{ button(x, attrs={'title': x}) }}"),
        ("facts", "facts", "{{ facts([(x, x)]) }}"),
        ("alert", "alert", "{{ alert('info', x, x) }}"),
        ("toast", "toast", "{{ toast(x) }}"),
        ("timeline", "timeline_item", "{{ timeline_item(x, x, x, x, changes=[(x, x, x)]) }}"),
        ("empty_state", "empty_state", "{{ empty_state('ticket', x, x) }}"),
    ]:
        assert evil not in render(component, names, call, x=evil), component


def test_a_key_comes_with_its_line_in_the_key_map(render: Render) -> None:
    (button,) = elements(render("button", "button", "{{ button('Call', key='c') }}"), "button")
    assert (button["data-key"], button["data-key-label"]) == ("c", "Call")


def test_an_icon_only_button_still_has_a_name(render: Render) -> None:
    html = render("button", "button", "{{ button('Close', icon_name='x', icon_only=true) }}")
    assert '<span class="sr-only">Close</span>' in html


def test_a_posting_button_is_a_form_with_a_token(render: Render) -> None:
    call = "{{ post_button('Call', '/queue/1/call', hidden={'room': 3}) }}"
    html = render("button", "post_button", call)
    assert [(f["action"], f["method"]) for f in elements(html, "form")] == [("/queue/1/call", "post")]
    assert [f["name"] for f in elements(html, "input")] == ["csrf_token", "room"]


def test_a_sorted_column_says_so(render: Render) -> None:
    columns = [{"label": "Name", "sort": "?s=name", "sorted": "ascending"}, {"label": "Age", "number": True}]
    html = render("table", "table", "{% call table('t', 'All', columns) %}{% endcall %}", columns=columns)
    assert [th.get("aria-sort") for th in elements(html, "th")] == ["ascending", None]
    assert "<caption" in html


@pytest.mark.parametrize(
    ("minutes", "level", "words"),
    [(3, None, "3 min"), (15, "warn", "15 min"), (31, "late", "31 min · late"), (66, "late", "1 h 6 min · late")],
)
def test_a_waiting_time_is_marked_in_words(render: Render, minutes: int, level: str | None, words: str) -> None:
    at = clock.now() - dt.timedelta(minutes=minutes, seconds=5)
    html = render("since", "since", "{{ since(at, warn=15, late=30) }}", at=at)
    (time,) = elements(html, "time")
    assert time.get("data-level") == level
    assert re.sub(r"<[^>]+>", "", html).strip() == words


def test_unknown_progress_has_no_value(render: Render) -> None:
    (running,) = elements(render("progress", "progress", "{{ progress('p', 'Import') }}"), "progress")
    (known,) = elements(render("progress", "progress", "{{ progress('p', 'Import', 3, 9) }}"), "progress")
    assert "value" not in running
    assert (known["value"], known["max"]) == ("3", "9")


def test_parts_used_together_keep_their_ids_apart(render: Render, refused: VisitorForm) -> None:
    html = render(
        "field",
        "field, hidden_fields",
        "<h1>x</h1><form action='/'>{{ hidden_fields(form) }}"
        "{{ field(form.name) }}{{ field(form.sex) }}{{ field(form.lane) }}{{ field(form.consent) }}</form>",
        form=refused,
    )
    check_page(html)
