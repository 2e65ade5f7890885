"""Phone numbers: E.164 plus what was typed."""

import phonenumbers


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
    try:
        extension = phonenumbers.parse(typed or value, region).extension
    except phonenumbers.NumberParseException:
        extension = None
    return f"{shown(value, region)} ext. {extension}" if extension else shown(value, region)


def digits(value: str) -> str:
    """Only the digits."""
    return "".join(c for c in value if c.isdecimal())
