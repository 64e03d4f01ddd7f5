"""The methods of the Sheets API."""

from __future__ import annotations

from datetime import date

from . import batch, kinds_cells, kinds_charts, kinds_lines, kinds_objects, kinds_paste, kinds_sheets
from . import metadata as developer
from . import values as cell_values
from .batch import Context
from .calls import Answer, Call, answers, json_answer
from .errors import ApiError, Json, not_found
from .fields import inner, select, wants
from .spreadsheets import Areas, sheet_properties, spreadsheet
from .values import Written, rendering
from .workbook import Workbook, clipped

KINDS_OF_REQUEST = (
    kinds_cells,
    kinds_charts,
    kinds_lines,
    kinds_objects,
    kinds_paste,
    kinds_sheets,
    developer,
)
"""Imported so that they register their kinds."""


def workbook(call: Call) -> Workbook:
    return call.store.workbook(call.parameters["spreadsheetId"])


def today(call: Call) -> date:
    return call.store.now().date()


def rendered(call: Call, book: Workbook, areas: Areas, *, grid_data: bool) -> Answer:
    """The Spreadsheet resource, made to the call's mask."""
    return json_answer(spreadsheet(book, call.mask, areas or None, grid_data=grid_data))


@answers("sheets.spreadsheets.get")
def get(call: Call) -> Answer:
    book = workbook(call)
    areas = [book.reading(text) for text in call.query.get("ranges", [])]
    return rendered(call, book, areas, grid_data=call.query.get("includeGridData", False))


@answers("sheets.spreadsheets.getByDataFilter")
def get_by_data_filter(call: Call) -> Answer:
    book = workbook(call)
    areas = [place for one in call.body.get("dataFilters", []) for place in developer.places(book, one)]
    return rendered(call, book, areas, grid_data=call.body.get("includeGridData", False))


@answers("sheets.spreadsheets.create")
def create(call: Call) -> Answer:
    properties = call.body.get("properties", {})
    file = call.store.create(
        properties.get("title") or "Untitled spreadsheet", locale=properties.get("locale") or "en_US"
    )
    book = file.workbook
    assert book is not None
    book.properties |= {name: item for name, item in properties.items() if name in book.properties}
    if call.body.get("sheets"):
        # Sheets that are sent replace the one a new spreadsheet has.
        book.sheets = []
        try:
            _fill(call.store.context(book), call.body["sheets"])
        except ApiError:
            del call.store.files[file.id]
            raise
    return rendered(call, book, [], grid_data=False)


def _fill(context: Context, sheets: list[Json]) -> None:
    for message in sheets:
        sheet = kinds_sheets.new_sheet(context.workbook, message.get("properties", {}))
        context.workbook.sheets.append(sheet)
        for data in message.get("data", []):
            start = {
                "sheetId": sheet.id,
                "rowIndex": data.get("startRow", 0),
                "columnIndex": data.get("startColumn", 0),
            }
            request = {"rows": data.get("rowData", []), "start": start, "fields": "*"}
            batch.apply(context, [{"updateCells": request}])
    context.workbook.check_size()


@answers("sheets.spreadsheets.batchUpdate")
def batch_update(call: Call) -> Answer:
    draft = workbook(call).fork()
    replies = batch.apply(call.store.context(draft), call.body.get("requests", []))
    answer: Json = select({"spreadsheetId": draft.id, "replies": replies}, call.mask)
    if call.body.get("includeSpreadsheetInResponse") and wants(call.mask, "updatedSpreadsheet"):
        areas = [draft.reading(text) for text in call.body.get("responseRanges", [])]
        mask = inner(call.mask, "updatedSpreadsheet")
        grid_data = call.body.get("responseIncludeGridData", False)
        answer["updatedSpreadsheet"] = spreadsheet(draft, mask, areas or None, grid_data=grid_data)
    call.store.commit(draft)
    return json_answer(answer)


@answers("sheets.spreadsheets.sheets.copyTo")
def copy_to(call: Call) -> Json:
    source = workbook(call).sheet(call.parameters["sheetId"], word="sheet")
    draft = call.store.workbook(call.body.get("destinationSpreadsheetId", "")).fork()
    twin = kinds_sheets.copied(source, draft.free_sheet_id(), kinds_sheets.copy_title(draft, source))
    draft.sheets.append(twin)
    draft.check_size()
    call.store.commit(draft)
    return sheet_properties(twin, len(draft.sheets) - 1)


@answers("sheets.spreadsheets.developerMetadata.get")
def metadata_get(call: Call) -> Json:
    item = workbook(call).metadata.get(call.parameters["metadataId"])
    if item is None:
        raise not_found()
    return developer.public(item)


@answers("sheets.spreadsheets.developerMetadata.search")
def metadata_search(call: Call) -> Json:
    return developer.search(workbook(call), call.body.get("dataFilters", []))


# Values


@answers("sheets.spreadsheets.values.get")
def values_get(call: Call) -> Json:
    return cell_values.read(workbook(call), call.parameters["range"], rendering(call.query))


