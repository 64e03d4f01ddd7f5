"""The starter rows and fields: what a new ledger says before anybody has edited it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.wording import LANGUAGES, templates_folder

TEMPLATE_KEYS = [
    "wrong-item",
    "missing-item",
    "defect",
    "safety",
    "not-arrived",
    "delivered-not-received",
    "delivery-datetime-change",
    "delivery-address-change",
    "cancel",
    "order-change",
    "return",
    "exchange",
    "refund-status",
    "double-charge",
    "payment-method",
    "receipt",
    "restock",
    "product-spec",
    "how-to-use",
    "shipping-estimate",
    "how-to-order",
    "account",
    "coupon-points",
    "complaint",
    "thanks",
    "request-noted",
    "escalate",
]
"""The starter set of the triage guide."""

TABS = ("templates", "policies", "faq", "settings", "help")
FIELD = re.compile(r"\{([^{}\n]*)\}")
MACHINE_BY_RIGHT = {"faq": {"id"}}
"""Columns of the machine that a starter row must fill all the same."""


def raw_rows(language: str, tab: str) -> list[dict[str, Any]]:
    path = templates_folder() / language / "starters" / f"{tab}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["row"]


def fields(language: str) -> dict[str, str]:
    return tomllib.loads((templates_folder() / language / "fields.toml").read_text(encoding="utf-8"))


def filled_fields(language: str) -> list[tuple[str, set[str]]]:
    """Each template's key and the keys of the fields in its subject and body."""
    keys = {label: key for key, label in fields(language).items()}
    rows = raw_rows(language, "templates")
    return [
        (row["key"], {keys[label] for label in FIELD.findall(row["subject"] + row["body"])}) for row in rows
    ]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_tab_people_edit_has_starter_rows(language: str) -> None:
    starters = load_starters(language)
    assert set(TABS) <= set(starters)
    assert all(starters[tab] for tab in TABS)


def test_every_template_of_the_triage_guide_is_there_once(language: str) -> None:
    keys = [row["key"] for row in load_starters(language)["templates"]]
    assert Counter(keys) == Counter(TEMPLATE_KEYS)


def test_templates_are_switched_on_and_filed_under_a_category(language: str) -> None:
    categories = load_layout(language).lists["category"]
    for row in load_starters(language)["templates"]:
        assert row["on"] == "✓", row["key"]
        assert row["category"] in categories.values(), row["key"]


def test_templates_use_known_fields_only_and_every_field_is_used(language: str) -> None:
    used = {field for _, keys in filled_fields(language) for field in keys}
    # No starter dates anything by the day of the sync; a shop's own template may.
    assert used == set(fields(language)) - {"today"}


def test_every_template_greets_the_customer_names_the_shop_and_signs(language: str) -> None:
    for key, used in filled_fields(language):
        assert {"customer", "shop", "assignee", "signature"} <= used, key


def test_every_template_ends_with_the_signature(language: str) -> None:
    signature = "{" + fields(language)["signature"] + "}"
    for row in load_starters(language)["templates"]:
        assert str(row["body"]).endswith(signature), row["key"]


def test_no_template_keeps_a_reply_prefix_or_a_stray_brace(language: str) -> None:
    for row in raw_rows(language, "templates"):
        assert not row["subject"].lower().startswith("re"), row["key"]
        assert not set("{}") & set(FIELD.sub("", row["subject"] + row["body"])), row["key"]


def test_a_template_uses_the_same_fields_in_both_languages() -> None:
    japanese, english = dict(filled_fields("ja")), dict(filled_fields("en"))
    assert japanese == english


def test_both_languages_know_the_same_fields_by_unique_labels() -> None:
    assert list(fields("ja")) == list(fields("en"))
    for language in LANGUAGES:
        labels = list(fields(language).values())
        assert len(set(labels)) == len(labels)


def test_both_languages_carry_the_same_rows_in_the_same_order() -> None:
    identity = {"templates": ("key", "category"), "policies": ("id", "version", "updated")}
    identity |= {"faq": ("id", "category", "status"), "settings": ("setting",)}
    for tab, columns in identity.items():
        japanese, english = raw_rows("ja", tab), raw_rows("en", tab)
        assert [[row[c] for c in columns] for row in japanese] == [
            [row[c] for c in columns] for row in english
        ]
    assert len(raw_rows("ja", "help")) == len(raw_rows("en", "help"))


