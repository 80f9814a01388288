"""The size ladders of the CDNs."""

import pytest

from harvest.sources.sizes import Ladder, ladder, rung

PBS = "https://pbs.twimg.com/media/AAAAAAAAAAAAAAA"
MEDIA = "https://64.media.tumblr.com"


@pytest.mark.parametrize(
    ("url", "best", "fallback"),
    [
        (
            "http://pbs.twimg.com/media/AbC-_1.jpg",
            ["http://pbs.twimg.com/media/AbC-_1?format=jpg&name=orig",
             "http://pbs.twimg.com/media/AbC-_1?format=jpg&name=4096x4096"],
            ["http://pbs.twimg.com/media/AbC-_1?format=jpg&name=large",
             "http://pbs.twimg.com/media/AbC-_1?format=jpg&name=medium"],
        ),
        (
            f"{PBS}?format=png&name=orig",
            [f"{PBS}?format=png&name=4096x4096"],
            [f"{PBS}?format=png&name=large", f"{PBS}?format=png&name=medium"],
        ),
        (
            f"{PBS}.jpg:large",
            [f"{PBS}?format=jpg&name=orig", f"{PBS}?format=jpg&name=4096x4096"],
            [f"{PBS}?format=jpg&name=large", f"{PBS}?format=jpg&name=medium"],
        ),
        (f"{PBS}?name=orig", [], []),
        ("https://pbs.twimg.com/tweet_video_thumb/A.jpg", [], []),
        ("https://pbs.twimg.com.evil.example/media/A.jpg", [], []),
        ("https://31.media.tumblr.com/0a/tumblr_x1_500.gif",
         ["https://31.media.tumblr.com/0a/tumblr_x1_1280.gif"], []),
        ("https://media.tumblr.com/tumblr_x1_75sq.jpg",
         ["https://media.tumblr.com/tumblr_x1_1280.jpg"], []),
        ("https://64.media.tumblr.com/0a/tumblr_x1_1280.jpg", [], []),
        (f"{MEDIA}/h/h-xx/s640x960/abc.jpg", [], []),
        ("https://example.org/tumblr_x1_500.jpg", [], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_size_ladders(url: str, best: list[str], fallback: list[str]) -> None:
    """Larger sizes where the CDN's addresses allow it, and never an address elsewhere."""
    assert ladder(url) == Ladder(tuple(best), tuple(fallback))


@pytest.mark.parametrize(
    ("url", "final", "name"),
    [
        (f"{PBS}.jpg", f"{PBS}?format=jpg&name=orig", "orig"),
        (f"{PBS}.jpg", f"{PBS}?format=jpg&name=4096x4096", "4096x4096"),
        (f"{PBS}.jpg", f"{PBS}?format=jpg&name=large", "large"),
        (f"{PBS}.jpg", f"{PBS}?format=jpg&name=medium", "medium"),
        (f"{PBS}.jpg", f"{PBS}.jpg", "as listed"),
        (f"{PBS}?format=jpg&name=orig", f"{PBS}?format=jpg&name=orig", "orig"),
        (f"{PBS}.jpg", "https://elsewhere.example/A?name=orig", ""),
        (f"{PBS}.jpg", "https://elsewhere.example/removed.png", ""),
        ("https://media.tumblr.com/tumblr_x1_500.jpg",
         "https://media.tumblr.com/tumblr_x1_1280.jpg", "1280"),
        ("https://media.tumblr.com/tumblr_x1_500.jpg",
         "https://media.tumblr.com/tumblr_x1_500.jpg", "as listed"),
        ("https://example.org/a.jpg", "https://example.org/a.jpg", ""),
        ("https://example.org/a.jpg?name=orig", "https://example.org/a.jpg?name=orig", ""),
    ],
)  # fmt: skip
def test_rungs(url: str, final: str, name: str) -> None:
    """Which size of a picture was had; nothing where there are no sizes."""
    assert rung(url, final) == name
