"""Every figure in one run: `python -m bench.run --patients 1000000 [--only lists,exports]`."""

import argparse
import json
import platform
from collections.abc import Callable

from bench import charts, day, exports, footprint, lists, streams, tickets, uploads
from bench.figures import Figure, render
from bench.servers import DATA, prepare

SECTIONS: dict[str, Callable[[int], list[Figure]]] = {
    "footprint": footprint.measure,
    "lists": lists.measure,
    "charts": charts.measure,
    "streams": streams.measure,
    "tickets": tickets.measure,
    "uploads": uploads.measure,
    "exports": exports.measure,
    "day": day.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(SECTIONS))
    options = parser.parse_args()
    print(f"{options.patients:,} patients on {platform.machine()}, Python {platform.python_version()}")
    prepare(options.patients)
    figures: list[Figure] = []
    for name in options.only.split(","):
        figures += SECTIONS[name](options.patients)
        print(f"\n{name} measured\n{render(figures)}", flush=True)
    saved = [{**vars(figure), "reached": figure.reached} for figure in figures]
    (DATA / "figures.json").write_text(json.dumps(saved, indent=1))


if __name__ == "__main__":
    main()
