"""`python -m tests.sheets_api --port 0`: the stand-in alone; prints its address and serves until stopped."""

from __future__ import annotations

import argparse
import contextlib
import threading

from .server import SheetsServer
from .trouble import BY_NAME


def main() -> None:
    parser = argparse.ArgumentParser(prog="sheets_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--private", action="append", default=[], metavar="ID", help="a file answered with 403"
    )
    parser.add_argument(
        "--create", action="append", default=[], metavar="TITLE", help="a spreadsheet to begin with"
    )
    parser.add_argument("--auth", action="store_true", help="refuse calls without a token from /token")
    parser.add_argument(
        "--trouble",
        action="append",
        default=[],
        metavar="N=KIND",
        help=f"what happens to the n-th request: {', '.join(BY_NAME)}",
    )
    options = parser.parse_args()
    orders = dict(order.split("=", 1) for order in options.trouble)
    with SheetsServer(options.port, auth_required=options.auth) as server:
        for file_id in options.private:
            server.forbid(file_id)
        server.trouble = lambda number, _verb, _path: (
            BY_NAME[orders[str(number)]]() if str(number) in orders else None
        )
        print(server.url, flush=True)
        for title in options.create:
            print(f"{server.create(title)}\t{title}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
