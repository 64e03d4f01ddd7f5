"""Colours, cell formats and Google's habit of leaving defaults out of its answers."""

from __future__ import annotations

import math
import struct
from typing import Any

from .errors import Json

# Fields that are printed even where they hold zero, false or "".
KEPT = frozenset(
    [
        "startRowIndex",
        "endRowIndex",
        "startColumnIndex",
        "endColumnIndex",
        "startIndex",
        "endIndex",
        "numberValue",
        "stringValue",
        "boolValue",
        "formulaValue",
        "bold",
        "italic",
        "strikethrough",
        "underline",
        "top",
        "bottom",
        "left",
        "right",
    ]
)

WHITE: Json = {"red": 1, "green": 1, "blue": 1}

DEFAULT_FORMAT: Json = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}

THEME_COLORS = (
    ("TEXT", 0x000000),
    ("BACKGROUND", 0xFFFFFF),
    ("ACCENT1", 0x4285F4),
    ("ACCENT2", 0xEA4335),
    ("ACCENT3", 0xFBBC04),
    ("ACCENT4", 0x34A853),
    ("ACCENT5", 0xFF6D01),
    ("ACCENT6", 0x46BDC6),
    ("LINK", 0x1155CC),
)


def float32(value: float) -> float | int:
    """The shortest number that is the same 32-bit float: how Google prints 127/255 as 0.49803922."""
    packed = struct.pack("f", value)
    (exact,) = struct.unpack("f", packed)
    for digits in range(1, 10):
        short = float(f"{exact:.{digits}g}")
        if struct.pack("f", short) == packed:
            break
    return int(short) if short.is_integer() else short


def color(message: Json) -> Json:
    """A colour in 8-bit steps, channels of zero left out."""
    channels: Json = {}
    for name in ("red", "green", "blue"):
        step = math.ceil(min(max(float(message.get(name, 0)), 0.0), 1.0) * 255 - 0.5)
        if step:
            channels[name] = float32(step / 255)
    if message.get("alpha", 1) != 1:
        channels["alpha"] = message["alpha"]
    return channels


def theme() -> Json:
    colors = [{"colorType": name, "color": {"rgbColor": color(_channels(rgb))}} for name, rgb in THEME_COLORS]
    return {"primaryFontFamily": "Arial", "themeColors": colors}


def _channels(rgb: int) -> Json:
    return {"red": (rgb >> 16) / 255, "green": (rgb >> 8 & 255) / 255, "blue": (rgb & 255) / 255}


def colored(value: Any) -> Any:
    """Any JSON with its colours in Google's form; `xColor` and `xColorStyle` are kept in step."""
    if isinstance(value, list):
        return [colored(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for name, item in value.items():
        if name == "rgbColor" or _is_color(name, item):
            result[name] = color(item)
        else:
            result[name] = colored(item)
    for name in [name for name in result if _is_color(name, result[name])]:
        result.setdefault(name + "Style", {"rgbColor": result[name]})
    for name in [name for name in result if name.endswith("ColorStyle") or name == "colorStyle"]:
        style = result[name]
        if isinstance(style, dict) and "rgbColor" in style:
            result[name.removesuffix("Style")] = style["rgbColor"]
    return result


def _is_color(name: str, item: Any) -> bool:
    # `themeColor` is a word, `rgbColor` stands inside a style.
    return isinstance(item, dict) and (name == "color" or name.endswith("Color")) and name != "rgbColor"


def pruned(value: Any) -> Any:
    """Any JSON without the fields that hold their type's default, as proto3 prints it."""
    if isinstance(value, list):
        return [pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: pruned(item) for name, item in value.items() if name in KEPT or not _is_default(item)}


def _is_default(item: Any) -> bool:
    return item is None or item is False or item == "" or item == [] or (item == 0 and item is not False)


def effective(entered: Json | None, alignment: str) -> Json:
    """The format a cell is shown in: the workbook's default with the cell's own on top."""
    shown = DEFAULT_FORMAT | {"horizontalAlignment": alignment, "hyperlinkDisplayType": "PLAIN_TEXT"}
    if not entered:
        return shown
    text = DEFAULT_FORMAT["textFormat"] | entered.get("textFormat", {})
    return shown | entered | {"textFormat": text}
