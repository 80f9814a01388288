"""Reports: nothing from outside becomes markup, nothing is loaded from outside."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from harvest.ledger import html, html_chart

EVIL = "<script>alert(1)</script>\" onmouseover='x' <img src=http://evil.example/x>"
VOID = {"meta", "img", "line", "br", "input", "col"}


class Page(HTMLParser):
    """Collects tags and attributes, and checks that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def everything(tmp_path: Path) -> str:
    """A page with each of the pieces, all of them fed with hostile text."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"<html>")
    shown = html.thumbnail(Image.new("RGBA", (300, 200), (255, 0, 0, 128)), alt=EVIL)
    axis = html_chart.Axis(EVIL)
    hostile = html_chart.Frame(EVIL, EVIL, axis, axis)
    line = html_chart.Line(EVIL, [(0, 0), (1, 2)], marked=True, band=[(0, 0), (1, 3)])
    body = [
        html.section(EVIL, html.paragraph(EVIL), note=EVIL),
        html.heading(EVIL),
        html.facts([(EVIL, EVIL), ("pictures", 1234567)]),
        html.table([EVIL, "n"], [[EVIL, 3], [html.escape(EVIL), 0.5]], caption=EVIL),
        html.tiles(
            [
                html.tile(shown, EVIL, flag=EVIL, href="https://x.com/a?b=c&d='\""),
                html.tile(html.thumbnail(broken, alt=EVIL), EVIL, href="javascript:alert(1)"),
            ]
        ),
        html.bars([(EVIL, 3), ("b", 0)], unit=EVIL),
        html.bars([]),
        html_chart.panels([html_chart.panel(hostile, [line]), html_chart.panel(hostile, [])]),
        html_chart.ranges([(EVIL, 0.5, (0.2, 0.8), EVIL)]),
        html.matrix([EVIL, "b"], [[3, 1], [0, 0]]),
        html.join([html.escape(EVIL), html.Html("<hr/>")]),
    ]
    path = html.write_page(tmp_path / "out" / "report.html", EVIL, body, subtitle=EVIL)
    return path.read_text(encoding="utf-8")


def test_nothing_from_outside_becomes_markup(tmp_path: Path) -> None:
    """Captions, labels, titles, alt texts and names are shown as they are, as text."""
    page = Page(everything(tmp_path))
    tags = {tag for tag, _ in page.tags}

    assert "script" not in tags
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.open == []
    assert sum(EVIL in words for words in page.words) >= 15


def test_nothing_is_loaded_from_outside(tmp_path: Path) -> None:
    """The policy forbids it, and the page does not try: pictures are data, links are links."""
    text = everything(tmp_path)
    page = Page(text)
    policy = next(a["content"] for _, a in page.tags if "Security" in (a.get("http-equiv") or ""))

    assert policy is not None
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "script-src" not in policy
    assert all((a.get("src") or "data:").startswith("data:") for _, a in page.tags)
    assert not {"link", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    """`javascript:` stays without a link; a post's address keeps its every character."""
    page = Page(everything(tmp_path))
    links = [attrs for tag, attrs in page.tags if tag == "a" and attrs["href"] != "#main"]

    assert [link["href"] for link in links] == ["https://x.com/a?b=c&d='\""]
    assert "noopener" in (links[0]["rel"] or "")


def test_the_policy_stands_before_what_it_governs(tmp_path: Path) -> None:
    """A policy after the style would not hold for it."""
    text = everything(tmp_path)

    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<body>")


def test_a_thumbnail_is_a_small_webp(scene, tmp_path: Path) -> None:
    """From a file or a picture: at most `side`, in shape, with an alt text, picture untouched."""
    path = tmp_path / "a.jpg"
    scene.save(path)
    for source in (path, scene):
        shown = html.thumbnail(source, side=60, alt="a scene")
        found = re.search(r'width="(\d+)" height="(\d+)" alt="a scene" src="data:image/webp;base64,'
                          r'([^"]+)"', shown)  # fmt: skip
        assert found is not None
        with Image.open(io.BytesIO(base64.b64decode(found[3]))) as small:
            assert small.size == (60, 40) == (int(found[1]), int(found[2]))

    assert scene.size == (600, 400)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)])
