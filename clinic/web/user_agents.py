"""What a browser calls itself, in words people know: "Firefox on Windows"."""

from flask_babel import gettext as _

# The first mark found names it: most browsers also claim to be the ones further down.
_BROWSERS = (
    (("Edg/", "EdgA/", "EdgiOS/"), "Edge"),
    (("OPR/", "Opera"), "Opera"),
    (("SamsungBrowser/",), "Samsung Internet"),
    (("Vivaldi/",), "Vivaldi"),
    (("Firefox/", "FxiOS/"), "Firefox"),
    (("Chrome/", "CriOS/", "Chromium/"), "Chrome"),
    (("Safari/",), "Safari"),
)
_SYSTEMS = (
    (("iPhone",), "iPhone"),
    (("iPad",), "iPad"),
    (("Android",), "Android"),
    (("Windows",), "Windows"),
    (("CrOS",), "ChromeOS"),
    (("Macintosh", "Mac OS X"), "Mac"),
    (("Linux", "X11"), "Linux"),
)
_LONGEST = 60


def browser_words(user_agent: str) -> str:
    """Browser and system as far as they are known; a program that is no browser under its own name."""
    browser, system = _named(user_agent, _BROWSERS), _named(user_agent, _SYSTEMS)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or user_agent.strip()[:_LONGEST] or str(_("Unknown browser"))


def _named(user_agent: str, names: tuple[tuple[tuple[str, ...], str], ...]) -> str | None:
    return next((name for marks, name in names if any(mark in user_agent for mark in marks)), None)
