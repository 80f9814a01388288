"""Tumblr's JSON of posts, in the legacy shapes and in NPF."""

from __future__ import annotations

import html
from typing import Any

from harvest.sandbox.addresses import tumblr_renditions
from harvest.sandbox.posts import Blog, Media, Post

_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def blog_summary(blog: Blog) -> dict[str, Any]:
    """A blog object."""
    return {
        "name": blog.name,
        "title": blog.title,
        "uuid": blog.uuid,
        "url": f"https://{blog.name}.tumblr.com/",
        "posts": len(blog.posts),
        "updated": int(blog.posts[0].at.timestamp()) if blog.posts else 0,
    }


def is_photo(post: Post) -> bool:
    """Whether `/posts/photo` shows it: the new editor's posts count as text there."""
    return post.form == "photo"


def post_object(post: Post, blog: Blog, *, npf: bool, reblog_info: bool = False) -> dict[str, Any]:
    """A post as the API gives it; `reblog_info` tells whom it was reblogged from."""
    common: dict[str, Any] = {
        "blog_name": blog.name,
        "blog": {"name": blog.name, "uuid": blog.uuid, "url": f"https://{blog.name}.tumblr.com/"},
        # As JSON gives it: a number past 2**53.
        "id": int(post.post_id),
        "id_string": post.post_id,
        "post_url": f"https://{blog.name}.tumblr.com/post/{post.post_id}",
        "slug": "-".join(post.text.lower().rstrip(".…!?").split()[:5]),
        "date": post.at.strftime("%Y-%m-%d %H:%M:%S GMT"),
        "timestamp": int(post.at.timestamp()),
        "state": "published",
        "format": "html",
        "tags": list(post.tags),
        "note_count": int(post.post_id) % 53,
        "is_nsfw": post.sensitive,
    }
    if post.form == "reblog" and reblog_info:
        common |= {
            "reblogged_from_id": str(int(post.post_id) - 1),
            "reblogged_from_name": "elsewhere",
        }
    if npf:
        return common | _npf(post)
    return common | (_photo(post) if is_photo(post) else _text(post))


def _photo(post: Post) -> dict[str, Any]:
    photos = []
    for media in post.photos:
        sizes = [
            {"url": size.url, "width": size.width, "height": size.height}
            for size in tumblr_renditions(media.picture)
        ]
        photos.append({"caption": "", "original_size": sizes[0], "alt_sizes": sizes})
    return {
        "type": "photo",
        "caption": f"<p>{html.escape(post.text)}</p>",
        "photos": photos,
        "image_permalink": f"https://{post.author}.tumblr.com/image/{post.post_id}",
    }


def _text(post: Post) -> dict[str, Any]:
    figures = "".join(_figure(media) for media in post.photos)
    words = f"<p>{html.escape(post.text)}</p>"
    if post.form != "reblog":
        body = words + figures
        reblog = {"comment": body, "tree_html": ""}
        blog = {"name": post.author}
        own = {"blog": blog, "post": {"id": post.post_id}, "content_raw": body, "content": body}
        trail = [own | {"is_current_item": True, "is_root_item": True}]
        return {"type": "text", "title": None, "body": body, "reblog": reblog, "trail": trail}
    theirs = f'<p><a class="tumblr_blog">elsewhere</a>:</p><blockquote>{figures}</blockquote>'
    return {
        "type": "text",
        "title": None,
        "body": theirs + words,
        "reblog": {"comment": words, "tree_html": theirs},
        "trail": [{"blog": {"name": "elsewhere"}, "content_raw": figures, "content": figures}],
    }


def _figure(media: Media) -> str:
    size = tumblr_renditions(media.picture)[0]
    alt = html.escape(media.alt_text or "image", quote=True)
    return (
        f'<figure data-orig-height="{size.height}" data-orig-width="{size.width}">'
        f'<img src="{size.url}" data-orig-height="{size.height}" data-orig-width="{size.width}"'
        f' alt="{alt}"></figure>'
    )


def _npf(post: Post) -> dict[str, Any]:
    images = [_image(media) for media in post.photos]
    words = [{"type": "text", "text": post.text}]
    found: dict[str, Any] = {
        "type": "blocks",
        "original_type": "photo" if is_photo(post) else "regular",
        "is_blocks_post_format": True,
        "content": images + words,
        "layout": [],
        "trail": [],
        "summary": post.text,
    }
    if len(images) > 1:
        rows = [{"blocks": [n]} for n in range(len(images))]
        found["layout"] = [{"type": "rows", "display": rows}]
    if post.form == "reblog":
        elsewhere = {"name": "elsewhere", "url": "https://elsewhere.tumblr.com/"}
        entry = {
            "content": images,
            "layout": [],
            "post": {"id": str(int(post.post_id) - 1)},
            "blog": elsewhere,
        }
        found |= {"content": words, "trail": [entry], "layout": []}
    return found


def _image(media: Media) -> dict[str, Any]:
    picture = media.picture
    sizes: list[dict[str, Any]] = []
    for place, size in enumerate(tumblr_renditions(picture)):
        entry: dict[str, Any] = {
            "type": _TYPES[picture.extension],
            "url": size.url,
            "width": size.width,
            "height": size.height,
        }
        if place == 0:
            entry["has_original_dimensions"] = True
        if size.side == 75:
            entry["cropped"] = True
        sizes.append(entry)
    block: dict[str, Any] = {"type": "image", "media": sizes}
    if media.alt_text:
        block["alt_text"] = media.alt_text
    return block
