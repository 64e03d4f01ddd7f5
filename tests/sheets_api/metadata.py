"""Developer metadata: notes a program leaves on a spreadsheet, a sheet, a row or a column, and data filters.

The requests that write it are here too.
"""

from __future__ import annotations

from collections.abc import Callable

from . import fields
from .a1 import Rect
from .batch import Context, kind
from .errors import ApiError, Json
from .formats import pruned
from .grid import Sheet
from .shifts import ROWS
from .workbook import Workbook, place, random_id

Test = Callable[[Json], bool]


def location(workbook: Workbook, message: Json) -> Json:
    """A checked DeveloperMetadataLocation, its type filled in. Raises ApiError 400."""
    if message.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "dimensionRange" in message:
        span = message["dimensionRange"]
        single = "startIndex" in span and span.get("endIndex") == span["startIndex"] + 1
        if not single or span.get("dimension") not in ("ROWS", "COLUMNS"):
            raise ApiError("DimensionRange must represent a single row or column.")
        sheet = workbook.sheet(span.get("sheetId", 0))
        if span["endIndex"] > sheet.size(span["dimension"]):
            raise ApiError(f"DimensionRange is outside the grid of sheet {sheet.id}.")
        kind_of = "ROW" if span["dimension"] == ROWS else "COLUMN"
        return {"locationType": kind_of, "dimensionRange": {"sheetId": sheet.id} | span}
    if "sheetId" in message:
        return {"locationType": "SHEET", "sheetId": workbook.sheet(message["sheetId"], word="sheet").id}
    raise ApiError("Developer metadata must always have a location specified.")


def public(item: Json) -> Json:
    """As reads show it. A sheet location prints its id even where it is 0."""
    answer: Json = pruned(item)
    if item["location"].get("locationType") == "SHEET":
        answer["location"] = answer["location"] | {"sheetId": item["location"]["sheetId"]}
    return answer


@kind("createDeveloperMetadata")
def create_developer_metadata(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("developerMetadata", {})
    if not item.get("metadataKey"):
        raise ApiError("Developer metadata must always have a key specified.")
    if item.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise ApiError("Developer metadata must always have visibility specified.")
    where = location(workbook, item.get("location", {}))
    number = item.get("metadataId")
    if number in workbook.metadata:
        raise ApiError(
            f"Cannot add developer metadata with ID [{number}] because developer metadata with that ID "
            "already exists."
        )
    if number is None:
        number = random_id()
        while number in workbook.metadata:
            number = random_id()
    workbook.metadata[number] = item | {"metadataId": number, "location": where}
    return {"developerMetadata": public(workbook.metadata[number])}


@kind("updateDeveloperMetadata")
def update_developer_metadata(context: Context, body: Json) -> Json:
    workbook = context.workbook
    mask = fields.writing(body.get("fields"), "DeveloperMetadata")
    new = body.get("developerMetadata", {})
    changed = []
    for item in matching(workbook, body.get("dataFilters", [])):
        after = fields.written(item, new, mask)
        after["location"] = location(workbook, after.get("location") or item["location"])
        after["metadataId"] = item["metadataId"]
        workbook.metadata[item["metadataId"]] = after
        changed.append(public(after))
    return {"developerMetadata": changed} if changed else {}


@kind("deleteDeveloperMetadata")
def delete_developer_metadata(context: Context, body: Json) -> Json:
    workbook = context.workbook
    gone = matching(workbook, [body.get("dataFilter", {})])
    for item in gone:
        del workbook.metadata[item["metadataId"]]
    return {"deletedDeveloperMetadata": [public(item) for item in gone]} if gone else {}


def search(workbook: Workbook, filters: list[Json]) -> Json:
    """developerMetadata.search: each piece once, with the filters it matched."""
    matched = []
    for item in workbook.metadata.values():
        hits = [one for one in filters if item in matching(workbook, [one])]
        if hits:
            matched.append({"developerMetadata": public(item), "dataFilters": hits})
    return {"matchedDeveloperMetadata": matched} if matched else {}


def matching(workbook: Workbook, filters: list[Json]) -> list[Json]:
    """The metadata any of the filters selects, in order of creation."""
    tests = [_test(workbook, one) for one in filters]
    return [item for item in workbook.metadata.values() if any(test(item) for test in tests)]


def _test(workbook: Workbook, one: Json) -> Test:
    """A predicate for one DataFilter."""
    if "developerMetadataLookup" in one:
        return _lookup(workbook, one["developerMetadataLookup"])
    sheet, rect = filtered(workbook, one)
    return lambda item: _stands_in(item, sheet, rect)


def _stands_in(item: Json, sheet: Sheet, rect: Rect) -> bool:
    """Row and column metadata that meets a rectangle of cells."""
    span = item["location"].get("dimensionRange")
    if not span or place(item) != sheet.id:
        return False
    first, last = (rect.top, rect.bottom) if span["dimension"] == ROWS else (rect.left, rect.right)
    return bool(first <= span["startIndex"] < last)


def _lookup(workbook: Workbook, lookup: Json) -> Test:
    where = lookup.get("metadataLocation")
    intersecting = lookup.get("locationMatchingStrategy") == "INTERSECTING_LOCATION"
    wanted: Json = location(workbook, where) if where else {}
    if intersecting and wanted.get("spreadsheet"):
        raise ApiError("A spreadsheet location cannot be matched by intersection.")

    def test(item: Json) -> bool:
        names = ("metadataId", "metadataKey", "metadataValue", "visibility")
        if any(name in lookup and item.get(name) != lookup[name] for name in names):
            return False
        if "locationType" in lookup and item["location"]["locationType"] != lookup["locationType"]:
            return False
        if not wanted or item["location"] == wanted:
            return True
        return intersecting and "sheetId" in wanted and place(item) == wanted["sheetId"]

    return test


def filtered(workbook: Workbook, one: Json) -> tuple[Sheet, Rect]:
    """The rectangle a DataFilter means. A lookup gives the place of the first metadata it finds."""
    if "a1Range" in one:
        return workbook.reading(one["a1Range"])
    if "gridRange" in one:
        sheet, rect = workbook.grid_range(one["gridRange"])
        return sheet, rect
    if "developerMetadataLookup" in one:
        found = matching(workbook, [one])
        if found and place(found[0]) is not None:
            return _place_of(workbook, found[0])
        raise ApiError("The data filter matches no part of a sheet.")
    raise ApiError("A data filter must be specified.")


def places(workbook: Workbook, one: Json) -> list[tuple[Sheet, Rect]]:
    """Every rectangle a DataFilter means."""
    if "developerMetadataLookup" not in one:
        return [filtered(workbook, one)]
    return [_place_of(workbook, item) for item in matching(workbook, [one]) if place(item) is not None]


def _place_of(workbook: Workbook, item: Json) -> tuple[Sheet, Rect]:
    sheet = workbook.sheet(place(item) or 0)
    span = item["location"].get("dimensionRange")
    if not span:
        return sheet, sheet.whole
    if span["dimension"] == ROWS:
        return sheet, sheet.whole._replace(top=span["startIndex"], bottom=span["endIndex"])
    return sheet, sheet.whole._replace(left=span["startIndex"], right=span["endIndex"])


def answered(one: Json) -> Json:
    """A filter as answers repeat it: without its zero fields."""
    answer: Json = pruned(one)
    return answer
