"""Where the bench keeps what must outlive a run, and how a file there is replaced without ever being half written."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

#: Names a folder for the state of this bench, instead of the platform's own place for user state.
ENVIRONMENT = "METERBENCH_STATE"


def state_folder(given: Path | None = None) -> Path:
    """Return the folder for ledgers: as given, else ``METERBENCH_STATE``, else the user's state folder."""
    if given is not None:
        return given
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "meterbench"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "meterbench"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "meterbench"


def write_durably(path: Path, octets: bytes) -> None:
    """Replace ``path`` as a whole: temporary file, fsync, rename, fsync of the folder. Raises OSError.

    After it returns the octets survive a power cut; before that the old file stands untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if sys.platform != "win32":  # Windows cannot open a folder; its rename is journalled
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
