"""Phone numbers: E.164 plus what was typed."""

import re

import phonenumbers

# Before an extension stands a letter or one of these, in any of its spellings.
_EXTENSION_SIGN = re.compile(r"[^\W\d_]|[#,;~]")
# An extension is read alike whatever country the number is of.
_ANY_REGION = "US"


def to_e164(typed: str, region: str) -> str | None:
    """E.164 of a number typed at the clinic (`region` is its country code), or None when it is no phone number."""
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown(value: str, region: str) -> str:
    """A number as people of `region` write it; what is no E.164 number comes back as it is."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    at_home = phonenumbers.region_code_for_number(number) == region
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if at_home else style.INTERNATIONAL)


def shown_in_full(value: str, typed: str | None, region: str) -> str:
    """The same with the extension that was typed: 01 23 45 67 80 ext. 7."""
    return _extended(shown(value, region), typed or value)


def with_extension(value: str, typed: str | None) -> str:
    """A stored number with the extension that was typed: +33123456780 ext. 7."""
    return _extended(value, typed) if typed and value.startswith("+") else value


def _extended(number: str, typed: str) -> str:
    # Most numbers have none: thousands of rows of an export need not be parsed for it.
    if _EXTENSION_SIGN.search(typed) is None:
        return number
    try:
        extension = phonenumbers.parse(typed, _ANY_REGION).extension
    except phonenumbers.NumberParseException:
        extension = None
    return f"{number} ext. {extension}" if extension else number


def digits(value: str) -> str:
    """Only the digits."""
    return "".join(c for c in value if c.isdecimal())