def test_dropdown_cells_name_an_option_of_their_list(language: str) -> None:
    layout = load_layout(language)
    for tab in TABS:
        for row in raw_rows(language, tab):
            for column in layout.tab(tab).columns:
                if column.list_key and column.key in row:
                    assert row[column.key] in layout.lists[column.list_key], (tab, row)


def test_no_starter_row_fills_a_column_of_the_machine(language: str) -> None:
    layout = load_layout(language)
    for tab in TABS:
        machine = {column.key for column in layout.tab(tab).columns if column.owner == "machine"}
        machine -= MACHINE_BY_RIGHT.get(tab, set())
        for row in raw_rows(language, tab):
            assert not machine & set(row), (tab, row)


def test_ids_are_not_used_twice(language: str) -> None:
    for tab in ("policies", "faq"):
        ids = [row["id"] for row in load_starters(language)[tab]]
        assert len(set(ids)) == len(ids)


def test_option_keys_become_labels_and_toml_days_become_cells(language: str) -> None:
    layout = load_layout(language)
    first = load_starters(language)["faq"][0]
    assert first["category"] == layout.label("category", "not_arrived")
    assert first["status"] == layout.label("faq_status", "approved")
    assert first["updated"] == datetime(2026, 11, 1)


def test_a_real_shop_finds_no_answer_public_that_its_owner_has_not_read(language: str) -> None:
    proposed = load_layout(language).label("faq_status", "proposed")
    rows = load_starters(language, sample=False)["faq"]
    assert len(rows) == len(load_starters(language)["faq"])
    assert {(row["status"], row.get("updated")) for row in rows} == {(proposed, None)}


def test_no_cell_is_blank_or_begins_or_ends_with_a_blank_line(language: str) -> None:
    for rows in load_starters(language).values():
        for cell in (cell for row in rows for cell in row.values() if isinstance(cell, str)):
            assert cell.strip()
            assert cell == cell.strip("\n")


def test_targets_name_priorities_as_the_ledger_does(language: str) -> None:
    labels = load_layout(language).lists["priority"]
    rows = [row for row in raw_rows(language, "settings") if row["setting"] == "target"]
    assert {row["name"]: row["value"] for row in rows} == {
        labels["urgent"]: "2h",
        labels["high"]: "8h",
        labels["normal"]: "2d",
    }


def test_the_status_after_a_reply_is_one_of_the_ledger(language: str) -> None:
    values = [row["value"] for row in raw_rows(language, "settings") if row["setting"] == "sent_status"]
    assert values == [load_layout(language).label("status", "done")]


def test_the_vendor_is_left_known_categories(language: str) -> None:
    categories = load_layout(language).lists["category"].values()
    vendor = load_layout(language).label("setting", "vendor")
    values = [str(row["value"]) for row in load_starters(language)["settings"] if row["setting"] == vendor]
    assert values
    assert all(set(re.split(r"、|, ", value)) <= set(categories) for value in values)


def test_shop_words_fill_fields_of_the_templates(language: str) -> None:
    names = {row["name"] for row in raw_rows(language, "settings") if row["setting"] == "value"}
    assert names == {fields(language)[key] for key in ("return_address", "supervisor")}


def test_a_real_shop_finds_rows_to_fill_in_and_nothing_of_the_sample_shop(language: str) -> None:
    rows = load_starters(language, sample=False)["settings"]
    text = "\n".join(str(cell) for row in rows for cell in row.values())
    assert not re.search("さくら|Sakura|佐藤|Sato|マグカップ|Mug|みどり|Midori", text)
    settings = {row["setting"] for row in rows}
    assert settings == {row["setting"] for row in load_starters(language)["settings"]}


def test_samples_name_no_address_of_a_real_domain(language: str) -> None:
    for rows in load_starters(language).values():
        text = "\n".join(str(cell) for row in rows for cell in row.values())
        for domain in re.findall(r"@([\w.-]+)", text):
            assert re.search(r"(^|\.)example\.(jp|com|net|ne\.jp)$", domain), domain
