"""The methods of the Drive API that a spreadsheet client uses, as the public recordings show them.

Drive is older than Sheets: it ignores parameters and fields it does not know.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from . import kinds_sheets
from .calls import Answer, Call, answers, json_answer
from .cells import shown
from .drive_query import matches
from .errors import DriveError, Json
from .fields import select
from .grid import EMPTY, Sheet
from .store import OWNER, ROOT, SPREADSHEET, File, Store
from .values import typed
from .workbook import Workbook

DEFAULT_FILE = ("kind", "id", "name", "mimeType")
PERMISSION_FIELDS = ("kind", "id", "type", "role")
SHEET_TYPES = {"text/csv": ",", "text/tab-separated-values": "\t"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    XLSX: "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
USER = {
    "displayName": "someone",
    "kind": "drive#user",
    "isAuthenticatedUser": True,
    "permissionId": "00000000000000000000",
    "emailAddress": OWNER,
    "picture": {"url": "https://example.invalid/picture"},
}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def resource(file: File) -> Json:
    return {
        "kind": "drive#file",
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime_type,
        "parents": file.parents,
        "trashed": file.trashed,
        "createdTime": stamp(file.created),
        "modifiedTime": stamp(file.modified),
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.id}/edit?usp=drivesdk",
        "owners": [{"kind": "drive#user", "displayName": "someone", "me": True, "emailAddress": OWNER}],
        "permissions": [{"kind": "drive#permission"} | item for item in file.permissions.values()],
        "capabilities": {"canEdit": True, "canCopy": True},
    }


def reply(call: Call, message: Json, default: tuple[str, ...]) -> Json:
    """The fields asked for, or the few Drive gives when none are."""
    return message if call.mask else {name: message[name] for name in default if name in message}


@answers("drive.files.create")
def create(call: Call) -> Json:
    mime = call.body.get("mimeType", "application/octet-stream")
    file = call.store.create(call.body.get("name") or "Untitled", mime)
    file.parents = call.body.get("parents") or file.parents
    return reply(call, resource(file), DEFAULT_FILE)


@answers("drive.files.get")
def get(call: Call) -> Json:
    return reply(call, resource(call.store.file(call.parameters["fileId"])), DEFAULT_FILE)


@answers("drive.files.list")
def listed(call: Call) -> Json:
    """Newest first; the page token is the place to go on from."""
    found = [f for f in call.store.files.values() if not f.private and matches(f, call.query.get("q", ""))]
    found.sort(key=lambda file: file.modified, reverse=True)
    start, size = int(call.query.get("pageToken") or 0), call.query.get("pageSize", 100)
    page = [resource(file) for file in found[start : start + size]]
    if not call.mask:
        page = [{name: item[name] for name in DEFAULT_FILE} for item in page]
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False, "files": page}
    return answer | ({"nextPageToken": str(start + size)} if start + size < len(found) else {})


@answers("drive.files.delete")
def delete(call: Call) -> Answer:
    del call.store.files[call.store.file(call.parameters["fileId"]).id]
    return Answer(204, b"", {"Content-Type": "text/html"})


@answers("drive.files.update")
def update(call: Call) -> Json:
    file = call.store.file(call.parameters["fileId"])
    if call.body.get("name"):
        file.rename(call.body["name"])
    file.trashed = call.body.get("trashed", file.trashed)
    added = [name for name in call.query.get("addParents", "").split(",") if name]
    removed = call.query.get("removeParents", "").split(",")
    file.parents = [name for name in file.parents if name not in removed] + added
    file.modified = call.store.now()
    return reply(call, resource(file), DEFAULT_FILE)


@answers("drive.files.copy")
def copy(call: Call) -> Json:
    file = call.store.copy(call.store.file(call.parameters["fileId"]), call.body.get("name"))
    file.parents = call.body.get("parents") or file.parents
    return reply(call, resource(file), DEFAULT_FILE)


@answers("drive.files.export")
def export(call: Call) -> Answer:
    """The first sheet as CSV or TSV, the whole workbook as .xlsx."""
    file = call.store.file(call.parameters["fileId"])
    mime = call.query.get("mimeType", "")
    if file.workbook is None or (mime not in SHEET_TYPES and mime != XLSX):
        raise DriveError("The requested conversion is not supported.", 400, "badRequest")
    if mime == XLSX:
        return Answer(200, _as_xlsx(file.workbook), {"Content-Type": mime})
    rows = _shown_rows(file.workbook, file.workbook.sheets[0])
    out = io.StringIO()
    csv.writer(out, delimiter=SHEET_TYPES[mime], lineterminator="\r\n").writerows(rows)
    return Answer(200, out.getvalue().removesuffix("\r\n").encode(), {"Content-Type": mime})


def _shown_rows(workbook: Workbook, sheet: Sheet) -> list[list[str]]:
    last = sheet.last_row_with_value()
    filled = [c for row in sheet.rows for c, cell in row.items() if cell.value is not None]
    width = max(filled, default=-1) + 1
    return [[shown(workbook, sheet, sheet.cell(row, c)) for c in range(width)] for row in range(last + 1)]


def _as_xlsx(workbook: Workbook) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in workbook.sheets:
        page = book.create_sheet(sheet.title[:31])
        for index, row in enumerate(sheet.rows, start=1):
            for column, cell in row.items():
                page.cell(index, column + 1, cell.value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# Permissions


def _permission(call: Call) -> Json:
    file = call.store.file(call.parameters["fileId"])
    number = call.parameters["permissionId"]
    if number not in file.permissions:
        raise DriveError(f"Permission not found: {number}.", 404, "notFound", location="permissionId")
    return file.permissions[number]


@answers("drive.permissions.create")
def permission_create(call: Call) -> Json:
    file = call.store.file(call.parameters["fileId"])
    kind, role = call.body.get("type"), call.body.get("role")
    if kind not in ("user", "group", "domain", "anyone"):
        raise DriveError("The permission type field is required.", 403, "required")
    if role not in ("owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"):
        raise DriveError("The permission role field is required.", 403, "required")
    number = "anyoneWithLink" if kind == "anyone" else f"{len(file.permissions) + 1:020d}"
    kept = ("type", "role", "emailAddress", "domain", "allowFileDiscovery", "pendingOwner")
    item = {"id": number} | {name: call.body[name] for name in kept if name in call.body}
    file.permissions[number] = item
    return reply(call, {"kind": "drive#permission"} | item, PERMISSION_FIELDS)


@answers("drive.permissions.list")
def permission_list(call: Call) -> Json:
    file = call.store.file(call.parameters["fileId"])
    items = [{"kind": "drive#permission"} | item for item in file.permissions.values()]
    if not call.mask:
        items = [{name: item[name] for name in PERMISSION_FIELDS if name in item} for item in items]
    return {"kind": "drive#permissionList", "permissions": items}


@answers("drive.permissions.get")
def permission_get(call: Call) -> Json:
    return reply(call, {"kind": "drive#permission"} | _permission(call), PERMISSION_FIELDS)


@answers("drive.permissions.update")
def permission_update(call: Call) -> Json:
    item = _permission(call)
    item |= {name: call.body[name] for name in ("role", "pendingOwner") if name in call.body}
    return reply(call, {"kind": "drive#permission"} | item, PERMISSION_FIELDS)


@answers("drive.permissions.delete")
def permission_delete(call: Call) -> Answer:
    _permission(call)
    del call.store.file(call.parameters["fileId"]).permissions[call.parameters["permissionId"]]
    return Answer(204, b"", {"Content-Type": "text/html"})


# Comments


@answers("drive.comments.list")
def comment_list(call: Call) -> Json:
    return {"kind": "drive#commentList", "comments": call.store.file(call.parameters["fileId"]).comments}


@answers("drive.comments.create")
def comment_create(call: Call) -> Json:
    file = call.store.file(call.parameters["fileId"])
    number = f"AAAA{len(file.comments) + 1:08d}"
    item: Json = {"kind": "drive#comment", "id": number, "createdTime": stamp(call.store.now())}
    item |= {name: call.body[name] for name in ("content", "anchor") if name in call.body}
    file.comments.append(item)
    return item


@answers("drive.about.get")
def about(call: Call) -> Json:
    user = {"kind": "drive#user", "displayName": "someone", "me": True, "emailAddress": OWNER}
    return {"kind": "drive#about", "user": user, "storageQuota": {"usage": "0"}}


# Version 2, which gspread still uses to import CSV


def import_csv(store: Store, file_id: str, raw: bytes, fields: dict[str, Any]) -> Answer:
    """PUT upload/drive/v2/files/ID?convert=True: the text replaces all sheets by one named after the file."""
    file = store.file(file_id)
    name = file.name
    workbook = Workbook(file.id, name)
    workbook.properties["timeZone"] = "America/Los_Angeles"
    workbook.sheets = []
    workbook.sheets = [kinds_sheets.new_sheet(workbook, {"title": name})]
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    sheet, today = workbook.sheets[0], store.now().date()
    sheet.grid = {
        "rowCount": max(1000, len(rows)),
        "columnCount": max(26, max(map(len, rows), default=0)),
    }
    for index, row in enumerate(rows):
        cells = {at: typed(workbook, text, EMPTY, "USER_ENTERED", today) for at, text in enumerate(row)}
        sheet.write(index, cells)
    file.mime_type = SPREADSHEET
    store.commit(workbook)
    return json_answer(select(resource_v2(file), fields))


def resource_v2(file: File) -> Json:
    """The file as Drive v2 describes it after an upload."""
    me = "https://www.googleapis.com/drive/v2/files/" + file.id
    docs = f"https://docs.google.com/spreadsheets/d/{file.id}"
    export_at = f"https://docs.google.com/spreadsheets/export?id={file.id}&exportFormat="
    modified = stamp(file.modified)
    permission = {
        "id": "me",
        "type": "user",
        "role": "owner",
        "kind": "drive#permission",
        "selfLink": me + "/permissions/me",
        "etag": '"0"',
        "pendingOwner": False,
    }
    parent = {
        "selfLink": f"{me}/parents/{ROOT}",
        "id": ROOT,
        "isRoot": True,
        "kind": "drive#parentReference",
        "parentLink": "https://www.googleapis.com/drive/v2/files/" + ROOT,
    }
    return {
        "kind": "drive#file",
        "userPermission": permission,
        "selfLink": me,
        "ownerNames": ["someone"],
        "lastModifyingUserName": "someone",
        "editable": True,
        "writersCanShare": True,
        "mimeType": file.mime_type,
        "exportLinks": {mime: export_at + ending for mime, ending in EXPORTS.items()},
        "parents": [parent],
        "thumbnailLink": "https://example.invalid/thumbnail",
        "appDataContents": False,
        "iconLink": "https://drive-thirdparty.googleusercontent.com/16/type/" + file.mime_type,
        "shared": False,
        "lastModifyingUser": USER,
        "owners": [USER],
        "copyable": True,
        "etag": '"0"',
        "alternateLink": docs + "/edit?usp=drivesdk",
        "embedLink": docs + "/htmlembed",
        "fileSize": "1024",
        "copyRequiresWriterPermission": False,
        "spaces": ["drive"],
        "id": file.id,
        "title": file.name,
        "labels": {"viewed": True, "restricted": False, "starred": False, "hidden": False, "trashed": False},
        "explicitlyTrashed": False,
        "createdDate": stamp(file.created),
        "modifiedDate": modified,
        "modifiedByMeDate": modified,
        "lastViewedByMeDate": modified,
        "markedViewedByMeDate": "1970-01-01T00:00:00.000Z",
        "quotaBytesUsed": "1024",
        "version": "1",
        "capabilities": {"canEdit": True, "canCopy": True},
    }
