"""The stand-in for X API v2: how it refuses, and whom."""

from __future__ import annotations

import pytest

from harvest.sandbox.keys import BROKE_BEARER, REVOKED_BEARER, UNENROLLED_BEARER
from harvest.sandbox.world import World


@pytest.mark.parametrize(
    ("name", "statuses", "kind"),
    [
        ("revoked_rosa", [401, 401], "about:blank"),
        ("credits_carl", [402, 402], "credits-depleted"),
        ("capped_cora", [429, 429], "usage-capped"),
        ("limited_lara", [429, 200], "about:blank"),
        ("limited_lou", [429, 200], ""),
        ("html_hanna", [503, 503], ""),
        ("flaky_fred", [503, 200], ""),
        ("empty_emil", [500, 500], ""),
        ("broken_bea", [500, 500], "about:blank"),
    ],
)
async def test_moods_are_answered_as_told(
    ask_x, demo: World, name: str, statuses: list[int], kind: str
) -> None:
    """Each misbehaving account refuses in its own way, once or always."""
    path = f"users/{user(demo, name)}/tweets"
    answers = [await ask_x(path) for _ in statuses]

    assert [status for status, _, _ in answers] == statuses
    if kind:
        assert answers[0][2]["type"].endswith(kind)


async def test_the_three_shapes_of_429(ask_x, demo: World) -> None:
    """With a reset to wait for, in the first API's shape without headers, and the month's cap."""
    _, today, body = await ask_x(f"users/{user(demo, 'limited_lara')}/tweets")
    _, bare, old = await ask_x(f"users/{user(demo, 'limited_lou')}/tweets")
    _, _, cap = await ask_x(f"users/{user(demo, 'capped_cora')}/tweets")

    assert body["title"] == "Too Many Requests"
    assert today["x-rate-limit-remaining"] == "0"
    assert old == {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
    assert "x-rate-limit-reset" not in bare
    assert cap["title"] == "UsageCapExceeded"


@pytest.mark.parametrize(
    ("bearer", "status", "words"),
    [
        ("", 401, "Unauthorized"),
        ("stolen", 401, "Unauthorized"),
        (REVOKED_BEARER, 401, "'code': 89"),
        (UNENROLLED_BEARER, 403, "client-not-enrolled"),
        (BROKE_BEARER, 402, "credits-depleted"),
    ],
)
async def test_keys_are_checked(ask_x, bearer: str, status: int, words: str) -> None:
    """Each token is refused in its own way, without rate-limit headers."""
    got, headers, body = await ask_x("users/by/username/islieb", bearer=bearer)

    assert got == status
    assert words in str(body)
    assert "x-rate-limit-limit" not in headers


async def test_suspension_is_told_as_404_too(ask_x) -> None:
    """The documentation speaks of 404, others report 200: there is an account for each."""
    status, _, body = await ask_x("users/by/username/suspended_sue")

    assert status == 404
    assert "suspended" in body["detail"]


async def test_a_signed_request_is_accepted(client) -> None:
    """An OAuth 1.0a header is as good as a bearer token."""
    headers = {"Authorization": 'OAuth oauth_consumer_key="k", oauth_signature="s"'}
    async with client.get("/2/users/by/username/islieb", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("max_results", "4"),
        ("max_results", "101"),
        ("max_results", "many"),
        ("since_id", "x"),
        ("pagination_token", "nonsense"),
        ("pagination_token", "7140é"),
        ("exclude", "videos"),
        ("start_time", "yesterday"),
        ("end_time", "2026-01-01T00:00:00"),
    ],
)
async def test_wrong_parameters_are_named(ask_x, demo: World, parameter: str, value: str) -> None:
    """A parameter out of its range is 400 and named."""
    path = f"users/{user(demo, 'islieb')}/tweets"
    status, _, body = await ask_x(path, **{parameter: value})

    assert status == 400
    assert parameter in body["errors"][0]["parameters"]
    assert body["type"].endswith("/invalid-request")


@pytest.mark.parametrize("name", ["a-b", "x" * 16, "über"])
async def test_impossible_usernames_are_refused(ask_x, name: str) -> None:
    """A name that X does not allow is 400."""
    status, _, _ = await ask_x(f"users/by/username/{name}")

    assert status == 400


@pytest.mark.parametrize(("path", "status"), [("lists/1/tweets", 404), ("users/alice", 400)])
async def test_paths_that_are_none(ask_x, path: str, status: int) -> None:
    """An endpoint that is not played is a problem document, an id that is no number is 400."""
    got, _, body = await ask_x(path)

    assert got == status
    assert "title" in body


def user(world: World, name: str) -> str:
    """Numeric id of an account."""
    return world.accounts[name].user_id
