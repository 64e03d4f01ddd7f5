"""Google's discovery documents: which methods there are, and whether a payload fits its schema.

The documents ship in the google-api-python-client wheel. A payload is read the way Google's JSON
front end reads it: `null` equals leaving the field out, snake_case names are accepted beside camelCase,
numbers may come as strings, and every field that does not fit is listed in one 400.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from .errors import Json, bad_request

Path = tuple[Any, ...] | None
"""A linked list (parent, name or index): cheap to extend for every field, spelled out only in an error."""

Violations = list[tuple[str, str]]
Reader = Callable[[Any, Path, Violations], Any]

INVALID = "Invalid JSON payload received. "
STRUCT = "type.googleapis.com/google.protobuf."

# Enum types named elsewhere than after their field.
ENUM_TYPES = {
    "BooleanCondition.type": "ConditionType",
    "NumberFormat.type": "NumberFormat.NumberFormatType",
    "DeveloperMetadata.visibility": "DeveloperMetadataVisibility",
    "dimension": "Dimension",
    "majorDimension": "Dimension",
    "mergeType": "MergeCellsRequest.MergeType",
    "dateTimeRenderOption": "DateTimeRenderOption",
    "responseDateTimeRenderOption": "DateTimeRenderOption",
    "responseValueRenderOption": "ValueRenderOption",
}


# Messages of which only one field may be set, and what that choice is called.
ONE_OF = {"ExtendedValue": "value", "Request": "kind", "DataFilter": "filter"}


@dataclass(frozen=True)
class Method:
    """One method of an API: `id` is `sheets.spreadsheets.values.get`, `pattern` matches its raw path."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Json
    request: str | None
    response: str | None
    scopes: frozenset[str]


class Document(NamedTuple):
    schemas: Json
    methods: list[Method]
    parameters: Json


@cache
def document(name: str) -> Document:
    """`sheets.v4` or `drive.v3`."""
    path = files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    base = "/" + raw["servicePath"]
    # The most particular path first: `values/{range}:append` before `values/{range}`.
    methods = sorted(_methods(raw, base), key=lambda method: -len(method.pattern.pattern))
    return Document(raw["schemas"], methods, raw["parameters"])


def _methods(resource: Json, base: str) -> Iterator[Method]:
    for raw in resource.get("methods", {}).values():
        path = base + raw.get("flatPath", raw["path"])
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(path))
        yield Method(
            raw["id"],
            raw["httpMethod"],
            re.compile(pattern),
            raw.get("parameters", {}),
            raw.get("request", {}).get("$ref"),
            raw.get("response", {}).get("$ref"),
            frozenset(raw.get("scopes", ())),
        )
    for child in resource.get("resources", {}).values():
        yield from _methods(child, base)


def read(name: str, schema: str, payload: Any, root: str = "", *, lenient: bool = False) -> Json:
    """`payload` as a message of `schema`: checked, nulls dropped, names in camelCase.

    `root` is what Google calls the body in error paths (`data` for a ValueRange).
    Drive is `lenient`: it ignores names it does not know. Raises ApiError 400.
    """
    violations: Violations = []
    reader = _message(name, schema, lenient)
    message: Json = reader(payload, (None, root) if root else None, violations)
    if violations:
        raise bad_request(violations)
    return message


def spell(path: Path) -> str:
    """A path as Google spells it: `requests[0].update_cells.rows[2]`."""
    parts: list[Any] = []
    while path:
        path, part = path
        parts.append(part)
    text = ""
    for part in reversed(parts):
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + snake(part)
    return text


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def shown(value: Any) -> str:
    """A wrong value as Google quotes it back."""
    return json.dumps(value, ensure_ascii=False)


def invalid(path: Path, kind: str, value: Any, violations: Violations) -> None:
    where = spell(path)
    violations.append((where, f"Invalid value at '{where}' ({kind}), {shown(value)}"))


@cache
def _message(name: str, schema: str, lenient: bool) -> Reader:
    properties = document(name).schemas[schema].get("properties", {})
    readers: dict[str, Reader] = {}
    one_of = ONE_OF.get(schema)

    def reader_of(field: str) -> Reader | None:
        if field not in readers:
            if field not in properties:
                return None
            readers[field] = _field(name, f"{schema}.{field}", properties[field], lenient)
        return readers[field]

    def read_message(value: Any, path: Path, violations: Violations) -> Any:
        if not isinstance(value, dict):
            invalid(
                path, f"type.googleapis.com/google.apps.{name.split('.')[0]}.v4.{schema}", value, violations
            )
            return {}
        message: Json = {}
        for field, item in value.items():
            reader = reader_of(field)
            if reader is None:
                reader = reader_of(camel(field))
                if reader is None:
                    if not lenient:
                        violations.append(_unknown(field, path))
                    continue
                field = camel(field)
            if item is None:
                continue
            if one_of and message:
                where = spell(path)
                text = f"oneof field '{one_of}' is already set. Cannot set '{field}'"
                violations.append((where, f"Invalid value at '{where}' (oneof), {text}"))
            message[field] = reader(item, (path, field), violations)
        return message

    return read_message


