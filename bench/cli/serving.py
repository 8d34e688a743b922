"""Serve a folder to the web browser of this machine, until interrupted."""

from __future__ import annotations

import functools
import http.server
import webbrowser
from collections.abc import Callable
from pathlib import Path


def serve_folder(folder: Path, say: Callable[[str], None]) -> None:
    """Serve ``folder`` on a free port of this machine alone, open it, and return at Ctrl-C."""
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        say(f"{url} (Ctrl-C ends it)")
        webbrowser.open(url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        """Say nothing of each request."""
