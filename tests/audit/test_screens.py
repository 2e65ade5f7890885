from clinic.audit.service import record
from clinic.db import transaction
from tests.browser_client import Browser
from tests.factories import NOW, TESTER, Factory


def log(make: Factory, action: str, count: int = 1) -> None:
    with transaction(make.session) as session:
        for number in range(count):
            record(session, action, "thing", number, actor=TESTER, now=NOW, before={"a": 1}, after={"a": number})


def test_a_manager_reads_the_log_page_by_page(manager: Browser, make: Factory) -> None:
    log(make, "things.write", 60)
    first = manager.page("/audit")
    assert first.count("things.write</code>") == 50
    older = first.split('href="/audit?after=')[1].split('"')[0].split("&")[0]
    assert "things.write</code>" in manager.page(f"/audit?after={older}")


def test_the_log_is_filtered_by_what_and_when(manager: Browser, make: Factory) -> None:
    log(make, "things.write")
    log(make, "things.void")
    html = manager.page("/audit?action=things.void&since=2026-11-20&until=2026-11-20")
    assert "things.void</code>" in html
    assert "things.write</code>" not in html
    assert "No entry matches" in manager.page("/audit?since=2020-01-01&until=2020-01-02&action=things.void")


def test_a_bad_date_is_pointed_out(manager: Browser) -> None:
    assert "This is no date" in manager.page("/audit?since=some+day", status=422)


def test_an_entry_shows_before_and_after(manager: Browser, make: Factory) -> None:
    log(make, "things.write", 3)
    number = manager.page("/audit?action=things.write").split('href="/audit/')[1].split('"')[0]
    assert "things.write" in manager.page(f"/audit/{number}")
    assert manager.get("/audit/999999").status_code == 404


def test_a_receptionist_may_not_read_the_log(receptionist: Browser) -> None:
    assert receptionist.get("/audit").status_code == 403