def test_thumbnails_of_odd_sizes(size: tuple[int, int]) -> None:
    """A line of pixels has a thumbnail too."""
    assert "data:image/webp" in html.thumbnail(Image.new("RGB", size))


def test_a_broken_picture_is_a_box_of_words(tmp_path: Path) -> None:
    """The reason stands where the picture would."""
    assert "missing" in html.thumbnail(tmp_path / "nowhere.jpg")
    assert "<img" not in html.thumbnail(tmp_path / "nowhere.jpg")


def test_numbers_are_readable() -> None:
    """Thousands are grouped and stand on the right; words do not."""
    rows = html.table(["a", "b"], [["x", 1234567]])

    assert '<td class="n">1,234,567</td>' in rows
    assert "<td>x</td>" in rows


def test_a_page_replaces_its_forerunner_whole(tmp_path: Path) -> None:
    """Written through a part file; none is left behind."""
    path = tmp_path / "r.html"
    html.write_page(path, "one", [])
    html.write_page(path, "two", [html.paragraph("x")])

    assert "<h1>two</h1>" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_bars_can_be_shares_of_a_whole() -> None:
    """With `full`, the longest bar is no longer than its share."""
    page = html.bars([("sure", 50.0)], unit="%", full=100)

    assert "width:50.00%" in page


def test_a_chart_says_in_words_what_it_shows() -> None:
    """Title and description for screen readers, percentages on the axis, each mark told."""
    share = html_chart.Axis("share", (0.0, 1.0), percent=True)
    frame = html_chart.Frame(
        "Rise", "from 0 % to 100 %", html_chart.Axis("n"), share, diagonal=True
    )
    line = html_chart.Line("a", [(10, 0.0), (20, 1.0)], marked=True, band=[(0, 0.2), (0.8, 1)])

    page = html_chart.panel(frame, [line])

    assert "<title>Rise</title><desc>from 0 % to 100 %</desc>" in page
    assert ">25%</text>" in page
    assert "<title>n 20, share 1</title>" in page
    assert page.count('class="band"') == page.count('class="chance"') == 1


def test_lines_differ_by_more_than_colour() -> None:
    """Each line of a panel has dashes of its own, and its key in the legend has the same."""
    axis = html_chart.Axis("v")
    lines = [html_chart.Line(name, [(0, 0), (1, 1)]) for name in "abc"]

    page = html_chart.panel(html_chart.Frame("t", "t", axis, axis), lines)

    assert page.count('stroke-dasharray="7 3"') == page.count('stroke-dasharray="2 3"') == 2


def test_an_interval_is_a_band_around_its_share() -> None:
    """From low to high on a track of 0 to 1, the share a dot on it."""
    page = html_chart.ranges([("a", 0.5, (0.25, 0.75), "half")])

    assert "left:25.00%;width:50.00%" in page
    assert 'class="dot" style="left:50.00%"' in page


def test_many_labels_make_a_dense_matrix() -> None:
    """From 13 on zeros are blank; with 12 they are written."""
    small, large = (html.matrix([str(i) for i in range(n)], [[0] * n] * n) for n in (12, 13))

    assert "matrix dense" not in small
    assert small.count(">0</td>") == 144
    assert "matrix dense" in large
    assert ">0</td>" not in large


def test_short_names_in_a_table_are_whole() -> None:
    """Labels keep their letters together on a small screen; names of files may be broken."""
    labels = html.table(["label"], [("no_comic_drawing",), ("comic",)])
    files = html.table(["file"], [("a",), ("b" * 25,)])

    assert '<table class="short">' in labels
    assert "<table>" in files
