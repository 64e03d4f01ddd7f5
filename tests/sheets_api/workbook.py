"""A spreadsheet's whole state, and how an address finds its place in it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime

from . import a1
from .a1 import Area, Rect
from .errors import ApiError, Json
from .grid import Sheet, bounded
from .shifts import Shift, shifted

MAX_CELLS = 10_000_000
MAX_TITLE = 100


def random_id() -> int:
    """A 31-bit id, as Google gives sheets, named ranges and all other things without an id of their own."""
    return random.randrange(1, 2**31)


class Workbook:
    def __init__(
        self, spreadsheet_id: str, title: str, *, locale: str = "en_US", first: str = "Sheet1"
    ) -> None:
        self.id = spreadsheet_id
        self.title = title
        self.properties: Json = {"locale": locale, "autoRecalc": "ON_CHANGE", "timeZone": "Etc/GMT"}
        self.sheets = [Sheet(0, first)]
        self.named_ranges: list[Json] = []
        self.metadata: dict[int, Json] = {}

    def fork(self) -> Workbook:
        """A copy that may be changed and then kept or thrown away: a batch is all or nothing."""
        twin = copy.copy(self)
        twin.properties = dict(self.properties)
        twin.sheets = [sheet.fork() for sheet in self.sheets]
        twin.named_ranges = list(self.named_ranges)
        twin.metadata = dict(self.metadata)
        return twin

    @property
    def locale(self) -> str:
        return str(self.properties["locale"])

    # Sheets

    def sheet(self, sheet_id: int, *, word: str = "grid") -> Sheet:
        """The sheet with that id. Google says "No grid with id" for ranges, "No sheet with id" for sheets."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise ApiError(f"No {word} with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        wanted = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == wanted), None)

    def free_sheet_id(self) -> int:
        taken = {sheet.id for sheet in self.sheets}
        while (sheet_id := random_id()) in taken:
            pass
        return sheet_id

    def check_title(self, title: str, owner: Sheet | None = None) -> str:
        if not title:
            raise ApiError("The sheet name cannot be empty.")
        if len(title) > MAX_TITLE:
            raise ApiError(f"The sheet name cannot be greater than {MAX_TITLE} characters.")
        other = self.titled(title)
        if other is not None and other is not owner:
            raise ApiError(f'A sheet with the name "{title}" already exists. Please enter another name.')
        return title

    def check_size(self) -> None:
        cells = sum(sheet.row_count * sheet.column_count for sheet in self.sheets)
        if cells > MAX_CELLS:
            raise ApiError(
                "This action would increase the number of cells in the workbook above the limit of "
                f"{MAX_CELLS} cells."
            )

    # Addresses

    def locate(self, text: str) -> tuple[Sheet, Area]:
        """The sheet and rectangle an A1 text means. Raises ApiError 400 `Unable to parse range`."""
        title, rest = a1.split(text)
        if title is not None:
            sheet = self.titled(title)
            if sheet is None:
                raise a1.unparsable(text)
            if rest is None:
                return sheet, Area()
            found = a1.area(rest)
            if found is not None:
                return sheet, found
            named = self.named(rest)
            if named is None:
                raise a1.unparsable(text)
            return self._named_area(named)
        # A bare word: first a named range, then cells of the first visible sheet, then a sheet's title.
        named = self.named(text)
        if named is not None:
            return self._named_area(named)
        found = a1.area(text)
        if found is not None:
            return next(sheet for sheet in self.sheets if not sheet.properties.get("hidden")), found
        sheet = self.titled(text)
        if sheet is None:
            raise a1.unparsable(text)
        return sheet, Area()

    def named(self, name: str | None) -> Json | None:
        wanted = (name or "").casefold()
        return next((item for item in self.named_ranges if item["name"].casefold() == wanted), None)

    def _named_area(self, named: Json) -> tuple[Sheet, Area]:
        where = named["range"]
        sheet = self.sheet(where.get("sheetId", 0))
        return sheet, Area(*bounded(sheet, where))

    def reading(self, text: str) -> tuple[Sheet, Rect]:
        """The part of the grid an A1 text covers; one wholly outside is refused."""
        sheet, area = self.locate(text)
        return sheet, clipped(sheet, area)

    def grid_range(self, message: Json | None) -> tuple[Sheet, Rect]:
        """The rectangle of a GridRange. A missing sheetId is sheet 0, silently, as at Google."""
        message = message or {}
        sheet = self.sheet(message.get("sheetId", 0))
        rect = Rect(
            message.get("startRowIndex", 0),
            message.get("endRowIndex", sheet.row_count),
            message.get("startColumnIndex", 0),
            message.get("endColumnIndex", sheet.column_count),
        )
        if rect.top > rect.bottom or rect.left > rect.right or rect.top < 0 or rect.left < 0:
            raise ApiError("Range indexes are not in order.")
        if rect.bottom > sheet.row_count or rect.right > sheet.column_count:
            raise exceeds(sheet, rect)
        return sheet, rect

    # Rows and columns

    def follow(self, sheet: Sheet, dimension: str, shift: Shift) -> None:
        """After lines of `sheet` moved: named ranges, metadata and other sheets' charts go with them."""
        self.named_ranges = shifted(self.named_ranges, sheet.id, dimension, shift)
        moved = {key: shifted(item, sheet.id, dimension, shift) for key, item in self.metadata.items()}
        self.metadata = {key: item for key, item in moved.items() if item is not None}
        for other in self.sheets:
            if other is not sheet and other.objects["charts"]:
                other.objects["charts"] = shifted(other.objects["charts"], sheet.id, dimension, shift)

    def forget_sheet(self, sheet: Sheet) -> None:
        """After a sheet is gone: metadata that stood on it goes too."""
        self.metadata = {key: item for key, item in self.metadata.items() if place(item) != sheet.id}


def place(metadata: Json) -> int | None:
    """The sheet a piece of developer metadata stands on; None for the spreadsheet itself."""
    location = metadata["location"]
    if "dimensionRange" in location:
        return int(location["dimensionRange"].get("sheetId", 0))
    return location.get("sheetId") if not location.get("spreadsheet") else None


def clipped(sheet: Sheet, area: Area) -> Rect:
    """The area with open ends filled, cut to the grid. Raises ApiError 400 when nothing is left of it."""
    rect = filled(sheet, area)
    if rect.top >= sheet.row_count or rect.left >= sheet.column_count:
        raise exceeds(sheet, rect)
    return Rect(rect.top, min(rect.bottom, sheet.row_count), rect.left, min(rect.right, sheet.column_count))


def filled(sheet: Sheet, area: Area) -> Rect:
    bottom = area.bottom if area.bottom is not None else max(sheet.row_count, area.top + 1)
    right = area.right if area.right is not None else max(sheet.column_count, area.left + 1)
    return Rect(area.top, bottom, area.left, right)


def exceeds(sheet: Sheet, rect: Rect) -> ApiError:
    return ApiError(
        f"Range ({a1.written(sheet.title, rect)}) exceeds grid limits. "
        f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)
