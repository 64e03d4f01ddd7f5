"""Everything the server remembers: files, and the workbooks in them."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .batch import Context
from .errors import ApiError, DriveError, Json, forbidden, not_found
from .workbook import Clock, Workbook, utc_now

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
ROOT = "0AStandInRootFolder"
"""The folder `root` stands for."""
OWNER = "someone@example.invalid"


@dataclass
class File:
    """A file of Drive. A spreadsheet's name is its workbook's title."""

    id: str
    mime_type: str
    created: datetime
    modified: datetime
    label: str = ""
    workbook: Workbook | None = None
    parents: list[str] = field(default_factory=lambda: [ROOT])
    trashed: bool = False
    private: bool = False
    permissions: dict[str, Json] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.workbook.title if self.workbook else self.label

    def rename(self, name: str) -> None:
        self.label = name
        if self.workbook:
            self.workbook.title = name


class Store:
    """The files, behind one lock: requests are served one after the other."""

    def __init__(self, clock: Clock = utc_now, *, filled_checkboxes: bool = False) -> None:
        self.files: dict[str, File] = {}
        self.lock = threading.RLock()
        self.clock = clock
        self.filled_checkboxes = filled_checkboxes

    def now(self) -> datetime:
        return self.clock().astimezone(UTC)

    def create(self, title: str, mime_type: str = SPREADSHEET, *, locale: str = "en_US") -> File:
        now = self.now()
        file = File(new_file_id(), mime_type, now, now, label=title)
        if mime_type == SPREADSHEET:
            file.workbook = Workbook(file.id, title, locale=locale)
        owner = {"id": "00000000000000000001", "type": "user", "emailAddress": OWNER, "role": "owner"}
        file.permissions[owner["id"]] = owner
        self.files[file.id] = file
        return file

    def copy(self, source: File, name: str | None) -> File:
        """files.copy: sheet ids and developer metadata are kept."""
        twin = self.create(name or f"Copy of {source.name}", source.mime_type)
        if source.workbook:
            workbook = source.workbook.fork()
            workbook.id, workbook.title = twin.id, twin.name
            twin.workbook = workbook
        return twin

    def workbook(self, file_id: str) -> Workbook:
        """For the Sheets API. Raises ApiError 404, 403."""
        file = self.files.get(file_id)
        if file is None:
            raise not_found()
        if file.private:
            raise forbidden()
        if file.workbook is None:
            # An .xlsx that lies in Drive, say.
            raise ApiError("This operation is not supported for this document", status="FAILED_PRECONDITION")
        return file.workbook

    def context(self, draft: Workbook) -> Context:
        """For requests on a fork."""
        return Context(draft, self.now().date(), self.filled_checkboxes)

    def commit(self, workbook: Workbook) -> None:
        """Keeps a fork in place of the workbook it was forked from."""
        file = self.files[workbook.id]
        file.workbook = workbook
        file.modified = self.now()

    def file(self, file_id: str) -> File:
        """For the Drive API. Raises DriveError 404 (also where the caller may not see the file)."""
        file = self.files.get(file_id)
        if file is None or file.private:
            raise DriveError(f"File not found: {file_id}.", 404, "notFound", location="fileId")
        return file


def new_file_id() -> str:
    """44 characters, as Google's."""
    return "1" + secrets.token_urlsafe(33)[:43]
