"""The stand-in's sheets, objects over cells (filters, protections, charts ...) and developer metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sheets_api import SheetsServer
from sheets_api.book import NOW, Book, area, columns, note, rows, text, typing
from sheets_api.errors import Json


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def book(server: SheetsServer) -> Book:
    return Book(server)


# Sheets


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [
        ("a", 3, ["b", "c", "a", "d"]),
        ("a", 4, ["b", "c", "d", "a"]),
        ("d", 1, ["a", "d", "b", "c"]),
        ("b", 1, ["a", "b", "c", "d"]),
    ],
)
def test_a_sheets_new_index_counts_positions_before_the_move(
    book: Book, moved: str, to: int, order: list[str]
) -> None:
    book.batch({"updateSheetProperties": {"properties": {"sheetId": 0, "title": "a"}, "fields": "title"}})
    book.batch(*({"addSheet": {"properties": {"title": name, "sheetId": ord(name)}}} for name in "bcd"))
    number = 0 if moved == "a" else ord(moved)
    book.batch({"updateSheetProperties": {"properties": {"sheetId": number, "index": to}, "fields": "index"}})
    assert book.titles() == order


def test_a_new_sheet_is_described_in_full(book: Book) -> None:
    properties = {
        "title": "t",
        "gridProperties": {"rowCount": 9, "frozenRowCount": 1},
        "tabColor": {"red": 0.5},
    }
    reply = book.batch({"addSheet": {"properties": properties}})[0]["addSheet"]["properties"]
    assert reply.pop("sheetId") > 0
    assert reply == {
        "title": "t",
        "index": 1,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 9, "columnCount": 26, "frozenRowCount": 1},
        "tabColor": {"red": 0.49803922},
        "tabColorStyle": {"rgbColor": {"red": 0.49803922}},
    }


def test_unfreezing_and_shrinking_pass_only_one_after_the_other(book: Book) -> None:
    def properties(**grid: int) -> Json:
        mask = ",".join(f"gridProperties.{name}" for name in grid)
        return {
            "updateSheetProperties": {"properties": {"sheetId": 0, "gridProperties": grid}, "fields": mask}
        }

    book.batch(properties(frozenRowCount=5))
    assert "non-frozen rows" in book.refused(properties(frozenRowCount=0, rowCount=5))
    book.batch(properties(frozenRowCount=0), properties(rowCount=5))


def test_the_last_visible_sheet_cannot_be_deleted(book: Book) -> None:
    book.batch({"addSheet": {"properties": {"sheetId": 3, "title": "hidden", "hidden": True}}})
    message = book.refused({"deleteSheet": {"sheetId": 0}})
    assert message.endswith("You can't remove all the visible sheets in a document.")


def test_a_sheet_is_copied_within_and_between_spreadsheets(book: Book, server: SheetsServer) -> None:
    book.put("A1", [["x", "=A1"]], "USER_ENTERED")
    book.batch({"addNamedRange": {"namedRange": {"name": "N", "range": area(0, 1, 0, 1)}}})
    request = {"sourceSheetId": 0, "newSheetName": "twin", "insertSheetIndex": 0, "newSheetId": 8}
    reply = book.batch({"duplicateSheet": request})[0]["duplicateSheet"]["properties"]
    assert (reply["sheetId"], reply["index"], book.titles()) == (8, 0, ["twin", "Sheet1"])
    other = Book(server, "other")
    copy = book.ok("POST", "/sheets/0:copyTo", {"destinationSpreadsheetId": other.id})
    assert (copy["title"], copy["index"]) == ("Copy of Sheet1", 1)
    assert other.values("'Copy of Sheet1'") == [["x", "x"]]


def test_a_spreadsheet_is_created_with_its_sheets_and_cells(server: SheetsServer) -> None:
    data = [{"startRow": 1, "rowData": [{"values": [text("返品")]}]}]
    body: Any = {
        "properties": {"title": "台帳", "locale": "ja_JP", "timeZone": "Asia/Tokyo"},
        "sheets": [{"properties": {"title": "問い合わせ台帳", "sheetId": 5}, "data": data}],
    }
    made = requests.post(f"{server.url}/v4/spreadsheets", json=body, timeout=30).json()
    assert (made["properties"]["locale"], made["properties"]["timeZone"]) == ("ja_JP", "Asia/Tokyo")
    assert [sheet["properties"]["sheetId"] for sheet in made["sheets"]] == [5]
    assert server.as_person(made["spreadsheetId"]).values("問い合わせ台帳") == [[], ["返品"]]


# Objects over cells


def test_a_filter_view_is_added_changed_copied_and_deleted(book: Book) -> None:
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": "未対応"}]}
    spec = {"columnIndex": 3, "filterCriteria": {"condition": condition}}
    view = {"filterViewId": 11, "title": "未対応", "range": {"sheetId": 0}, "filterSpecs": [spec]}
    reply = book.batch({"addFilterView": {"filter": view}})[0]["addFilterView"]["filter"]
    assert reply["range"]["endRowIndex"] == 1000
    assert "already exists" in book.refused({"addFilterView": {"filter": view}})
    book.batch({"updateFilterView": {"filter": {"filterViewId": 11, "title": "全件"}, "fields": "title"}})
    twin = book.batch({"duplicateFilterView": {"filterId": 11}})[0]["duplicateFilterView"]["filter"]
    book.batch({"deleteFilterView": {"filterId": twin["filterViewId"]}})
    (kept,) = book.get("sheets.filterViews")["sheets"][0]["filterViews"]
    assert (kept["title"], kept["filterSpecs"]) == ("全件", [spec])


def test_conditional_formats_are_known_by_their_place(book: Book) -> None:
    def rule(word: str) -> Json:
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": word}]}
        form = {"condition": condition, "format": {"textFormat": {"bold": True}}}
        return {"ranges": [area(0, 9, 0, 1)], "booleanRule": form}

    def words() -> list[str]:
        rules = book.get("sheets.conditionalFormats")["sheets"][0].get("conditionalFormats", [])
        return [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in rules]

    assert book.batch(*({"addConditionalFormatRule": {"rule": rule(word)}} for word in "abc")) == [{}, {}, {}]
    assert words() == ["c", "b", "a"]
    book.batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 2}})
    book.batch({"updateConditionalFormatRule": {"index": 1, "rule": rule("d")}})
    assert words() == ["b", "d", "c"]
    reply = book.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    assert "rule" in reply[0]["deleteConditionalFormatRule"]
    assert words() == ["b", "c"]


def test_bandings_may_not_overlap(book: Book) -> None:
    colors = {"firstBandColor": {"red": 1}, "secondBandColor": {"blue": 1}}
    banding = {"range": area(0, 9, 0, 3), "rowProperties": colors}
    reply = book.batch({"addBanding": {"bandedRange": banding}})[0]["addBanding"]["bandedRange"]
    assert reply["rowProperties"]["firstBandColorStyle"] == {"rgbColor": {"red": 1}}
    message = book.refused({"addBanding": {"bandedRange": banding | {"range": area(8, 12, 2, 4)}}})
    assert "You cannot add alternating background colors" in message
    number = reply["bandedRangeId"]
    smaller = {"bandedRangeId": number, "range": area(0, 5, 0, 3)}
    book.batch({"updateBanding": {"bandedRange": smaller, "fields": "range"}})
    book.batch({"addBanding": {"bandedRange": banding | {"range": area(8, 12, 2, 4)}}})
    book.batch({"deleteBanding": {"bandedRangeId": number}})


def test_a_protection_that_warns_stops_no_write(book: Book) -> None:
    item = {"range": {"sheetId": 0}, "warningOnly": True, "description": "機械の列"}
    reply = book.batch({"addProtectedRange": {"protectedRange": item}})[0]["addProtectedRange"][
        "protectedRange"
    ]
    assert (reply["warningOnly"], reply["requestingUserCanEdit"], reply["editors"]) == (True, True, {})
    message = book.refused({"addProtectedRange": {"protectedRange": item}})
    assert message.endswith('Sheet "Sheet1" already has sheet protection.')
    change = {"protectedRangeId": reply["protectedRangeId"], "description": "x"}
    book.batch({"updateProtectedRange": {"protectedRange": change, "fields": "description"}})
    book.put("A1", [["written"]])


def test_charts_follow_their_columns(book: Book) -> None:
    def series(column: int) -> Json:
        return {"series": {"sourceRange": {"sources": [area(0, 5, column, column + 1)]}}}

    spec = {"title": "件数", "basicChart": {"chartType": "COLUMN", "series": [series(1), series(2)]}}
    position = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 1}}}
    reply = book.batch({"addChart": {"chart": {"spec": spec, "position": position}}})[0]["addChart"]["chart"]
    assert reply["position"]["overlayPosition"]["widthPixels"] == 600
    book.batch({"deleteDimension": {"range": columns(1, 2)}})
    (chart,) = book.get("sheets.charts")["sheets"][0]["charts"]
    (left,) = chart["spec"]["basicChart"]["series"]
    assert left["series"]["sourceRange"]["sources"][0]["startColumnIndex"] == 1
    number = reply["chartId"]
    book.batch({"updateChartSpec": {"chartId": number, "spec": {"pieChart": {}}}})
    new = {"overlayPosition": {"widthPixels": 300}}
    book.batch(
        {
            "updateEmbeddedObjectPosition": {
                "objectId": number,
                "newPosition": new,
                "fields": "widthPixels",
            }
        }
    )
    book.batch({"deleteEmbeddedObject": {"objectId": number}})
    assert book.get("sheets.charts") == {"sheets": [{}]}


def test_a_chart_without_data_breaks_google_and_one_on_a_sheet_has_no_grid(book: Book) -> None:
    chart = {"spec": {"basicChart": {}}, "position": {"newSheet": True}}
    broken = book.send("POST", ":batchUpdate", {"requests": [{"addChart": {"chart": chart}}]})
    assert (broken.status_code, broken.json()["error"]["message"]) == (500, "Internal error encountered.")
    book.batch({"addChart": {"chart": {"spec": {"pieChart": {}}, "position": {"newSheet": True}}}})
    properties = book.get("sheets.properties")["sheets"][1]["properties"]
    assert (properties["sheetType"], "gridProperties" in properties) == ("OBJECT", False)


def test_a_native_table_names_its_columns_and_freezes_its_header(book: Book) -> None:
    book.put("A1", [["名前", "数"]])
    table = {"name": "t", "range": area(0, 5, 0, 2)}
    reply = book.batch({"addTable": {"table": table}})[0]["addTable"]["table"]
    assert [column["columnName"] for column in reply["columnProperties"]] == ["名前", "数"]
    assert "columnIndex" not in reply["columnProperties"][0]
    assert book.get()["sheets"][0]["properties"]["gridProperties"]["frozenRowCount"] == 1
    row = {"values": [text("dropped")]}
    book.batch({"appendCells": {"tableId": reply["tableId"], "rows": [row], "fields": "*"}})
    assert book.values() == [["名前", "数"]]
    book.batch({"deleteTable": {"tableId": reply["tableId"]}})


def test_rows_inserted_below_a_table_become_part_of_it(book: Book) -> None:
    book.put("A1", [["h"], ["1"]])
    book.batch({"addTable": {"table": {"name": "t", "range": area(0, 2, 0, 1)}}})
    query = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"}
    book.ok("POST", "/values/Sheet1!A1:append", {"values": [["2"], ["3"]]}, **query)
    (table,) = book.get("sheets.tables.range.endRowIndex")["sheets"][0]["tables"]
    assert table == {"range": {"endRowIndex": 4}}


def test_slicers_are_kept(book: Book) -> None:
    position = {"overlayPosition": {"anchorCell": {"rowIndex": 1}}}
    slicer = {"spec": {"dataRange": area(0, 5, 0, 2), "title": "担当"}, "position": position}
    number = book.batch({"addSlicer": {"slicer": slicer}})[0]["addSlicer"]["slicer"]["slicerId"]
    book.batch({"updateSlicerSpec": {"slicerId": number, "spec": {"title": "x"}, "fields": "title"}})
    assert book.get("sheets.slicers.spec.title")["sheets"][0]["slicers"] == [{"spec": {"title": "x"}}]


# Developer metadata


def test_a_metadata_id_that_is_taken_refuses_the_whole_batch(book: Book) -> None:
    reply = book.batch(note(501))[0]["createDeveloperMetadata"]
    assert reply["developerMetadata"] == {
        "metadataId": 501,
        "metadataKey": "k",
        "visibility": "DOCUMENT",
        "location": {"locationType": "SPREADSHEET", "spreadsheet": True},
    }
    assert book.refused(typing(text("a")), note(501)) == (
        "Invalid requests[1].createDeveloperMetadata: Cannot add developer metadata with ID [501] because "
        "developer metadata with that ID already exists."
    )
    assert book.values() == []


def test_metadata_is_found_by_key_place_and_id(book: Book) -> None:
    second = rows(1, 2)
    book.batch(note(1), note(2, sheetId=0), note(3, "row", dimensionRange=second), note(4, "row", sheetId=0))

    def found(**lookup: Any) -> list[int]:
        body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
        matched = book.ok("POST", "/developerMetadata:search", body).get("matchedDeveloperMetadata", [])
        return [item["developerMetadata"]["metadataId"] for item in matched]

    assert found() == [1, 2, 3, 4]
    assert found(metadataKey="row") == [3, 4]
    assert found(locationType="SHEET") == [2, 4]
    assert found(metadataLocation={"sheetId": 0}) == [2, 4]
    assert found(metadataLocation={"sheetId": 0}, locationMatchingStrategy="INTERSECTING_LOCATION") == [
        2,
        3,
        4,
    ]
    assert found(metadataId=9) == []
    assert book.ok("GET", "/developerMetadata/3")["location"]["dimensionRange"]["startIndex"] == 1
    assert book.send("GET", "/developerMetadata/9").status_code == 404


def test_metadata_stands_where_reads_list_it(book: Book) -> None:
    book.batch(note(1), note(2, sheetId=0), note(3, dimensionRange=rows(1, 2)))
    state = book.get(
        "developerMetadata.metadataId,sheets(developerMetadata.metadataId,"
        "data.rowMetadata.developerMetadata.metadataId)",
        ranges="A1:A2",
    )
    assert state == {
        "developerMetadata": [{"metadataId": 1}],
        "sheets": [
            {
                "developerMetadata": [{"metadataId": 2}],
                "data": [{"rowMetadata": [{}, {"developerMetadata": [{"metadataId": 3}]}]}],
            }
        ],
    }


def test_row_metadata_follows_its_row_and_goes_with_it(book: Book) -> None:
    book.put("A1", [["b"], ["a"], ["c"]])
    book.batch(note(1, dimensionRange=rows(0, 1)))

    def row() -> int:
        return int(book.ok("GET", "/developerMetadata/1")["location"]["dimensionRange"]["startIndex"])

    book.batch({"sortRange": {"range": area(0, 3, 0, 1), "sortSpecs": [{}]}})
    assert row() == 1
    book.batch({"insertDimension": {"range": rows(0, 2)}})
    assert row() == 3
    book.batch({"moveDimension": {"source": rows(3, 4), "destinationIndex": 0}})
    assert row() == 0
    book.batch({"deleteDimension": {"range": rows(0, 1)}})
    assert book.send("GET", "/developerMetadata/1").status_code == 404


def test_metadata_is_changed_and_deleted_by_filter(book: Book) -> None:
    book.batch(note(1), note(2), note(3, "other"))
    lookup = {"developerMetadataLookup": {"metadataKey": "k"}}
    change = {"dataFilters": [lookup], "developerMetadata": {"metadataValue": "v"}, "fields": "metadataValue"}
    reply = book.batch({"updateDeveloperMetadata": change})[0]["updateDeveloperMetadata"]
    assert [item["metadataValue"] for item in reply["developerMetadata"]] == ["v", "v"]
    reply = book.batch({"deleteDeveloperMetadata": {"dataFilter": lookup}})[0]["deleteDeveloperMetadata"]
    assert [item["metadataId"] for item in reply["deletedDeveloperMetadata"]] == [1, 2]
    assert book.get("developerMetadata.metadataId") == {"developerMetadata": [{"metadataId": 3}]}


def test_metadata_stands_on_one_row_or_column_only(book: Book) -> None:
    message = book.refused(note(1, dimensionRange=rows(0, 2)))
    assert message.endswith("DimensionRange must represent a single row or column.")


def test_values_are_read_written_and_cleared_by_data_filter(book: Book) -> None:
    book.put("A1", [["a", "b"], ["c", "d"]])
    book.batch(note(1, dimensionRange=rows(1, 2)))
    lookup = {"developerMetadataLookup": {"metadataId": 1}}
    read = book.ok("POST", "/values:batchGetByDataFilter", {"dataFilters": [lookup, {"a1Range": "A1"}]})
    assert [item["valueRange"]["values"] for item in read["valueRanges"]] == [[["a"]], [["c", "d"]]]
    assert read["valueRanges"][1]["dataFilters"] == [lookup]
    data = [{"dataFilter": lookup, "values": [["C"]]}]
    body = {"valueInputOption": "RAW", "data": data}
    written = book.ok("POST", "/values:batchUpdateByDataFilter", body)
    assert written["responses"][0]["updatedRange"] == "Sheet1!A2"
    book.ok("POST", "/values:batchClearByDataFilter", {"dataFilters": [{"gridRange": area(0, 1, 0, 1)}]})
    assert book.values() == [["", "b"], ["C", "d"]]
    found = book.ok("POST", ":getByDataFilter", {"dataFilters": [lookup]}, fields="sheets.data.startRow")
    assert found == {"sheets": [{"data": [{"startRow": 1}]}]}
