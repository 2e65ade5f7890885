"""Keeps spreadsheet programs from running a cell of a CSV file as a formula, and undoes it.

A cell is risky when, after any apostrophes and white space, it begins with = + - @ (full-width forms too), a tab or a
line break. It gets one leading apostrophe. A sign followed by digits only (-5, +33612345678, 3.5) is a number and
computes nothing, so it stays. `release(neutralise(text)) == text` for every text: docs/exports.md says how.
Source: OWASP, "CSV Injection".
"""

import re

APOSTROPHE = "'"
_RISKY = re.compile("['\\s\ufeff\u200b]*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]\d+([.,]\d+)?\Z", re.ASCII)

# What a risky cell can begin with: one look at the first character clears nearly every cell.
SUSPECTS = frozenset("'=+-@＝＋－＠\ufeff\u200b" + "".join(chr(c) for c in range(0x3001) if chr(c).isspace()))


def neutralise(text: str) -> str:
    """`text` as it may stand in a cell."""
    return APOSTROPHE + text if _is_risky(text) else text


def release(text: str) -> str:
    """What `text` was before neutralise()."""
    return text[1:] if text.startswith(APOSTROPHE) and _is_risky(text[1:]) else text


def _is_risky(text: str) -> bool:
    # A phone number is the most frequent suspect: it needs no regular expression.
    if text[1:].isdecimal() and text[0] in "+-" and text.isascii():
        return False
    return _RISKY.match(text) is not None and _NUMBER.match(text) is None
