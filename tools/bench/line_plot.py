"""Small multiples of lines and dots as SVG, with the standard library alone: gauge_figures draws with it."""

import math
from dataclasses import dataclass, field

# Told apart by lightness too, dark to light; the fifth stands out.
COLORS = ("#000000", "#332288", "#4477aa", "#88ccee", "#cc3311", "#bb9933")


@dataclass
class Scale:
    """An axis that all panels share. Values outside are drawn at its ends."""
    low: float
    high: float
    label: str = ""
    log: bool = False

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            step = max(1, math.ceil((last - first + 1) / most))
            return [10.0**power for power in range(first, last + 1, step)]
        step = next(step for step in _nice(self.high - self.low) if (self.high - self.low) / step <= most)
        return [step * index for index in range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)]


def _nice(span: float):
    power = 10.0**math.floor(math.log10(span) - 3)
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.6g}"


@dataclass
class Series:
    """A line, or dots; `label` is its entry in the legend, once per page."""
    points: list
    label: str = ""
    color: str = COLORS[0]
    width: float = 1.6
    dash: str = ""
    dots: bool = False
    ends: bool = False  # a hollow mark at the first point, a full one at the last


@dataclass
class Panel:
    series: list
    title: str = ""
    notes: list = field(default_factory=list)  # (x, y, text) in the panel's units


@dataclass
class Page:
    """Panels in rows under one pair of scales. Titles of rows stand at their right."""
    rows: list
    x: Scale
    y: Scale
    width: float = 220  # of a panel
    height: float = 150
    title: str = ""
    row_titles: tuple = ()
    ticks: tuple = (4, 5)
    square: bool = False  # no numbers at the axes, whose units mean nothing

    def svg(self) -> str:
        self._left, gap = (30 if self.square else 66), 14
        entries, lines = self._legend()
        top = (24 if self.title else 6) + 20 * lines + (22 if any(panel.title for panel in self.rows[0]) else 6)
        columns = max(map(len, self.rows))
        each = self.height + (26 if any(panel.title for row in self.rows[1:] for panel in row) else gap)
        across = self._left + columns * (self.width + gap) + (22 if self.row_titles else 4)
        down = top + len(self.rows) * each - (each - self.height) + (26 if self.square else 42)
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{across:.0f}" height="{down:.0f}" viewBox="0 0 {across:.0f} {down:.0f}" '
                 'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
        if self.title:
            parts.append(_text(self._left, 17, self.title, size=13))
        parts += entries
        for row_index, row in enumerate(self.rows):
            for column, panel in enumerate(row):
                origin = (self._left + column * (self.width + gap), top + row_index * each)
                below = row_index == len(self.rows) - 1 or column >= len(self.rows[row_index + 1])
                parts += self._panel(panel, origin, column == 0, below)
            if self.row_titles:
                x, y = self._left + columns * (self.width + gap) + 6, top + row_index * each + self.height / 2
                parts.append(_text(x, y, self.row_titles[row_index], "middle", turn=90))
        middle = top + (len(self.rows) * each - (each - self.height)) / 2
        parts.append(_text(self._left + columns * (self.width + gap) / 2, down - 6, self.x.label, "middle"))
        parts.append(_text(14, middle, self.y.label, "middle", turn=-90))
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _legend(self):
        """Entries from left to right, in as many lines as they need."""
        known, parts, x, y = {}, [], self._left, 40 if self.title else 18
        most = self._left + max(map(len, self.rows)) * (self.width + 14)
        for series in (series for row in self.rows for panel in row for series in panel.series if series.label):
            known.setdefault(series.label, series)
        for label, series in known.items():
            wide = 46 + 7 * len(label)
            if x > self._left and x + wide > most:
                x, y = self._left, y + 20
            if series.dots:
                parts.append(_circle(x + 12, y - 4, series.color))
            else:
                parts.append(f'<path d="M{x} {y - 4}h24" {_stroke(series)}/>')
            parts.append(_text(x + 29, y, label))
            x += wide
        lines = (y - (40 if self.title else 18)) // 20 + 1 if known else 0
        return parts, lines

    def _panel(self, panel, origin, first, last):
        left, top = origin
        at = lambda x, y: (left + self.width * self.x.place(x), top + self.height * (1 - self.y.place(y)))
        parts = [f'<rect x="{left:.0f}" y="{top:.0f}" width="{self.width}" height="{self.height}" fill="none" stroke="#999999"/>']
        if panel.title:
            parts.append(_text(left + self.width / 2, top - 7, panel.title, "middle"))
        for value in () if self.square else self.x.ticks(self.ticks[0]):
            x = at(value, self.y.low)[0]
            parts.append(f'<path d="M{x:.1f} {top:.0f}v{self.height}" stroke="#e5e5e5"/>')
            if last:
                parts.append(_text(x, top + self.height + 15, number(value), "middle", size=11))
        for value in () if self.square else self.y.ticks(self.ticks[1]):
            y = at(self.x.low, value)[1]
            parts.append(f'<path d="M{left:.0f} {y:.1f}h{self.width}" stroke="#e5e5e5"/>')
            if first:
                parts.append(_text(left - 5, y + 4, number(value), "end", size=11))
        for series in panel.series:
            places = [at(x, y) for x, y in series.points]
            if series.dots:
                parts += [_circle(x, y, series.color) for x, y in places]
            elif places:
                path = "".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(places))
                parts.append(f'<path d="{path}" {_stroke(series)}/>')
            if series.ends and places:
                parts += [_circle(*places[0], series.color, fill="white"), _circle(*places[-1], series.color, fill=series.color)]
        parts += [_text(*at(x, y), text, size=11) for x, y, text in panel.notes]
        return parts


def _stroke(series) -> str:
    dash = f' stroke-dasharray="{series.dash}"' if series.dash else ""
    return f'fill="none" stroke="{series.color}" stroke-width="{series.width}" stroke-linejoin="round"{dash}'


def _circle(x, y, color, fill="none") -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.8" fill="{fill}" stroke="{color}" stroke-width="1.2"/>'


def _text(x, y, text, anchor="start", turn=0, size=12) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    place = f'transform="translate({x:.1f},{y:.1f}) rotate({turn})"' if turn else f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} text-anchor="{anchor}"{f" font-size={chr(34)}{size}{chr(34)}" if size != 12 else ""}>{text}</text>'
