"""A pack: the .xlsx that goes to somebody who works in Excel, and its lock.

Written row by row, so that a large pack costs little memory. Only the columns that come home can be typed
into. What stands in a cell is a text to every program, also after somebody edited it (format "@", quote
prefix).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import IO, Any

from openpyxl import Workbook as Book
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break

from daicho.errors import WorkbookError
from daicho.sheets.cells import CELL_LIMIT, escaped, stored
from daicho.sheets.dress import FONT, FONT_SIZE, LINE, MOMENT_FORMATS, lines
from daicho.sheets.layout import Layout
from daicho.sheets.pack_page import HEADER_ROW, KEY_MARK, KEY_ROW, Formula, Page, PageColumn, letters
from daicho.sheets.workbook import Cell

CHANGED = "FCE4D6"
WRITABLE = "FFFBE6"
_ACROSS = {"portrait": 77, "landscape": 112}
"""How many characters fit across A4 at full size, in the program that needs the most room for them."""

_SMALLEST = 0.62
"""Pages that would print smaller than this are parted: what is to be read, and what is to be written."""

_CENTRED = frozenset({"datetime", "date", "int", "check"})


def write_pack(pages: Sequence[Page], layout: Layout, target: IO[bytes], cut: str) -> None:
    """Writes the pages as one workbook. `cut` marks a text that was too long for a cell."""
    book = Book(write_only=True)
    _without_traces(book)
    for page in pages:
        sheet = book.create_sheet(page.label)
        last = _write(sheet, page, layout, cut)
        _dress(sheet, page, last)
    book.save(target)


def _without_traces(book: Any) -> None:
    """The file's properties name nobody."""
    book.properties.creator = "daicho"
    book._named_styles["Normal"].font = Font(name=FONT, size=FONT_SIZE, family=3, charset=128)


def _write(sheet: Any, page: Page, layout: Layout, cut: str) -> int:
    """The rows; the number of the last one."""
    _open(sheet, page)
    sheet.append([_text(sheet, KEY_MARK + column.key) for column in page.columns])
    # The first column is printed on both parts of a parted page, where the title would be cut off.
    sheet.append([*([None] if _parted(page) else []), _titled(sheet, page.title)])
    sheet.append([_header(sheet, column, layout) for column in page.columns])
    closed = [_pen(sheet, column, layout, writable=False) for column in page.columns]
    open_ = [_pen(sheet, column, layout, writable=column.editable) for column in page.columns]
    last = HEADER_ROW
    for last, row in enumerate(page.rows, HEADER_ROW + 1):
        sheet.row_dimensions[last].height = _height(page, row)
        pens = closed if page.entries and not row.get(page.entries) else open_
        pairs = zip(pens, page.columns, strict=True)
        sheet.append([_filled(pen, row.get(column.key), cut) for pen, column in pairs])
        # Written; what openpyxl remembers of it would add up.
        del sheet.row_dimensions[last]
    return last


def _open(sheet: Any, page: Page) -> None:
    """What stands in the file before the rows."""
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"B{HEADER_ROW + 1}"
    sheet.sheet_properties.tabColor = page.colour or None
    sheet.sheet_properties.pageSetUpPr.fitToPage = _parted(page) is None
    for position, column in enumerate(page.columns, 1):
        look = sheet.column_dimensions[letters(position)]
        look.width, look.hidden = column.width, column.hidden
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.row_dimensions[KEY_ROW + 1].height = sheet.row_dimensions[HEADER_ROW].height = 2 * LINE


def _height(page: Page, row: Mapping[str, Cell]) -> float:
    fewest, most = page.lines
    wanted = max(lines(row.get(column.key), column.width) for column in page.shown)
    return LINE * min(most, max(fewest, wanted))


def _text(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet)
    return _filled(cell, text, "")


def _filled(cell: Any, value: Cell, cut: str) -> Any:
    """The cell of a column's pen, set to a value. It is written before the next row needs it."""
    if isinstance(value, Formula):
        cell.value = str(value)
        return cell
    value = stored(value, CELL_LIMIT, cut)
    if isinstance(value, str):
        # Never by guess: openpyxl would take "=1+1" for a formula.
        cell._value, cell.data_type = escaped(value), "s"
    else:
        cell.value = value
    return cell


def _titled(sheet: Any, title: str) -> Any:
    cell = _text(sheet, title)
    cell.font = Font(name=FONT, size=FONT_SIZE + 4, bold=True)
    cell.alignment = Alignment(vertical="center")
    return cell


def _header(sheet: Any, column: PageColumn, layout: Layout) -> Any:
    cell = _text(sheet, column.label)
    colour = layout.colours["high"] if column.editable else layout.colours["header"]
    cell.font = Font(name=FONT, size=FONT_SIZE, bold=True, color=layout.colours["header_text"])
    cell.fill = PatternFill("solid", fgColor=colour)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.border = _hairlines()
    return cell


