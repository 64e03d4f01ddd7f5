"""What each part of a reply is about, where one mail makes several requests: its order, its product.

A row remembers it among its facts by field and template, `{"order": {"cancel": "1001", "restock": "1002"}}`,
and only where the parts tell something apart: most rows remember nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from daicho.inquiry.judge import Judgement
from daicho.inquiry.reply import outside
from daicho.ledger.propose import WORDS_KEPT
from daicho.ledger.rows import Base, join_words, words_of
from daicho.sheets.workbook import Cell
from daicho.wording import Wording

Parts = Mapping[str, Mapping[str, str]]
"""By field, then by the key of a template: which of the row's words the template's part is about."""

FACT = "parts"

_FIELDS: Mapping[str, Callable[[Judgement], Sequence[str]]] = {
    "order": lambda judgement: judgement.order_numbers,
    "product": lambda judgement: judgement.products,
}


def told_apart(whole: Judgement, requests: Mapping[str, Sequence[Judgement]], wording: Wording) -> Parts:
    """What the requests of a mail are about each. `requests` are by the template that answers them."""
    parts: dict[str, dict[str, str]] = {}
    for field, words_in in _FIELDS.items():
        known = words_in(whole)[:WORDS_KEPT]
        named = {
            template: [word for word in known if any(word in words_in(each) for each in asked)]
            for template, asked in requests.items()
        }
        # Who names all or none in each part tells nothing apart.
        if any(0 < len(words) < len(known) for words in named.values()):
            parts[field] = {template: wording.listed(words) for template, words in named.items() if words}
    return parts


def standing(base: Base, cells: Mapping[str, Cell]) -> Parts:
    """What a row remembers, but for cells that a person changed: their words hold for every part.

    What is damaged counts as nothing remembered.
    """
    stored = base.facts.get(FACT)
    parts = stored if isinstance(stored, dict) else {}
    return {
        field: {template: words for template, words in parts[field].items() if isinstance(words, str)}
        for field in _FIELDS
        if isinstance(parts.get(field), dict)
        and set(words_of(cells.get(field))) == set(words_of(base.proposals.get(field)))
    }


def own_parts(
    parts: Parts, row: Mapping[str, str], templates: Sequence[str], wording: Wording
) -> dict[str, dict[str, str]]:
    """What fills the part of each of a letter's `templates` instead of all that the `row` says, by field.

    A template that none of the requests called for is about what the others leave, else about all.
    """
    own: dict[str, dict[str, str]] = {template: {} for template in templates}
    for field, named in parts.items():
        answered = {word for template in templates for word in words_of(named.get(template))}
        left = join_words((word for word in words_of(row.get(field)) if word not in answered), wording)
        for template in templates:
            if words := named.get(template) or left:
                own[template][field] = outside(words)
    return own
