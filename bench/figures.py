"""Figures and their bounds, printed as one table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured line. `ratio` is what counts: better when higher if `at_least`, when lower otherwise."""

    name: str
    ours: str
    against: str
    ratio: float
    bound: float
    at_least: bool = True

    @property
    def reached(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def render(figures: list[Figure]) -> str:
    """A table for the terminal, one line a figure."""
    rows = [("figure", "Clinic", "against", "ratio", "goal", "")]
    for f in figures:
        goal = f"{'>=' if f.at_least else '<='} {f.bound:g}"
        rows.append((f.name, f.ours, f.against, f"{f.ratio:.2f}", goal, "reached" if f.reached else "MISSED"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