def _unknown(field: str, path: Path) -> tuple[str, str]:
    where = spell(path)
    at = f" at '{where}'" if where else ""
    return where, f'{INVALID}Unknown name "{field}"{at}: Cannot find field.'


def _field(name: str, owner: str, spec: Json, lenient: bool) -> Reader:
    if "$ref" in spec:
        return _message(name, spec["$ref"], lenient)
    if spec["type"] == "array":
        return _array(name, owner, spec["items"], lenient)
    if "enum" in spec:
        return _enum(owner, spec["enum"])
    return SCALARS[spec["type"]]


def _array(name: str, owner: str, items: Json, lenient: bool) -> Reader:
    # An array inside an array is a ListValue: its items may be anything, and null keeps its place.
    if items.get("type") == "array":
        return _lists
    item_reader = _field(name, owner, items, lenient)

    def read_array(value: Any, path: Path, violations: Violations) -> Any:
        # Google takes a lone value for a list of one.
        rows = value if isinstance(value, list) else [value]
        return [
            item_reader(item, (path, index), violations)
            for index, item in enumerate(rows)
            if item is not None
        ]

    return read_array


def _lists(value: Any, path: Path, violations: Violations) -> Any:
    if not isinstance(value, list):
        invalid(path, STRUCT + "ListValue", value, violations)
        return []
    for index, row in enumerate(value):
        if not isinstance(row, list):
            invalid((path, index), STRUCT + "ListValue", row, violations)
    return value


def enum_type(owner: str) -> str:
    field = owner.rpartition(".")[2]
    kind = ENUM_TYPES.get(owner) or ENUM_TYPES.get(field) or field[0].upper() + field[1:]
    return f"type.googleapis.com/google.apps.sheets.v4.{kind}"


def _enum(owner: str, names: list[str]) -> Reader:
    known = frozenset(names)

    def read_enum(value: Any, path: Path, violations: Violations) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
            return names[value]
        if not isinstance(value, str) or value not in known:
            invalid(path, enum_type(owner), value, violations)
        return value

    return read_enum


def _string(value: Any, path: Path, violations: Violations) -> Any:
    if not isinstance(value, str):
        invalid(path, "TYPE_STRING", value, violations)
    return value


def _boolean(value: Any, path: Path, violations: Violations) -> Any:
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        invalid(path, "TYPE_BOOL", value, violations)
    return value


def _integer(value: Any, path: Path, violations: Violations) -> Any:
    number = _number_from(value)
    if number is None or not math.isfinite(number) or number != int(number) or not -(2**31) <= number < 2**31:
        invalid(path, "TYPE_INT32", value, violations)
        return 0
    return int(number)


def _number(value: Any, path: Path, violations: Violations) -> Any:
    number = _number_from(value)
    if number is None:
        invalid(path, "TYPE_DOUBLE", value, violations)
        return 0
    return number


def _number_from(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _anything(value: Any, path: Path, violations: Violations) -> Any:
    return value


SCALARS: dict[str, Reader] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "object": _anything,
    "any": _anything,
}


def query(name: str, method: Method, pairs: list[tuple[str, str]], *, lenient: bool = False) -> Json:
    """The query string as values: booleans in any case, repeated names as a list. Raises ApiError 400."""
    known = document(name).parameters
    violations: Violations = []
    values: Json = {}
    for key, text in pairs:
        spec = method.parameters.get(key) or method.parameters.get(camel(key)) or known.get(key)
        if spec is None:
            if not lenient:
                reason = f"Cannot bind query parameter. Field '{key}' could not be found in request message."
                violations.append(("", f'{INVALID}Unknown name "{key}": {reason}'))
            continue
        key = key if key in known else camel(key)
        value = _parameter(key, spec, text, violations)
        if spec.get("repeated"):
            values.setdefault(key, []).append(value)
        else:
            values[key] = value
    if violations:
        raise bad_request(violations)
    return values


def _parameter(key: str, spec: Json, text: str, violations: Violations) -> Any:
    path: Path = (None, key)
    if "enum" in spec:
        return _enum(key, spec["enum"])(text, path, violations)
    if spec["type"] == "boolean":
        return _boolean(text.lower(), path, violations)
    if spec["type"] == "integer":
        return _integer(text, path, violations)
    return text
