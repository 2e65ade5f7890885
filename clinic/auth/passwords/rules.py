"""What is taken for a password: long enough, and not among the first that anybody tries.

Sources: NIST SP 800-63B 5.1.1.2, OWASP ASVS 5.0 6.2. No rules about kinds of characters: they make passwords alike.
"""

from collections.abc import Iterator
from pathlib import Path

from clinic.errors import Invalid

LEAST, MOST = 12, 200
# A word of the clinic's name shorter than this says nothing.
LEAST_WORD = 4
_COMMON = Path(__file__).with_name("common-passwords.txt")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "0123456789")
_RUNS = tuple(run * 2 for row in _ROWS for run in (row, row[::-1]))


def check_password(password: str, *, username: str, clinic_name: str) -> None:
    """Raise Invalid (field "password") for what nobody should sign in with."""
    if not LEAST <= len(password) <= MOST:
        raise Invalid(
            f"A password needs {LEAST} to {MOST} characters; three or four words are easy to keep.", "password"
        )
    folded = password.casefold()
    named = [username.casefold(), *clinic_name.casefold().split()]
    if any(len(word) >= LEAST_WORD and word in folded for word in named):
        raise Invalid("The password must not contain the user name or the clinic's name.", "password")
    if _is_easy(folded):
        raise Invalid("This is among the first passwords that anybody would try. Take three or four words.", "password")


def _is_easy(folded: str) -> bool:
    forms = set(_forms(folded))
    if len(set(folded)) < 5 or any(form in run for form in forms for run in _RUNS):
        return True
    with _COMMON.open(encoding="ascii") as lines:
        return any(line.rstrip("\n") in forms for line in lines)


def _forms(folded: str) -> Iterator[str]:
    """The password as it is, without blanks, once if it is one thing repeated, each without what stands around it."""
    for text in {folded, "".join(c for c in folded if c.isalnum())}:
        for form in {text, _unit(text)}:
            core = form.strip("0123456789 !?.,;:-_*+#@$%&/=()")
            yield from (each for each in (form, core) if len(each) >= LEAST_WORD)


def _unit(text: str) -> str:
    """What `text` is a repetition of: "ab" of "ababab"."""
    return text[: (text + text).find(text, 1)] if text else text
