"""Field masks: `sheets(properties,data.rowData.values/note)` and what they select.

A mask is a tree: a name leads to its sub-tree, and an empty tree means "all of it".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from .errors import ApiError, Json
from .schema import camel, document

Mask = dict[str, "Mask"]

ALL: Mask = {}
"""Everything. (An empty tree: nothing is left out.)"""

TOKEN = re.compile(r"[^,()./\s]+|[,()./]")
BARE = "Request contains an invalid argument."


@lru_cache(maxsize=512)
def parse(text: str) -> Mask:
    """The tree of a mask. Raises ApiError 400, without details, where parentheses do not balance."""
    tokens = TOKEN.findall(text)
    mask, rest = _group(tokens, 0)
    if rest != len(tokens):
        raise ApiError(BARE)
    return mask


def _group(tokens: list[str], at: int) -> tuple[Mask, int]:
    """Reads paths separated by commas until `)` or the end."""
    mask: Mask = {}
    while True:
        at = _path(tokens, at, mask)
        if at >= len(tokens) or tokens[at] == ")":
            return mask, at
        if tokens[at] != ",":
            raise ApiError(BARE)
        at += 1


def _path(tokens: list[str], at: int, mask: Mask) -> int:
    if at >= len(tokens) or tokens[at] in ",()./":
        raise ApiError(BARE)
    name = camel(tokens[at])
    at += 1
    if at < len(tokens) and tokens[at] in "./":
        inner: Mask = {}
        at = _path(tokens, at + 1, inner)
    elif at < len(tokens) and tokens[at] == "(":
        inner, at = _group(tokens, at + 1)
        if at >= len(tokens):
            raise ApiError(BARE)
        at += 1
    else:
        inner = ALL
    mask[name] = _merged(mask[name], inner) if name in mask else inner
    return at


def _merged(first: Mask, second: Mask) -> Mask:
    if not first or not second:
        return ALL
    both = dict(first)
    for name, inner in second.items():
        both[name] = _merged(both[name], inner) if name in both else inner
    return both


def checked(mask: Mask, api: str, schema: str, prefix: str = "") -> Mask:
    """`mask`, if every path of it exists in `schema`. Raises ApiError 400 naming the first that does not."""
    properties = document(api).schemas[schema].get("properties", {})
    for name, inner in mask.items():
        path = prefix + name
        if name == "*":
            continue
        if name not in properties:
            raise _unknown(path)
        if inner:
            spec = properties[name]
            child = spec.get("$ref") or spec.get("items", {}).get("$ref")
            if child is None:
                raise _unknown(f"{path}.{next(iter(inner))}")
            checked(inner, api, child, path + ".")
    return mask


def _unknown(path: str) -> ApiError:
    text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    violation = {"field": path, "description": text}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return ApiError(BARE, details=[detail])


def select(value: Any, mask: Mask) -> Any:
    """The part of a JSON value that `mask` names. Messages on the way stay, even where they become empty."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    wild = mask.get("*")
    if wild is not None:
        return {name: select(item, _merged(mask.get(name, wild), wild)) for name, item in value.items()}
    return {name: select(value[name], inner) for name, inner in mask.items() if name in value}


def wants(mask: Mask, *path: str) -> bool:
    """Whether `mask` selects anything at or under `path`."""
    for name in path:
        if not mask or "*" in mask:
            return True
        if name not in mask:
            return False
        mask = mask[name]
    return True


def inner(mask: Mask, *path: str) -> Mask:
    """The mask for what stands at `path`, which `mask` is known to want."""
    for name in path:
        if not mask:
            return ALL
        mask = mask.get(name, mask.get("*", ALL))
    return mask


def writing(text: str | None, schema: str) -> Mask:
    """The mask of a write. `*` gives ALL. Raises ApiError 400 when it is empty or names what is not there."""
    if not text or not text.strip():
        raise ApiError("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = checked(parse(text), "sheets.v4", schema)
    return ALL if "*" in mask else mask


def written(old: Json, new: Json, mask: Mask) -> Json:
    """`old` with the masked fields taken from `new`; a masked field that `new` lacks is reset."""
    if not mask:
        return dict(new)
    result = dict(old)
    for name, deeper in mask.items():
        if deeper and deeper.keys() != {"*"}:
            message = written(result.get(name) or {}, new.get(name) or {}, deeper)
            if message:
                result[name] = message
            else:
                result.pop(name, None)
        elif name in new:
            result[name] = new[name]
        else:
            result.pop(name, None)
    return result
