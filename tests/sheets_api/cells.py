"""One cell on the wire: its values in every form the API shows, and the writing of CellData."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import rendering
from .entering import number
from .errors import ApiError, Json
from .fields import Mask, inner, select, wants, written
from .formats import colored, effective
from .formulas import Mistake, evaluate, stored
from .grid import Cell, Formula, Sheet, Value, check_length
from .workbook import Workbook

FORMATTED, UNFORMATTED, FORMULA = "FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"

ENTERED_EXTRAS = (
    "note",
    "textFormatRuns",
    "dataValidation",
    "pivotTable",
    "dataSourceTable",
    "dataSourceFormula",
    "chipRuns",
)
VALUE_FIELDS = ("userEnteredValue", "effectiveValue", "formattedValue", "hyperlink")
CELL_FIELDS = (*VALUE_FIELDS, "userEnteredFormat", "effectiveFormat", *ENTERED_EXTRAS)


def shown(workbook: Workbook, sheet: Sheet, cell: Cell) -> str:
    """The cell as a person reads it."""
    value = cell.value
    if isinstance(value, Formula):
        result = evaluate(workbook, sheet, value).value
        if isinstance(result, Mistake):
            return result.shown
        value = result
    if isinstance(value, str):
        return value
    return shown_number(workbook, cell, value)


def shown_number(workbook: Workbook, cell: Cell, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    assert isinstance(value, int | float)
    return rendering.shown(value, (cell.format or {}).get("numberFormat"), workbook.locale)


def rendered(workbook: Workbook, sheet: Sheet, cell: Cell, option: str, dates_as_text: bool) -> Any:
    """The cell as values.get gives it."""
    value = cell.value
    if value is None:
        return ""
    if option == FORMATTED:
        return value if type(value) is str else shown(workbook, sheet, cell)
    if isinstance(value, Formula):
        if option == FORMULA:
            return str(value)
        result = evaluate(workbook, sheet, value).value
        if isinstance(result, Mistake):
            return result.shown
        value = result
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if dates_as_text and is_number and rendering.is_moment((cell.format or {}).get("numberFormat")):
        return shown_number(workbook, cell, value)
    return value


def extended(value: Value | Mistake) -> Json:
    """An ExtendedValue."""
    if type(value) is str:
        return {"stringValue": value}
    if isinstance(value, Mistake):
        return {"errorValue": {"type": value.kind, "message": value.message}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, Formula):
        return {"formulaValue": str(value)}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}


class Reader:
    """Gives the fields of CellData a mask asks for: worked out once for all cells of a read."""

    def __init__(self, workbook: Workbook, sheet: Sheet, mask: Mask) -> None:
        self.workbook, self.sheet = workbook, sheet
        self.wanted = frozenset(name for name in CELL_FIELDS if wants(mask, name))
        self.values = bool(self.wanted.intersection(VALUE_FIELDS))
        # A mask may reach into a field: `userEnteredFormat.numberFormat`.
        self.deeper = mask if any(inner(mask, name) for name in self.wanted) else None

    def __call__(self, cell: Cell) -> Json:
        data: Json = {}
        if self.values and cell.value is not None:
            self._values(cell, data)
        if cell.format and "userEnteredFormat" in self.wanted:
            data["userEnteredFormat"] = cell.format
        if "effectiveFormat" in self.wanted and (cell.value is not None or cell.format):
            data["effectiveFormat"] = effective(cell.format, _alignment(cell.value))
        if cell.extra:
            data |= {name: item for name, item in cell.extra.items() if name in self.wanted}
        if self.deeper is not None and data:
            data = select(data, self.deeper)
        return data

    def _values(self, cell: Cell, data: Json) -> None:
        wanted = self.wanted
        value: Value | Mistake = cell.value
        message = extended(value)
        if "userEnteredValue" in wanted:
            data["userEnteredValue"] = message
        if isinstance(value, Formula):
            result = evaluate(self.workbook, self.sheet, value)
            value, message = result.value, extended(result.value)
            if result.link and "hyperlink" in wanted:
                data["hyperlink"] = result.link
        if "effectiveValue" in wanted:
            data["effectiveValue"] = message
        if "formattedValue" in wanted:
            data["formattedValue"] = value if type(value) is str else shown(self.workbook, self.sheet, cell)


def _alignment(value: Value) -> str:
    if isinstance(value, bool):
        return "CENTER"
    return "RIGHT" if isinstance(value, int | float) else "LEFT"


class Writer(NamedTuple):
    """What a write with a mask changes in a cell: worked out once for all its cells."""

    workbook: Workbook
    value: bool
    format: Mask | None
    extras: tuple[str, ...]

    def __call__(self, cell: Cell, data: Json) -> Cell:
        value, form, extra = cell
        if self.value:
            value = entered_value(data.get("userEnteredValue"))
            if isinstance(value, Formula):
                value = stored(self.workbook, value)
        if self.format is not None:
            new = colored(data.get("userEnteredFormat") or {})
            form = written(form or {}, new, _with_styles(self.format)) or None
        if self.extras:
            extra = dict(extra or {})
            for name in self.extras:
                if data.get(name) not in (None, "", [], {}):
                    extra[name] = data[name]
                else:
                    extra.pop(name, None)
            extra = extra or None
        return Cell(value, form, extra)


def writer(workbook: Workbook, mask: Mask) -> Writer:
    """For a checked write mask; ALL writes everything a person may enter."""
    form = None
    if wants(mask, "userEnteredFormat"):
        form = inner(mask, "userEnteredFormat")
    extras = tuple(name for name in ENTERED_EXTRAS if wants(mask, name))
    return Writer(workbook, wants(mask, "userEnteredValue"), form, extras)


def _with_styles(mask: Mask) -> Mask:
    """A colour and its style are one thing: a mask that names one covers the other."""
    result: Mask = {}
    for name, deeper in mask.items():
        result[name] = _with_styles(deeper)
        if name.endswith("Color"):
            result.setdefault(name + "Style", result[name])
        elif name.endswith("ColorStyle"):
            result.setdefault(name.removesuffix("Style"), {})
    return result


def entered_value(message: Json | None) -> Value:
    """The value of an ExtendedValue: nothing is parsed. An empty text empties the cell."""
    if not message:
        return None
    (kind, value), *_ = message.items()
    if kind == "stringValue":
        return check_length(value) or None
    if kind == "formulaValue":
        return Formula(check_length(value))
    if kind == "numberValue":
        return number(value)
    if kind == "boolValue":
        return bool(value)
    raise ApiError("errorValue cannot be set by a user.")
