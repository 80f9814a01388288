"""The error answers of X, in the shapes that its documentation and its users report."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

_PROBLEMS = "https://api.twitter.com/2/problems/"

HTML_OUTAGE = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> web.Response:
    """A problem document (RFC 9457); `kind` without a scheme is a name below X's problems."""
    name = kind if kind == "about:blank" else _PROBLEMS + kind
    body = {"title": title, "detail": detail, "type": name, "status": status}
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json"
    )


def invalid(parameter: str, value: str, wanted: str) -> web.Response:
    """400: a parameter is not what it must be."""
    body = {
        "errors": [
            {
                "parameters": {parameter: [value]},
                "message": f"The `{parameter}` query parameter value [{value}] is not {wanted}",
            }
        ],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": _PROBLEMS + "invalid-request",
    }
    return web.json_response(body, status=400)


def no_such_path() -> web.Response:
    """404 of a path that is no endpoint."""
    return problem(404, "Not Found", "Not Found")


def unauthorized() -> web.Response:
    """401, as for a token that never was one."""
    return problem(401, "Unauthorized", "Unauthorized")


def expired_token() -> web.Response:
    """401 in the shape of the first API, for a token that was good once."""
    return web.json_response(
        {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, status=401
    )


def not_enrolled() -> web.Response:
    """403: the app belongs to no project."""
    body = {
        "client_id": "1",
        "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys"
        " and tokens from an App that is attached to a Project.",
        "title": "Client Forbidden",
        "reason": "client-not-enrolled",
        "required_enrollment": "Appropriate Level of API Access",
        "type": _PROBLEMS + "client-forbidden",
        "status": 403,
    }
    return web.json_response(body, status=403)


def out_of_credits() -> web.Response:
    """402: nothing left to pay with."""
    return problem(402, "Payment Required", "credits depleted", "credits-depleted")


def usage_capped() -> web.Response:
    """429 that no waiting helps against: the month's cap."""
    return problem(
        429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", "usage-capped"
    )


def too_many() -> web.Response:
    """429 of today."""
    return problem(429, "Too Many Requests", "Too Many Requests")


def too_many_of_old() -> web.Response:
    """429 in the shape of the first API."""
    return web.json_response(
        {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, status=429
    )


def html_outage() -> web.Response:
    """503 from a proxy that knows no JSON."""
    return web.Response(status=503, text=HTML_OUTAGE, content_type="text/html")


def json_outage() -> web.Response:
    """500 with a problem document."""
    return problem(500, "Internal Server Error", "Something is broken.")


def empty_outage() -> web.Response:
    """500 without a body."""
    return web.Response(status=500, content_type="application/json")


def suspended(name: str, parameter: str = "username") -> dict[str, Any]:
    """Entry of `errors` for a suspended user."""
    return {
        "value": name,
        "resource_id": name,
        "parameter": parameter,
        "resource_type": "user",
        "title": "Forbidden",
        "detail": f"User has been suspended: [{name}].",
        "type": _PROBLEMS + "resource-not-found",
    }


def unknown(name: str, parameter: str = "username") -> dict[str, Any]:
    """Entry of `errors` for a user that does not exist."""
    return {
        "value": name,
        "resource_id": name,
        "parameter": parameter,
        "resource_type": "user",
        "title": "Not Found Error",
        "detail": f"Could not find user with {parameter}: [{name}].",
        "type": _PROBLEMS + "resource-not-found",
    }


def no_such_post(post_id: str) -> dict[str, Any]:
    """Entry of `errors` for a post that is deleted, or never was."""
    return {
        "value": post_id,
        "detail": f"Could not find tweet with ids: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": post_id,
        "type": _PROBLEMS + "resource-not-found",
    }


def post_of_suspended(post_id: str) -> dict[str, Any]:
    """Entry of `errors` for a post of a suspended account."""
    return no_such_post(post_id) | {
        "detail": f"User has been suspended: [{post_id}].",
        "title": "Forbidden",
    }


def not_authorized(user_id: str, what: str = "user", parameter: str = "id") -> dict[str, Any]:
    """Entry of `errors` for what a protected account keeps to itself."""
    return {
        "resource_id": user_id,
        "parameter": parameter,
        "resource_type": what,
        "section": "data",
        "title": "Authorization Error",
        "value": user_id,
        "detail": f"Sorry, you are not authorized to see the {what} with id: [{user_id}].",
        "type": _PROBLEMS + "not-authorized-for-resource",
    }
