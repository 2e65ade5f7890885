"""Files to import, broken at random: each is refused with words or imported to its end, and breaks no page."""

import random
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from clinic.errors import Invalid
from clinic.imports import jobs
from clinic.imports.models import ImportFailure, ImportState
from clinic.imports.queries import get_import
from tests.browser_client import Browser
from tests.imports.conftest import Importer

HOSTILE = (
    *(b"\x00", b"\xff\xfe", b'"', b"'", b"\r", b"\n\n", b"\\u0000", b"\\ud800", b"[" * 300, b"{" * 50, b"," * 9000),
    *(b"9" * 5000, b"=1+1", b"1e999", b"NaN", b"x" * 140_000, b"\xe2\x80\xae", b"9999-99-99", b"-1", b";;", b"\t"),
)


# Small made-up files of the kinds that went wrong somewhere.
FOUND = tuple(sorted(Path(__file__).with_name("found").iterdir()))


def broken(content: bytes, chance: random.Random) -> bytes:
    """The content after a few changes: bytes turned, parts left out, doubled or replaced by what parsers fear."""
    for _ in range(chance.randrange(0, 6)):
        start = chance.randrange(0, len(content) + 1)
        stop = min(len(content), start + chance.randrange(0, 40))
        piece = content[start:stop]
        change = chance.choice(
            [b"", piece * 2, chance.choice(HOSTILE), bytes(b ^ (1 << chance.randrange(8)) for b in piece)]
        )
        content = content[:start] + change + content[stop:]
    return content


def import_broken(importer: Importer, browser: Browser, number: int, examples: int) -> Counter[str]:
    """Import `examples` broken files, chosen by the seed `number`; how they ended."""
    ended = Counter[str]()

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(st.sampled_from(FOUND), st.integers(0, 2**32))
    def one(file: Path, choice: int) -> None:
        content = broken(file.read_bytes(), random.Random(choice))
        try:
            row = importer.upload(content, source=f"{file.name} {choice}")
        except Invalid:
            ended["refused as a whole"] += 1
            return
        page = browser.get(f"/imports/{row.id}")
        assert page.status_code == 200, (file.name, choice, page.status_code)
        row = importer.start(row)
        jobs.run(row.id, row.attempt)
        done = get_import(importer.session, row.id)
        assert done.failure is not ImportFailure.DEFECT, (file.name, choice)
        assert done.state is ImportState.FINISHED, (file.name, choice, done.state)
        assert browser.get(f"/imports/{row.id}").status_code == 200, (file.name, choice)
        ended["imported to its end"] += 1

    one()
    return ended
