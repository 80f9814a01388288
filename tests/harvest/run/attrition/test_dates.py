"""The year of a post, from whatever tells it."""

from __future__ import annotations

import pytest

from harvest.run.attrition.dates import year_of

MEDIA = "http://pbs.twimg.com/media"


@pytest.mark.parametrize(
    ("url", "post_url", "posted_at", "year"),
    [
        (f"{MEDIA}/C-03yyhW0AAZOaK.jpg", "", "", 2017),
        (f"{MEDIA}/E_eDIoKWYAE3lz4.jpg", "", "", 2021),
        (f"{MEDIA}/E_eDIoKWYAE3lz4?format=jpg&name=orig", "", "", 2021),
        (f"{MEDIA}/E_eDIoKWYAE3lz4.jpg:orig", "", "", 2021),
        ("https://pbs.twimg.com/tweet_video_thumb/C-03yyhW0AAZOaK.jpg", "", "", 2017),
        ("https://pbs.twimg.com/ext_tw_video_thumb/1440000000000000000/pu/img/x.jpg", "", "", 2021),
        ("", "https://twitter.com/somebody/status/1440000000000000000", "", 2021),
        ("", "https://x.com/i/status/1440000000000000000/photo/1", "", 2021),
        (f"{MEDIA}/C-03yyhW0AAZOaK.jpg", "", "2014-05-01T00:00:00+00:00", 2014),
        (f"{MEDIA}/C-03yyhW0AAZOaK.jpg", "", "no time", 2017),
        (f"{MEDIA}/zzzzzzzzzzzzzzz.jpg", "", "", None),
        (f"{MEDIA}/000001.jpg", "", "", None),
        ("http://pictures.example/media/C-03yyhW0AAZOaK.jpg", "", "", None),
        ("https://64.media.tumblr.com/0123456789abcdef/tumblr_p1_1280.jpg", "", "", None),
        ("", "https://x.com/somebody/status/20", "", None),
        ("not an address", "nor this", "", None),
        ("", "", "", None),
    ],
)
def test_years(url: str, post_url: str, posted_at: str, year: int | None) -> None:
    """A post's time comes before its id, that before its picture's; nobody else is believed."""
    assert year_of(url, post_url, posted_at) == year