def _pen(sheet: Any, column: PageColumn, layout: Layout, *, writable: bool) -> Any:
    """A cell that is dressed once and written for every row."""
    cell = WriteOnlyCell(sheet)
    cell.font = Font(name=FONT, size=FONT_SIZE)
    cell.border = _hairlines()
    cell.alignment = Alignment(
        vertical="top", wrap_text=True, horizontal="center" if column.format in _CENTRED else None
    )
    is_moment = column.format in ("datetime", "date")
    moment = MOMENT_FORMATS[layout.language]
    number = moment if column.format == "datetime" else moment.split()[0] if is_moment else "General"
    is_text = not is_moment and column.format != "int"
    cell.number_format = "@" if is_text else number
    cell.quotePrefix = is_text
    cell.protection = Protection(locked=not writable, hidden=False)
    if writable:
        cell.fill = PatternFill("solid", fgColor=WRITABLE)
    return cell


def _dress(sheet: Any, page: Page, last: int) -> None:
    first, end = HEADER_ROW + 1, max(last, HEADER_ROW + 1)
    right = letters(len(page.columns))
    for position, column in enumerate(page.columns, 1):
        letter = letters(position)
        if column.options:
            dropdown = DataValidation("list", f'"{",".join(column.options)}"', allow_blank=True)
            dropdown.showErrorMessage, dropdown.errorStyle = True, "stop"
            dropdown.add(f"{letter}{first}:{letter}{end}")
            sheet.data_validations.append(dropdown)
        for label, colour in column.tints.items():
            quoted = label.replace('"', '""')
            _tint(sheet, f"{letter}{first}:{letter}{end}", f'${letter}{first}="{quoted}"', colour)
    if page.flag:
        letter = letters(page.position(page.flag))
        _tint(sheet, f"A{first}:{right}{end}", f'${letter}{first}<>""', CHANGED)
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{right}{end}"
    protection = sheet.protection
    protection.sheet = True
    # No password: the protection keeps from slips. Filtering and widths are people's own.
    protection.autoFilter = protection.sort = False
    protection.formatColumns = protection.formatRows = False
    _set_page(sheet, page)


def _set_page(sheet: Any, page: Page) -> None:
    """A4, all columns on one page across; where that would be too small, on two, the first column on both."""
    sheet.page_setup.orientation = _orientation(page)
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.oddFooter.center.text = "&A  &P / &N"
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    if (parts := _parted(page)) is None:
        return
    read, written = parts
    wider = max(_width(read), page.shown[0].width + _width(written))
    sheet.page_setup.scale = int(100 * min(1, _ACROSS[_orientation(page)] / wider))
    sheet.col_breaks.append(Break(id=len(read)))
    sheet.print_title_cols = "A:A"


def _parted(page: Page) -> tuple[list[PageColumn], list[PageColumn]] | None:
    """The columns to read and those to write in, if all together are too wide for one page."""
    read = [column for column in page.shown if not column.editable]
    written = [column for column in page.shown if column.editable]
    wide = _width(page.shown) > _ACROSS[_orientation(page)] / _SMALLEST
    return (read, written) if wide and read and written else None


def _orientation(page: Page) -> str:
    return "portrait" if page.upright else "landscape"


def _width(columns: Iterable[PageColumn]) -> int:
    return sum(column.width for column in columns)


def _tint(sheet: Any, cells: str, formula: str, colour: str) -> None:
    look = DifferentialStyle(fill=PatternFill(bgColor=colour))
    sheet.conditional_formatting.add(cells, Rule(type="expression", formula=[formula], dxf=look))


def _hairlines() -> Border:
    side = Side("hair", color="BFBFBF")
    return Border(right=side, bottom=side)


# --- the lock ----------------------------------------------------------------------------------------------


def sealed(data: bytes, password: str) -> bytes:
    """The file encrypted as Excel does it (agile encryption, AES-256). Raises WorkbookError.

    Source: MS-OFFCRYPTO 2.3.4.10.
    """
    target = BytesIO()
    _office_file(data).encrypt(password, target)
    return target.getvalue()


def opened(data: bytes, password: str) -> bytes:
    """The file without its password. Raises WorkbookError for the wrong one."""
    target = BytesIO()
    try:
        file = _office_file(data)
        file.load_key(password=password)
        file.decrypt(target)
    except Exception as error:
        # msoffcrypto fails in many ways on a wrong password; each means the same to a person.
        if isinstance(error, WorkbookError):
            raise
        raise WorkbookError("vendor.wrong-password") from error
    return target.getvalue()


def _office_file(data: bytes) -> Any:
    try:
        from msoffcrypto import OfficeFile
        from msoffcrypto.format.ooxml import OOXMLFile
    except ImportError as error:
        raise WorkbookError("vendor.no-encryption") from error
    return OOXMLFile(BytesIO(data)) if data.startswith(b"PK") else OfficeFile(BytesIO(data))
