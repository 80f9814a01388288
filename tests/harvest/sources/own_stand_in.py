"""The stand-in for gallery.example: its API with page tokens, and its pictures."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from aiohttp import web
from PIL import Image

KEY = "gallery-key"
NEWEST = datetime(2026, 9, 1, tzinfo=UTC)
PAGE = 5
TAGS = ("Comic", "no-comic", "sketch")


def application(pictures: int, asked: list[str]) -> web.Application:
    """One member, `ada`, with so many pictures, two a post; `asked` hears of each request."""

    async def posts(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        name = request.match_info["name"]
        if request.query.get("key") != KEY:
            return web.json_response({"problem": "no such key"}, status=401)
        if name == "busy":
            return web.json_response({}, status=429, headers={"Retry-After": "7200"})
        if name == "html":
            return web.Response(text="<h1>down</h1>", content_type="text/html", status=502)
        if name != "ada":
            return web.json_response({"problem": "no such member"}, status=404)
        start = int(request.query.get("page_token", "t0")[1:])
        numbers = range(pictures // 2, 0, -1)[start : start + PAGE]
        answer = {"posts": [_post(number, pictures // 2) for number in numbers]}
        if start + PAGE < pictures // 2:
            answer["next_page_token"] = f"t{start + PAGE}"
        return web.json_response(answer)

    async def picture(request: web.Request) -> web.Response:
        asked.append(request.path)
        number = int(request.match_info["number"])
        out = io.BytesIO()
        Image.new("RGB", (40, 30), (number % 251, number // 251, 7)).save(out, "PNG")
        return web.Response(body=out.getvalue(), content_type="image/png")

    made = web.Application()
    made.router.add_get("/v1/members/{name}/posts", posts)
    made.router.add_get("/pictures/{number}.png", picture)
    return made


def _post(number: int, last: int) -> dict[str, object]:
    return {
        "id": number,
        "posted": (NEWEST - timedelta(hours=last - number)).isoformat(),
        "by": "ada",
        "page": f"https://gallery.example/ada/{number}",
        "words": f"number {number}",
        "tags": [TAGS[number % 3]],
        "pictures": [
            {"href": f"https://pictures.gallery.example/pictures/{2 * number + n}.png", "alt": "a"}
            for n in range(2)
        ],
    }
