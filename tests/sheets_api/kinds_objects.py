"""Requests about what lies over cells: named ranges, protection, filters, conditional formats, banding."""

from __future__ import annotations

import re

from . import fields
from .a1 import area
from .batch import Context, kind
from .errors import ApiError, Json
from .formats import colored, pruned
from .grid import Sheet, grid_range
from .workbook import Workbook, random_id

NAME = re.compile(r"[^\W\d]\w{0,249}")


def bounded_range(workbook: Workbook, message: Json | None) -> tuple[Sheet, Json]:
    """A GridRange checked, with its open ends filled from the grid."""
    sheet, rect = workbook.grid_range(message)
    return sheet, grid_range(sheet.id, rect)


def kept_range(workbook: Workbook, message: Json | None) -> tuple[Sheet, Json]:
    """A GridRange checked but kept as open as it was sent."""
    sheet, _ = workbook.grid_range(message)
    return sheet, {"sheetId": sheet.id} | (message or {})


def find(workbook: Workbook, name: str, key: str, number: int | str, word: str) -> tuple[Sheet, int]:
    """(sheet, place in its list) of the object with that id."""
    for sheet in workbook.sheets:
        for index, item in enumerate(sheet.objects[name]):
            if item.get(key) == number:
                return sheet, index
    raise ApiError(f"No {word} with id: {number}")


def chosen_id(workbook: Workbook, name: str, key: str, item: Json, word: str) -> int:
    """The id the caller chose, refused when taken; a random one otherwise."""
    taken = {other[key] for sheet in workbook.sheets for other in sheet.objects[name]}
    number = item.get(key)
    if number in taken:
        raise ApiError(f"A {word} with id {number} already exists.")
    while number is None or number in taken:
        number = random_id()
    return int(number)


# Named ranges


