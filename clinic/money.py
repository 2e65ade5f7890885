"""Money: integer minor units of an ISO 4217 currency."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision, get_territory_currencies, list_currencies


def to_minor(amount: Decimal, currency: str) -> int:
    """12.50 EUR gives 1250; 1250 JPY gives 1250."""
    scaled = amount.scaleb(get_currency_precision(currency))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """1250 EUR gives 12.50."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def is_currency(code: str) -> bool:
    """Whether `code` is a currency of ISO 4217."""
    return code in list_currencies()


def currency_of(region: str) -> str:
    """The currency in use in a country (ISO 3166 code); EUR where none is known."""
    return str(next(iter(get_territory_currencies(region)), "EUR"))
