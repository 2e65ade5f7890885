"""N synthetic patients, and the searches of a receptionist; the same N and seed give the same rows.

Names follow a Zipf-like frequency (rank to the -0.8), about 18 % have two surnames, 6 % a middle name, 4 % letters
outside ASCII; birth dates follow a rough age pyramid; national identifiers have 11 digits with a check digit.

    python -m bench.patients ROWS FILE.csv
"""

import csv
import datetime as dt
import itertools
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.names import CITY, FEMALE, LAST, MALE

COLUMNS = [
    "id",
    "mrn",
    "first_name",
    "last_name",
    "sex",
    "birth_date",
    "national_id",
    "phone",
    "email",
    "city",
    "created_at",
]
Row = tuple[int, str, str, str, str, str, str, str, str, str, str]
BLOCK = 10_000
# Affine permutations of 0..modulus-1: unique numbers that look unordered, as (factor, offset, modulus).
NATIONAL_ID = (7_368_787_069, 1_234_567_891, 10**10)
PHONE = (387_420_489, 271_828_183, 10**9)
CHECK_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 9, 8)


def _cumulated(names: list[str], exponent: float = 0.8) -> list[float]:
    return list(itertools.accumulate(1.0 / (rank + 1) ** exponent for rank in range(len(names))))


WEIGHTS = {id(names): _cumulated(names) for names in (MALE, FEMALE, LAST, CITY)}


def _permuted(number: int, factor: int, offset: int, modulus: int) -> int:
    return (number * factor + offset) % modulus


def _national_id(number: int) -> str:
    digits = f"{_permuted(number, *NATIONAL_ID):010d}"
    check = sum(int(d) * w for d, w in zip(digits, CHECK_WEIGHTS, strict=True)) % 11 % 10
    return f"{digits}{check}"


def patients(rows: int, seed: int = 42) -> Iterator[Row]:
    """`rows` patients in the order of COLUMNS."""
    chance = random.Random(seed)
    step = (10 * 365 * 86400) / max(rows, 1)
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        male, female, last, second_last, city = (
            chance.choices(names, cum_weights=WEIGHTS[id(names)], k=size) for names in (MALE, FEMALE, LAST, LAST, CITY)
        )
        for index in range(size):
            sex = "f" if chance.random() < 0.52 else "m"
            given = female if sex == "f" else male
            first = given[index]
            if chance.random() < 0.06:
                first = f"{first} {given[(index * 7 + 3) % size]}"
            family = last[index] if chance.random() > 0.18 else f"{last[index]}-{second_last[index]}"
            yield _row(start + index + 1, first, family, sex, _age_in_days(chance), city[index], step)


def _age_in_days(chance: random.Random) -> int:
    if chance.random() < 0.5:
        return min(int(abs(chance.gauss(0, 38)) * 365.25), 105 * 365)
    return int(chance.random() * 80 * 365.25)


def _row(number: int, first: str, family: str, sex: str, age: int, city: str, step: float) -> Row:
    today, began = dt.date(2026, 11, 1).toordinal(), dt.datetime(2016, 1, 1)
    return (
        number,
        f"MRN{number:08d}",
        first,
        family,
        sex,
        dt.date.fromordinal(today - age).isoformat(),
        _national_id(number),
        f"+1{_permuted(number, *PHONE) + 2_000_000_000:010d}",
        f"p{number}@example.org",
        city,
        (began + dt.timedelta(seconds=int(number * step))).strftime("%Y-%m-%d %H:%M:%S"),
    )


def searches(count: int = 100, seed: int = 7) -> list[tuple[str, str]]:
    """What receptionists type, as (kind, text), drawn from the first 10,000 patients.

    25 % beginning of a surname, 20 % first name and beginning of the surname, 15 % inside of a surname, 15 % end of
    the phone, 10 % national identifier, 10 % full name, 5 % nothing to find.
    """
    chance, known = random.Random(seed), list(patients(BLOCK))
    found = [_search(chance, chance.choice(known), number * 100 // count) for number in range(count)]
    chance.shuffle(found)
    return found


def _search(chance: random.Random, patient: Row, percent: int) -> tuple[str, str]:
    first, surname = patient[2].split()[0].lower(), patient[3].split("-")[0].lower()
    if percent < 25:
        return "surname_prefix", surname[: chance.randint(3, 5)]
    if percent < 45:
        return "first_and_prefix", f"{first} {surname[:3]}"
    if percent < 60:
        begin = chance.randint(1, max(1, len(surname) - 4))
        inside = surname[begin : begin + 4] if len(surname) > 4 else surname
        return "inner_substring", inside.ljust(3, "e")
    if percent < 75:
        return "phone_tail", patient[7][-7:]
    if percent < 85:
        return "national_id", patient[6]
    if percent < 95:
        return "full_name", f"{first} {surname}"
    return "no_hit", f"zq{surname[:3]}"


def main(rows: int, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(patients(rows))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
