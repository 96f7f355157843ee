"""A chart of weeks as the points of an SVG: half of the cases, and nine of ten. Colours and strokes are the look's."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Final

# Of the drawing; it is scaled to the room there is.
WIDTH: Final = 480
HEIGHT: Final = 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 14, 34

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the drawing."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """The weeks of one measure: a path for each run of weeks without a gap, a point for each week."""

    paths: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid, or a name below it, with what stands beside it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn."""

    half: Line
    most: Line
    across: tuple[Mark, ...]
    below: tuple[Mark, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    floor: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def chart(names: Sequence[str], half: Values, most: Values) -> Chart | None:
    """A chart of these weeks, the oldest first; None where no week has a value."""
    values = [one for one in (*half, *most) if one is not None]
    if not values:
        return None
    step = _step(max(values))
    top = step * max(1, ceil(max(values) / step))
    xs = [_LEFT + (WIDTH - _LEFT - _RIGHT) * number / max(1, len(names) - 1) for number in range(len(names))]

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    shown = sorted({0, (len(names) - 1) // 2, len(names) - 1})
    return Chart(
        _line(xs, [None if one is None else y(one) for one in half]),
        _line(xs, [None if one is None else y(one) for one in most]),
        tuple(Mark(y(step * number), f"{step * number:g}") for number in range(round(top / step) + 1)),
        tuple(Mark(round(xs[number], 1), names[number]) for number in shown),
    )


def _line(xs: Sequence[float], ys: Values) -> Line:
    runs: list[list[Point]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            runs.append([])
        else:
            runs[-1].append(Point(round(x, 1), y))
    return Line(
        tuple("M" + " L".join(f"{one.x} {one.y}" for one in run) for run in runs if len(run) > 1),
        tuple(one for run in runs for one in run),
    )


def _step(largest: float) -> float:
    """A round number of days of which four or fewer reach the largest."""
    rough = max(largest, 1) / 4
    power = 10 ** float(ceil(log10(rough)) - 1) if rough > 1 else 1.0
    return next(power * one for one in (1, 2, 5, 10) if power * one >= rough)
