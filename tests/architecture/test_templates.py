"""What no template may hold: the content security policy and escaping depend on it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("raw HTML", r"\|\s*safe\b"),
        ("an inline style", r"\sstyle="),
        ("an inline handler", r"\s(on[a-z]+|hx-on[:a-z-]*)="),
        ("an inline script", r"<script(?![^>]*\bsrc=)"),
        ("script in an attribute", r"[\"']js(avascript)?:"),
        ("a physical direction", r"(margin|padding)-(left|right)"),
    ],
)
def test_no_template_holds(what: str, pattern: str) -> None:
    found = [f"{t.relative_to(ROOT)}: {what}" for t in TEMPLATES if re.search(pattern, t.read_text())]
    assert not found


def test_a_partial_is_a_file_that_names_its_needs() -> None:
    found = [
        str(t.relative_to(ROOT))
        for t in TEMPLATES
        if t.name.startswith("_") and not t.read_text().lstrip().startswith("{#")
    ]
    assert not found


def test_every_posting_form_carries_a_csrf_token() -> None:
    found = []
    for template in TEMPLATES:
        for form in re.findall(r"<form\b.*?</form>", template.read_text(), re.S):
            is_post = re.search(r"method=[\"']post", form, re.I)
            if is_post and not re.search(r"csrf_token|hidden_tag\(|hidden_fields\(|csrf\(\)", form):
                found.append(str(template.relative_to(ROOT)))
    assert not found


def test_styles_use_logical_properties() -> None:
    physical = re.compile(r"(?<![-\w])(margin|padding|border)-(left|right)(?![-\w])|text-align:\s*(left|right)\b")
    styles = [p for p in (ROOT / "static").rglob("*.css") if "vendor" not in p.parts]
    assert not [str(p.relative_to(ROOT)) for p in styles if physical.search(p.read_text())]


def test_what_does_it_comes_first_and_the_way_out_behind_it() -> None:
    way_out = re.compile(r'form-actions[^"]*">\s*\{\{\s*\w+\(_\("(Cancel"|Keep|Back)')
    assert not [str(t.relative_to(ROOT)) for t in TEMPLATES if way_out.search(t.read_text())]
