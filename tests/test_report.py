"""The month's page as HTML, looked at by a real browser where there is one."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from builders import TOKYO
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.said import said_change, signed
from daicho.ledger.summary.summary import Summary, summarise
from daicho.report import html_of, scale
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.wording import wording
from shop_year import make_ledger, tell_year

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "</title><script>document.title='taken'</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def summary_in(language: str, inquiries: int = 600, category: str = "") -> Summary:
    layout = load_layout(language)
    stories = [*tell_year(2025, inquiries // 2), *tell_year(2026, inquiries, 2, 10_000)]
    for story in stories if category else ():
        story.category = story.product = story.assignee = category
    ledger = make_ledger(stories, layout, TOKYO, load_starters(language)["settings"])
    settings = read_settings(ledger.snapshot.tables["settings"], layout)
    return summarise(ledger, settings, wording(language), Month(2026, 11), NOW)


def page_in(language: str, inquiries: int = 600, category: str = "", shop: str = "さくら雑貨店") -> str:
    return html_of(summary_in(language, inquiries, category), wording(language), shop)


class Reader(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_says_everything_the_summary_says(language: str) -> None:
    summary = summary_in(language)
    read = Reader(html_of(summary, wording(language), "さくら雑貨店"))
    said = [summary.heading, summary.lead, "さくら雑貨店"]
    said += [text for figure in summary.figures for text in (figure.label, figure.detail, figure.note)]
    said += [text for table in summary.tables for text in (table.title, table.note, table.remark)]
    said += [str(row.values[0]) for table in summary.tables for row in table.rows]
    assert [text for text in said if text not in read.text] == []
    assert read.tags.count("svg") == sum(table.chart is not None for table in summary.tables)


def test_the_page_runs_no_script_and_loads_nothing_from_elsewhere() -> None:
    text = page_in("ja")
    read = Reader(text)
    assert not {"script", "link", "iframe", "img"} & set(read.tags)
    assert not read.addresses
    assert "url(" not in text
    assert "@import" not in text


def test_text_from_outside_stays_text() -> None:
    read = Reader(page_in("ja", 60, HOSTILE, HOSTILE))
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert HOSTILE in read.text


@pytest.mark.parametrize("inquiries", [0, 1, 30])
def test_small_months_have_a_page(inquiries: int) -> None:
    text = page_in("ja", inquiries)
    assert not re.search(r"nan|inf\b|None|Undefined", Reader(text).text)


@pytest.mark.parametrize("most", [0, 0.4, 1, 2, 3, 7, 10, 11, 99, 100, 101, 12_345])
def test_an_axis_shows_all_in_few_round_steps(most: float) -> None:
    top, steps = scale(most)
    assert top >= max(most, 1)
    assert steps[0] == 0
    assert steps[-1] == top
    assert 2 <= len(steps) <= 6
    assert all(float(step).is_integer() for step in steps)


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (1234, 0, "+1,234"),
        (-3, 0, "-3"),
        (0, 0, "±0"),
        (0.4, 0, "±0"),
        (-0.04, 1, "±0.0"),
        (-0.06, 1, "-0.1"),
    ],
)
def test_a_change_that_cannot_be_seen_has_no_sign(number: float, decimals: int, text: str) -> None:
    assert signed(number, decimals) == text


def test_a_change_is_told_in_its_own_unit() -> None:
    figures = {figure.key: figure for figure in summary_in("ja").figures}
    count = replace(figures["inquiries"], value=120)
    assert said_change(count, 100, wording("ja")) == "+20 (+20%)"
    assert said_change(count, 0, wording("ja")) == "+120"
    assert said_change(count, None, wording("ja")) == ""
    assert said_change(replace(figures["kept-rate"], value=0.5), 0.75, wording("ja")) == "-25 ポイント"
    assert said_change(replace(figures["median-reply"], value=3.0), 1.5, wording("en")) == "+1.5 h"


def test_a_change_is_the_difference_of_the_numbers_that_are_shown() -> None:
    median = next(figure for figure in summary_in("ja").figures if figure.key == "median-reply")
    shown = replace(median, value=1.84)
    assert [said_change(shown, past, wording("en")) for past in (1.75, 1.76, 1.94)] == [
        "±0.0 h",
        "±0.0 h",
        "-0.1 h",
    ]
    assert [shown.news(past) for past in (1.76, 1.94, 1.64)] == ["", "good", "bad"]


# --- in a browser -----------------------------------------------------------------------------------------

MEASURE = """
<body><script>
const pages = %s, found = [];
function boxes(svg) { return [...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect()); }
function meet(a, b) {
  return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
}
function measure(frame) {
  const page = frame.contentDocument, root = page.documentElement;
  const outside = [...page.querySelectorAll('svg')].flatMap(svg => {
    const around = svg.getBoundingClientRect();
    return boxes(svg).filter(box => box.left < around.left - 1 || box.right > around.right + 1);
  });
  const met = [...page.querySelectorAll('svg')].flatMap(svg => {
    const all = boxes(svg);
    return all.filter((box, place) => all.slice(place + 1).some(other => meet(box, other)));
  });
  const off = [...page.querySelectorAll('svg')].filter(
    svg => svg.getBoundingClientRect().right > root.clientWidth + 1 || svg.scrollWidth > svg.clientWidth + 1);
  const small = [...page.querySelectorAll('svg text')].filter(
    text => text.getBoundingClientRect().height < 9);
  const hidden = [...page.querySelectorAll('.scroll')].filter(
    element => element.scrollWidth > element.clientWidth + 1);
  const cut = [...page.querySelectorAll('td, th, .figure, h1, h2, p')].filter(
    element => element.scrollWidth > element.clientWidth + 1);
  const wide = [...page.querySelectorAll('.figure')].filter(
    element => element.getBoundingClientRect().right > root.clientWidth + 1);
  return {
    width: frame.clientWidth, scroll: root.scrollWidth, outside: outside.length, met: met.length,
    hidden: hidden.map(element => element.closest('section').id), off: off.length, small: small.length,
    cut: cut.map(element => element.textContent.trim()), wide: wide.length,
    value: parseFloat(page.defaultView.getComputedStyle(page.querySelector('.value')).fontSize),
    rows: page.querySelectorAll('tbody tr').length, title: page.title,
  };
}
for (const width of [360, 768, 1200]) {
  const frame = document.createElement('iframe');
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.srcdoc = pages;
  frame.onload = () => {
    found.push(measure(frame));
    if (found.length === 3) document.body.textContent = JSON.stringify(found);
  };
  document.body.append(frame);
}
</script></body>
"""


@dataclass(frozen=True)
class Browser:
    """Chromium without a window; nothing it does reaches a network."""

    folder: Path

    def measure(self, page: str) -> list[dict[str, Any]]:
        """What the page measures in frames of a telephone's, a tablet's and a screen's width."""
        wrapper = self.folder / "wrapper.html"
        quoted = json.dumps(page).replace("</", "<\\/")
        wrapper.write_text(MEASURE % quoted, encoding="utf-8")
        assert CHROMIUM
        command = [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={self.folder / 'profile'}",
            "--virtual-time-budget=5000",
            "--dump-dom",
            wrapper.as_uri(),
        ]
        ran = subprocess.run(command, check=True, capture_output=True, timeout=120)
        body = re.search(r"<body>(.*)</body>", ran.stdout.decode("utf-8"), re.DOTALL)
        assert body
        found: list[dict[str, Any]] = json.loads(html.unescape(body[1]))
        return found


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    return Browser(tmp_path)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_overflows_overlaps_or_is_cut_in_a_browser(browser: Browser, language: str) -> None:
    summary = summary_in(language)
    found = browser.measure(html_of(summary, wording(language), "さくら雑貨店"))
    assert sorted(frame["width"] for frame in found) == [360, 768, 1200]
    for frame in found:
        assert frame["scroll"] <= frame["width"], frame
        assert (frame["met"], frame["outside"], frame["wide"], frame["cut"]) == (0, 0, 0, []), frame
        assert (frame["off"], frame["small"]) == (0, 0), "charts are seen whole and can be read"
        assert frame["hidden"] == [], "no table needs scrolling"
        assert frame["value"] >= 32
        assert frame["rows"] == sum(len(table.rows) for table in summary.tables)


def test_hostile_text_does_nothing_in_a_browser(browser: Browser) -> None:
    found = browser.measure(page_in("ja", 60, HOSTILE, HOSTILE))
    assert all(frame["title"] != "taken" for frame in found)
    assert all(frame["scroll"] <= frame["width"] for frame in found)
