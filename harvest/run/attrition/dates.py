"""The year of the post behind an address, where anything tells it.

An address on Twitter's CDN does: the name of a picture is its id in base64 (RFC 4648, section 5),
and ids of X are snowflakes, whose upper 42 bits count milliseconds since 2010-11-04. All 7,118
names of the lists that comic_net was published with come to a time between May 2016 and September
2021. A picture is uploaded shortly before its post. Tumblr's addresses tell nothing.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

_EPOCH_MS = 1_288_834_974_657
_LAST_YEAR = 2040
"""What would come from later is no snowflake."""
_HOST = r"https?://(?:pbs|video)\.twimg\.com"
_NAMED = re.compile(_HOST + r"/(?:media|tweet_video_thumb)/([A-Za-z0-9_-]{15})(?:[.?:]|$)")
_NUMBERED = re.compile(_HOST + r"/(?:ext_tw_video_thumb|amplify_video_thumb)/([0-9]{15,19})/")
_POST = re.compile(r"https?://(?:\w+\.)?(?:x|twitter)\.com/[^/]+/status/([0-9]{15,19})(?![0-9])")


def year_of(url: str, post_url: str = "", posted_at: str = "") -> int | None:
    """The year (UTC) of a post, by its time (ISO 8601), its address or its picture's address."""
    if posted_at[:4].isdecimal():
        return int(posted_at[:4])
    if found := _POST.match(post_url):
        return _year(int(found[1]))
    if ".twimg.com/" not in url:
        return None
    if found := _NAMED.match(url):
        return _year(int.from_bytes(base64.urlsafe_b64decode(found[1] + "=")[:8]))
    if found := _NUMBERED.match(url):
        return _year(int(found[1]))
    return None


def _year(snowflake: int) -> int | None:
    year = datetime.fromtimestamp(((snowflake >> 22) + _EPOCH_MS) / 1000, UTC).year
    return year if year <= _LAST_YEAR else None