@kind("addNamedRange")
def add_named_range(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("namedRange", {})
    _check_name(workbook, item.get("name", ""))
    number = item.get("namedRangeId") or str(random_id())
    if any(other["namedRangeId"] == number for other in workbook.named_ranges):
        raise ApiError(f"Cannot add named range with ID {number}, a named range with that ID already exists.")
    _, where = kept_range(workbook, item.get("range"))
    named = {"namedRangeId": number, "name": item["name"], "range": where}
    workbook.named_ranges.append(named)
    return {"namedRange": pruned(named)}


def _check_name(workbook: Workbook, name: str, owner: Json | None = None) -> None:
    if not NAME.fullmatch(name) or area(name) or name.upper() in ("TRUE", "FALSE"):
        raise ApiError("The name given to this range is invalid")
    other = workbook.named(name)
    if other is not None and other is not owner:
        raise ApiError(
            f"Cannot add named range with name: {name}, a named range with that name already exists."
        )


@kind("updateNamedRange")
def update_named_range(context: Context, body: Json) -> None:
    workbook, item = context.workbook, body.get("namedRange", {})
    mask = fields.writing(body.get("fields"), "NamedRange")
    for index, old in enumerate(workbook.named_ranges):
        if old["namedRangeId"] == item.get("namedRangeId"):
            new = fields.written(old, item, mask) | {"namedRangeId": old["namedRangeId"]}
            _check_name(workbook, new.get("name", ""), old)
            _, new["range"] = kept_range(workbook, new.get("range"))
            workbook.named_ranges[index] = new
            return
    raise ApiError(f"No NamedRange with id: {item.get('namedRangeId', '')}")


@kind("deleteNamedRange")
def delete_named_range(context: Context, body: Json) -> None:
    workbook, number = context.workbook, body.get("namedRangeId")
    rest = [item for item in workbook.named_ranges if item["namedRangeId"] != number]
    if len(rest) == len(workbook.named_ranges):
        raise ApiError(f"No NamedRange with id: {number}")
    workbook.named_ranges = rest


# Protection


@kind("addProtectedRange")
def add_protected_range(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("protectedRange", {})
    if "namedRangeId" in item and "range" not in item:
        named = [one for one in workbook.named_ranges if one["namedRangeId"] == item["namedRangeId"]]
        if not named:
            raise ApiError(f"No NamedRange with id: {item['namedRangeId']}")
        item = item | {"range": named[0]["range"]}
    sheet, where = kept_range(workbook, item.get("range"))
    _check_editors(item)
    whole = where.keys() == {"sheetId"}
    if whole and any(other["range"].keys() == {"sheetId"} for other in sheet.objects["protectedRanges"]):
        raise ApiError(f'Sheet "{sheet.title}" already has sheet protection.')
    number = chosen_id(workbook, "protectedRanges", "protectedRangeId", item, "protected range")
    # Whether the caller may edit is for Google to say, whatever was sent: who adds a protection may.
    kept = item | {"protectedRangeId": number, "range": where, "requestingUserCanEdit": True}
    kept["editors"] = pruned(item.get("editors", {}))
    sheet.objects["protectedRanges"].append(kept)
    return {"protectedRange": pruned(kept)}


def _check_editors(item: Json) -> None:
    editors = item.get("editors", {})
    if item.get("warningOnly") and (editors.get("users") or editors.get("groups")):
        raise ApiError("ProtectedRange is warningOnly. Editors cannot be set on it.")


@kind("updateProtectedRange")
def update_protected_range(context: Context, body: Json) -> None:
    workbook, item = context.workbook, body.get("protectedRange", {})
    mask = fields.writing(body.get("fields"), "ProtectedRange")
    number = item.get("protectedRangeId", 0)
    sheet, index = find(workbook, "protectedRanges", "protectedRangeId", number, "protected range")
    old = sheet.objects["protectedRanges"][index]
    new = fields.written(old, item, mask)
    _check_editors(new)
    kept = {name: old[name] for name in ("protectedRangeId", "requestingUserCanEdit")}
    target, where = kept_range(workbook, new.get("range", old["range"]))
    del sheet.objects["protectedRanges"][index]
    target.objects["protectedRanges"].append(new | kept | {"range": where})


@kind("deleteProtectedRange")
def delete_protected_range(context: Context, body: Json) -> None:
    number = body.get("protectedRangeId", 0)
    sheet, index = find(context.workbook, "protectedRanges", "protectedRangeId", number, "protected range")
    del sheet.objects["protectedRanges"][index]


# Filters


@kind("setBasicFilter")
def set_basic_filter(context: Context, body: Json) -> None:
    item = body.get("filter", {})
    sheet, where = bounded_range(context.workbook, item.get("range"))
    sheet.basic_filter = colored(item) | {"range": where}


@kind("clearBasicFilter")
def clear_basic_filter(context: Context, body: Json) -> None:
    context.workbook.sheet(body.get("sheetId", 0)).basic_filter = None


@kind("addFilterView")
def add_filter_view(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("filter", {})
    sheet, where = bounded_range(workbook, _filter_range(workbook, item))
    number = chosen_id(workbook, "filterViews", "filterViewId", item, "filter view")
    title = item.get("title") or f"Filter {len(sheet.objects['filterViews']) + 1}"
    view = colored(item) | {"filterViewId": number, "title": title, "range": where}
    sheet.objects["filterViews"].append(view)
    return {"filter": pruned(view)}


def _filter_range(workbook: Workbook, item: Json) -> Json | None:
    if "namedRangeId" in item:
        for named in workbook.named_ranges:
            if named["namedRangeId"] == item["namedRangeId"]:
                return dict(named["range"])
    return item.get("range")


@kind("updateFilterView")
def update_filter_view(context: Context, body: Json) -> None:
    workbook, item = context.workbook, body.get("filter", {})
    mask = fields.writing(body.get("fields"), "FilterView")
    number = item.get("filterViewId", 0)
    sheet, index = find(workbook, "filterViews", "filterViewId", number, "filter view")
    new = fields.written(sheet.objects["filterViews"][index], colored(item), mask) | {"filterViewId": number}
    _, new["range"] = bounded_range(workbook, new.get("range"))
    sheet.objects["filterViews"][index] = new


@kind("deleteFilterView")
def delete_filter_view(context: Context, body: Json) -> None:
    number = body.get("filterId", 0)
    sheet, index = find(context.workbook, "filterViews", "filterViewId", number, "filter view")
    del sheet.objects["filterViews"][index]


@kind("duplicateFilterView")
def duplicate_filter_view(context: Context, body: Json) -> Json:
    number = body.get("filterId", 0)
    sheet, index = find(context.workbook, "filterViews", "filterViewId", number, "filter view")
    old = sheet.objects["filterViews"][index]
    new = old | {"filterViewId": random_id(), "title": f"Copy of {old['title']}"}
    sheet.objects["filterViews"].append(new)
    return {"filter": pruned(new)}


# Conditional formats: no ids, only places in the sheet's list


@kind("addConditionalFormatRule")
def add_conditional_format_rule(context: Context, body: Json) -> None:
    rule = body.get("rule", {})
    sheet = _rule_sheet(context.workbook, rule)
    rules = sheet.objects["conditionalFormats"]
    index = body.get("index", 0)
    if not 0 <= index <= len(rules):
        raise ApiError(f"No conditional format on sheet: {sheet.id} at index: {index}")
    rules.insert(index, _checked_rule(context.workbook, rule))


def _rule_sheet(workbook: Workbook, rule: Json) -> Sheet:
    ranges = rule.get("ranges", [])
    if not ranges:
        raise ApiError("A conditional format rule needs at least one range.")
    sheets = {workbook.grid_range(one)[0].id for one in ranges}
    if len(sheets) > 1:
        raise ApiError("All ranges of a conditional format rule must be on the same sheet.")
    return workbook.sheet(sheets.pop())


def _checked_rule(workbook: Workbook, rule: Json) -> Json:
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise ApiError("Exactly one of booleanRule or gradientRule must be set.")
    for name, point in rule.get("gradientRule", {}).items():
        if point.get("type") not in ("MIN", "MAX") and "value" not in point:
            raise ApiError("InterpolationPoint.value is required.")
        if "type" not in point:
            raise ApiError(f"{name}.type is required.")
    if "booleanRule" in rule and not rule["booleanRule"].get("condition", {}).get("type"):
        raise ApiError("booleanRule.condition.type is required.")
    ranges = [bounded_range(workbook, one)[1] for one in rule["ranges"]]
    return dict(colored(rule)) | {"ranges": ranges}


@kind("updateConditionalFormatRule")
def update_conditional_format_rule(context: Context, body: Json) -> Json:
    workbook, index = context.workbook, body.get("index", 0)
    moved = workbook.sheet(body.get("sheetId", 0)) if "rule" not in body else None
    sheet = moved or _rule_sheet(workbook, body["rule"])
    rules = sheet.objects["conditionalFormats"]
    _check_place(sheet, index)
    old = rules[index]
    if "rule" in body:
        rules[index] = _checked_rule(workbook, body["rule"])
        return {
            "oldRule": pruned(old),
            "newRule": pruned(rules[index]),
            **({"newIndex": index} if index else {}),
        }
    to = body.get("newIndex", 0)
    _check_place(sheet, to)
    rules.insert(to, rules.pop(index))
    places = {name: at for name, at in (("oldIndex", index), ("newIndex", to)) if at}
    return {"oldRule": pruned(old), "newRule": pruned(old), **places}


def _check_place(sheet: Sheet, index: int) -> None:
    if not 0 <= index < len(sheet.objects["conditionalFormats"]):
        raise ApiError(f"No conditional format on sheet: {sheet.id} at index: {index}")


@kind("deleteConditionalFormatRule")
def delete_conditional_format_rule(context: Context, body: Json) -> Json:
    sheet = context.workbook.sheet(body.get("sheetId", 0))
    _check_place(sheet, body.get("index", 0))
    return {"rule": pruned(sheet.objects["conditionalFormats"].pop(body.get("index", 0)))}


# Banding


@kind("addBanding")
def add_banding(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("bandedRange", {})
    sheet, where = bounded_range(workbook, item.get("range"))
    if not item.get("rowProperties") and not item.get("columnProperties"):
        raise ApiError("At least one of rowProperties or columnProperties must be specified.")
    check_no_banding(workbook, sheet, where)
    number = chosen_id(workbook, "bandedRanges", "bandedRangeId", item, "banded range")
    banding = colored(item) | {"bandedRangeId": number, "range": where}
    sheet.objects["bandedRanges"].append(banding)
    return {"bandedRange": pruned(banding)}


def check_no_banding(workbook: Workbook, sheet: Sheet, where: Json, but: Json | None = None) -> None:
    rect = workbook.grid_range(where)[1]
    for other in sheet.objects["bandedRanges"]:
        if other is not but and rect.meets(workbook.grid_range(other["range"])[1]):
            raise ApiError(
                "You cannot add alternating background colors to a range that already has alternating "
                "background colors."
            )


@kind("updateBanding")
def update_banding(context: Context, body: Json) -> None:
    workbook, item = context.workbook, body.get("bandedRange", {})
    mask = fields.writing(body.get("fields"), "BandedRange")
    number = item.get("bandedRangeId", 0)
    sheet, index = find(workbook, "bandedRanges", "bandedRangeId", number, "banded range")
    old = sheet.objects["bandedRanges"][index]
    new = fields.written(old, colored(item), mask) | {"bandedRangeId": number}
    _, new["range"] = bounded_range(workbook, new.get("range"))
    check_no_banding(workbook, sheet, new["range"], old)
    sheet.objects["bandedRanges"][index] = new


@kind("deleteBanding")
def delete_banding(context: Context, body: Json) -> None:
    number = body.get("bandedRangeId", 0)
    sheet, index = find(context.workbook, "bandedRanges", "bandedRangeId", number, "banded range")
    del sheet.objects["bandedRanges"][index]
