"""Pointing an unmodified client at the stand-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

HOSTS = (
    "https://sheets.googleapis.com",
    "https://www.googleapis.com",
    "https://drive.googleapis.com",
    "https://oauth2.googleapis.com",
)


class Loopback(HTTPAdapter):
    """A requests adapter that sends what is meant for Google to `url` instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.target = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        there = parts._replace(scheme=self.target.scheme, netloc=self.target.netloc)
        request.url = urlunsplit(there)
        return super().send(request, *args, **kwargs)


def route(session: requests.Session, url: str) -> None:
    """From now on the session talks to `url` wherever it means Google."""
    # google-auth fetches its tokens over a session of its own, and a person's always from Google's address.
    for each in (session, getattr(session, "_auth_request_session", None)):
        if isinstance(each, requests.Session):
            for host in HOSTS:
                each.mount(host, Loopback(url))
