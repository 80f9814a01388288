"""The words of posts: read as a person reads them, one text whatever the markup, never too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.sources.wording import MAX_TEXT, plain, unescaped, unmarked


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>one <b>two</b></p><p>three</p>", "one two\nthree"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("a &amp; b &lt;3 &#8230;", "a & b <3 …"),
        ("line\nends   mean\tnothing <i>here</i>", "line ends mean nothing here"),
        ("no markup\nat all", "no markup\nat all"),
        ("<script>var x</script><style>p {}</style>said", "said"),
        ("1 < 2 <img src='x' alt='not said'>", "1 < 2"),
        ("<p>  </p>", None),
        ("", None),
        (None, None),
        (7, None),
        ("\x1b[31mred\x00", "[31mred"),
        ("\ud800", "\ufffd"),
        ("می\u200cخواهم 👩\u200d👧\u200d", "می\u200cخواهم 👩\u200d👧"),
    ],
)
def test_html_is_read(markup: object, words: str | None) -> None:
    """Paragraphs are lines, entities characters; what nobody sees is not there."""
    assert unmarked(markup) == words


def test_several_fields_are_lines() -> None:
    """A title, a question and its answer stand below each other; empty ones leave no gap."""
    assert unmarked("<b>title</b>", None, "", "<p>body</p>") == "title\nbody"
    assert plain("one", "two") == "one\ntwo"


def test_other_texts_keep_their_signs() -> None:
    """Where an API gives no HTML, `<` is a sign; where it escapes, it is read back once."""
    assert plain("<b> & &amp;") == "<b> & &amp;"
    assert unescaped("<b> &amp; &amp;amp;") == "<b> & &amp;"


def test_long_texts_are_cut() -> None:
    """To 2,000 characters, the last of them a sign that there is more."""
    whole, cut = plain("x" * MAX_TEXT), plain("x" * (MAX_TEXT + 1))

    assert whole == "x" * MAX_TEXT
    assert cut == "x" * (MAX_TEXT - 1) + "…"


@given(st.text(alphabet=st.sampled_from("<>&;!-/\"'ab pscript\n\x00\u2028é")) | st.text())
def test_nothing_makes_it_raise(markup: str) -> None:
    """Whatever strangers write, what comes can be stored and shown."""
    for read in (plain, unescaped, unmarked):
        words = read(markup)

        assert words is None or (
            words.strip() == words and all(line.isprintable() for line in words.split("\n"))
        )