@answers("sheets.spreadsheets.values.batchGet")
def values_batch_get(call: Call) -> Json:
    book, how = workbook(call), rendering(call.query)
    ranges = [cell_values.read(book, text, how) for text in call.query.get("ranges", [])]
    return {"spreadsheetId": book.id} | ({"valueRanges": ranges} if ranges else {})


@answers("sheets.spreadsheets.values.batchGetByDataFilter")
def values_batch_get_by_data_filter(call: Call) -> Json:
    book, how = workbook(call), rendering(call.body)
    filters = call.body.get("dataFilters", [])
    found = [(sheet, rect, one) for one in filters for sheet, rect in developer.places(book, one)]
    # Unlike batchGet the answer does not keep the order of the request; here it goes by place.
    found.sort(key=lambda match: (book.sheets.index(match[0]), match[1]))
    matched = [
        {
            "valueRange": cell_values.value_range(book, sheet, rect, how),
            "dataFilters": [developer.answered(one)],
        }
        for sheet, rect, one in found
    ]
    return {"spreadsheetId": book.id} | ({"valueRanges": matched} if matched else {})


@answers("sheets.spreadsheets.values.update")
def values_update(call: Call) -> Json:
    book = workbook(call)
    option = cell_values.input_option(call.query.get("valueInputOption"))
    draft = book.fork()
    written = cell_values.update(draft, call.body, call.parameters["range"], option, today(call))
    call.store.commit(draft)
    how = {"majorDimension": call.body.get("majorDimension", "ROWS")}
    return cell_values.report(draft, written, how | call.query)


@answers("sheets.spreadsheets.values.batchUpdate")
def values_batch_update(call: Call) -> Json:
    book = workbook(call)
    option = cell_values.input_option(call.body.get("valueInputOption"))
    draft = book.fork()
    written: list[Written] = []
    for index, data in enumerate(call.body.get("data", [])):
        try:
            written.append(cell_values.update(draft, data, data.get("range", ""), option, today(call)))
        except ApiError as error:
            raise error.prefixed(f"Invalid data[{index}]: ") from None
    call.store.commit(draft)
    return cell_values.batch_report(draft, written, call.body)


@answers("sheets.spreadsheets.values.batchUpdateByDataFilter")
def values_batch_update_by_data_filter(call: Call) -> Json:
    option = cell_values.input_option(call.body.get("valueInputOption"))
    draft = workbook(call).fork()
    responses, written = [], []
    for data in call.body.get("data", []):
        one = data.get("dataFilter", {})
        for sheet, rect in developer.places(draft, one):
            rows = cell_values.sent_rows(data)
            target = rect._replace(
                bottom=rect.top + len(rows), right=rect.left + max(map(len, rows), default=0)
            )
            done = cell_values.write(draft, sheet, target, rows, option, today(call))
            written.append(done)
            report = cell_values.report(draft, done, call.body)
            del report["spreadsheetId"]
            responses.append(report | {"dataFilter": developer.answered(one)})
    call.store.commit(draft)
    return cell_values.batch_report(draft, written, {}) | {"responses": responses}


@answers("sheets.spreadsheets.values.append")
def values_append(call: Call) -> Json:
    book = workbook(call)
    cell_values.input_option(call.query.get("valueInputOption"))
    draft = book.fork()
    table, written = cell_values.append(draft, call.body, call.parameters["range"], call.query, today(call))
    call.store.commit(draft)
    how = {"majorDimension": call.body.get("majorDimension", "ROWS")}
    answer: Json = {"spreadsheetId": draft.id}
    if table:
        answer["tableRange"] = table
    return answer | {"updates": cell_values.report(draft, written, how | call.query)}


@answers("sheets.spreadsheets.values.clear")
def values_clear(call: Call) -> Json:
    draft = workbook(call).fork()
    sheet, area = draft.locate(call.parameters["range"])
    cleared = cell_values.clear(draft, sheet, clipped(sheet, area))
    call.store.commit(draft)
    return {"spreadsheetId": draft.id, "clearedRange": cleared}


@answers("sheets.spreadsheets.values.batchClear")
def values_batch_clear(call: Call) -> Json:
    draft = workbook(call).fork()
    places = [draft.reading(text) for text in call.body.get("ranges", [])]
    return _cleared(call, draft, places)


@answers("sheets.spreadsheets.values.batchClearByDataFilter")
def values_batch_clear_by_data_filter(call: Call) -> Json:
    draft = workbook(call).fork()
    filters = call.body.get("dataFilters", [])
    return _cleared(call, draft, [place for one in filters for place in developer.places(draft, one)])


def _cleared(call: Call, draft: Workbook, places: Areas) -> Json:
    ranges = [cell_values.clear(draft, sheet, rect) for sheet, rect in places]
    call.store.commit(draft)
    return {"spreadsheetId": draft.id} | ({"clearedRanges": ranges} if ranges else {})
