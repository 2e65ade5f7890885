"""Documents in Chromium with tus-js-client: chosen, dropped, paused, cut, resumed, refused, twice, previewed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_accessible
from tests.documents.files import PDF, PNG, pdf
from tests.documents.visitor import Network, Visitor

pytestmark = pytest.mark.browser
SLOW = 1_500_000


@pytest.fixture
def visitor(clinic_url: str) -> Visitor:
    return Visitor(clinic_url)


@pytest.fixture
def patient(visitor: Visitor) -> int:
    return visitor.register()


@pytest.fixture
def network(clinic_url: str) -> Iterator[Network]:
    network = Network(clinic_url)
    yield network
    network.close()


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def choose(page: Page, *files: Path) -> None:
    expect(page.locator("#uploads.is-live")).to_be_visible()
    page.set_input_files("#uploads input[data-files][multiple]", [str(f) for f in files])


def offsets(page: Page) -> list[int]:
    """Where each request from now on begins to add to a file."""
    found: list[int] = []
    page.on("request", lambda r: found.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    return found


def row(page: Page, name: str) -> Page:
    return page.locator(".upload-row", has_text=name)  # type: ignore[return-value]


def test_files_are_chosen_uploaded_listed_and_previewed(
    visit: Visit, visitor: Visitor, patient: int, tmp_path: Path
) -> None:
    page = visit(f"/patients/{patient}/documents")
    assert_accessible(page)
    page.select_option("#category", "result")
    choose(page, file(tmp_path, "Blood count.pdf", PDF), file(tmp_path, "skin.png", PNG))
    expect(page.locator("#documents tbody tr")).to_have_count(2)
    expect(page.locator(".upload-outcome[data-outcome=stored]")).to_have_count(2)
    assert_accessible(page)
    page.get_by_role("link", name="skin").click()
    expect(page.locator("#shared-dialog img")).to_be_visible()
    expect(page.locator("#shared-dialog img")).to_have_js_property("naturalWidth", 10)
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Blood count").click()
    frame = page.locator("#shared-dialog iframe")
    expect(frame).to_have_attribute("src", re.compile("/content$"))
    assert {visitor.download(d) for d in visitor.document_ids(patient)} == {PDF, PNG}


def test_the_tab_works_when_it_was_loaded_into_the_chart(visit: Visit, patient: int, tmp_path: Path) -> None:
    page = visit(f"/patients/{patient}")
    page.locator("#tab-documents-index").click()
    choose(page, file(tmp_path, "a.pdf", PDF))
    expect(page.locator("#documents tbody tr")).to_have_count(1)


def test_a_cut_connection_continues_by_itself(
    visit: Visit, visitor: Visitor, patient: int, network: Network, tmp_path: Path
) -> None:
    data = pdf(6_000_000)
    page = visit(f"{network.url}/patients/{patient}/documents")
    network.rate, network.carried = SLOW * 2, 0
    sent = offsets(page)
    choose(page, file(tmp_path, "MRI.pdf", data))
    network.cut_after(2_000_000)
    network.rate = 0
    expect(page.locator(".upload-outcome[data-outcome=stored]")).to_be_visible(timeout=20_000)
    assert sent[-1] > 1_000_000
    assert visitor.download(visitor.document_ids(patient)[0]) == data


def test_paused_resumed_and_after_a_closed_laptop_the_same_file_goes_on(
    visit: Visit, visitor: Visitor, patient: int, network: Network, tmp_path: Path
) -> None:
    data = pdf(24_000_000)
    path = file(tmp_path, "MRI.pdf", data)
    page = visit(f"{network.url}/patients/{patient}/documents")
    network.rate, network.carried = SLOW, 0
    choose(page, path)
    expect(row(page, "MRI.pdf").locator("[data-note]")).to_contain_text("/s")
    page.get_by_role("button", name="Pause").click()
    expect(row(page, "MRI.pdf")).to_contain_text("Paused at")
    page.get_by_role("button", name="Resume").click()
    expect(row(page, "MRI.pdf").locator("[data-note]")).to_contain_text("/s", timeout=10_000)
    assert "MRI" not in page.evaluate("JSON.stringify(localStorage)")
    page.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(f"{network.url}/patients/{patient}/documents")
    expect(row(again, "MRI.pdf")).to_contain_text("Choose the same file again")
    assert_accessible(again)
    network.rate, sent = 0, offsets(again)
    choose(again, path)
    expect(again.locator(".upload-outcome[data-outcome=stored]")).to_be_visible(timeout=20_000)
    expect(again.locator("#pending-uploads li")).to_have_count(0)
    assert sent[0] > 100_000
    assert visitor.download(visitor.document_ids(patient)[0]) == data


def test_a_cancelled_upload_leaves_nothing(
    visit: Visit, visitor: Visitor, patient: int, network: Network, tmp_path: Path
) -> None:
    page = visit(f"{network.url}/patients/{patient}/documents")
    network.rate = SLOW
    choose(page, file(tmp_path, "MRI.pdf", pdf(6_000_000)))
    expect(row(page, "MRI.pdf").locator("[data-note]")).to_contain_text("/s")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".upload-row")).to_have_count(0)
    expect(page.locator("#uploads :focus")).to_have_count(1)
    page.wait_for_timeout(1500)
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('clinic-upload')).length") == 0
    page.reload()
    expect(page.locator(".upload-row")).to_have_count(0)
    assert visitor.document_ids(patient) == []


def test_what_is_not_accepted_says_why_and_the_next_goes_on(visit: Visit, patient: int, tmp_path: Path) -> None:
    page = visit(f"/patients/{patient}/documents")
    bad = file(tmp_path, "invoice.pdf", b"MZ\x90\0" + bytes(5000))
    choose(
        page, bad, file(tmp_path, "empty.txt", b""), file(tmp_path, "page.pdf", b"<html>"), file(tmp_path, "a.pdf", PDF)
    )
    expect(row(page, "invoice.pdf")).to_contain_text("not accepted")
    expect(row(page, "empty.txt")).to_contain_text("empty")
    expect(row(page, "page.pdf")).to_contain_text("not accepted")
    expect(page.locator(".upload-outcome[data-outcome=stored]")).to_have_count(1)
    assert_accessible(page)
    row(page, "invoice.pdf").get_by_role("button", name="Dismiss").click()
    expect(row(page, "invoice.pdf")).to_have_count(0)


def test_the_same_file_twice_is_kept_or_skipped(visit: Visit, visitor: Visitor, patient: int, tmp_path: Path) -> None:
    page = visit(f"/patients/{patient}/documents")
    choose(page, file(tmp_path, "a.pdf", PDF))
    expect(page.locator("#documents tbody tr")).to_have_count(1)
    choose(page, file(tmp_path, "b.pdf", PDF), file(tmp_path, "c.pdf", PDF))
    expect(page.get_by_text("is here already as")).to_have_count(2)
    assert_accessible(page)
    row(page, "b.pdf").get_by_role("button", name="Keep both").click()
    expect(page.locator("#documents tbody tr")).to_have_count(2)
    row(page, "c.pdf").get_by_role("button", name="Skip this one").click()
    expect(page.get_by_text("is here already as")).to_have_count(0)
    assert len(visitor.document_ids(patient)) == 2


def test_files_can_be_dropped(visit: Visit, patient: int) -> None:
    page = visit(f"/patients/{patient}/documents")
    expect(page.locator("#uploads.is-live")).to_be_visible()
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["Dear colleague"], "letter.txt", {type: "text/plain"}));
            for (const name of ["dragenter", "dragover", "drop"])
                document.querySelector("#uploads").dispatchEvent(
                    new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.get_by_role("link", name="letter")).to_be_visible()


def test_a_signed_out_upload_says_so_and_resumes_after_signing_in(
    visit: Visit, visitor: Visitor, patient: int, tmp_path: Path
) -> None:
    page = visit(f"/patients/{patient}/documents")
    page.context.clear_cookies()
    choose(page, file(tmp_path, "a.pdf", PDF))
    expect(row(page, "a.pdf")).to_contain_text("signed out")


def test_a_document_is_changed_and_voided_in_dialogs(visit: Visit, patient: int, tmp_path: Path) -> None:
    page = visit(f"/patients/{patient}/documents", "manager")
    choose(page, file(tmp_path, "a.pdf", PDF))
    expect(page.locator("#documents tbody tr")).to_have_count(1)
    page.locator("#documents tbody summary").click()
    page.locator("#documents").get_by_role("link", name="Change details").click()
    page.fill("#shared-dialog #title", "")
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog")).to_contain_text("Give a title")
    page.fill("#shared-dialog #title", "Discharge letter")
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(page.get_by_role("link", name="Discharge letter")).to_be_visible()
    page.locator("#documents tbody summary").click()
    page.locator("#documents").get_by_role("link", name="Void").click()
    page.fill("#shared-dialog #reason", "Belongs to another patient")
    assert_accessible(page)
    page.get_by_role("button", name="Void the document").click()
    expect(page.get_by_text("No documents yet")).to_be_visible()
    page.get_by_role("link", name="Voided 1").click()
    expect(page.locator("#documents s")).to_have_text("Discharge letter")
    assert_accessible(page)


def test_without_script_the_form_uploads(visit: Visit, visitor: Visitor, patient: int, tmp_path: Path) -> None:
    page = visit(f"/patients/{patient}/documents", java_script_enabled=False)
    page.set_input_files("#files", [str(file(tmp_path, "a.pdf", PDF)), str(file(tmp_path, "b.png", PNG))])
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#documents tbody tr")).to_have_count(2)
    page.get_by_role("link", name="b", exact=True).click()
    expect(page.locator("main img")).to_be_visible()
    assert len(visitor.document_ids(patient)) == 2
