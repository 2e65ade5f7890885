import pytest
from sqlalchemy.orm import Session

from clinic.web.user_agents import browser_words

MOZILLA = "Mozilla/5.0"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA} (X11; Linux x86_64) {KIT} HeadlessChrome/130.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{MOZILLA} (Windows NT 10.0; Win64) {KIT} Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        (f"{MOZILLA} (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 14_1) {KIT} Version/17.5 Safari/605.1.15", "Safari on Mac"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 17_5) {KIT} CriOS/130.0 Mobile Safari/604.1", "Chrome on iPhone"),
        (f"{MOZILLA} (Linux; Android 14) {KIT} SamsungBrowser/25.0 Chrome/121 Safari", "Samsung Internet on Android"),
        ("curl/8.1", "curl/8.1"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(session: Session, user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words
