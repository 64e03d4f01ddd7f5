"""The trained model: what it is made of, and the cache it lies in."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from daicho.inquiry.classify import Correction, as_examples
from daicho.inquiry.judge import Case
from daicho.mail.message import read_message
from daicho.training import load_classifier, load_judge, starter_examples, starter_records

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FEW = starter_examples(starter_records()[::60])
MAILS = [("", "皿が割れていました。"), ("お尋ね", "返金はいつですか。")]


def test_a_cached_model_guesses_the_same(tmp_path: Path) -> None:
    trained = load_classifier(FEW, (), tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]
    assert load_classifier(FEW, (), tmp_path).guess(MAILS) == trained.guess(MAILS)


@pytest.mark.parametrize("spoilt", [b"", b"PK\x03\x04 no archive", b"half", b"\x93NUMPY\x01\x00 pickle"])
def test_a_spoilt_cache_costs_only_time(tmp_path: Path, spoilt: bytes) -> None:
    trained = load_classifier(FEW, (), tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:5000] if spoilt == b"half" else spoilt)
    assert load_classifier(FEW, (), tmp_path).guess(MAILS) == trained.guess(MAILS)
    assert list(tmp_path.iterdir()) == [path]


def test_other_examples_make_another_model_that_takes_the_place_of_the_old(tmp_path: Path) -> None:
    load_classifier(FEW, (), tmp_path)
    (old,) = tmp_path.iterdir()
    load_classifier(FEW[:-1], (), tmp_path)
    (new,) = tmp_path.iterdir()
    assert new != old


def test_the_model_of_a_shop_lies_beside_the_usual_one_that_it_was_taught_from(tmp_path: Path) -> None:
    decisions = as_examples([Correction("", "お茶会の器をお借りできますか。", NOW, category="貸し出し")])
    usual = load_classifier(FEW, (), tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    taught = load_classifier(FEW, decisions, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert path.read_bytes() == before
    assert load_classifier(FEW, decisions, tmp_path).guess(MAILS) == taught.guess(MAILS)
    assert load_classifier(FEW, (), tmp_path).guess(MAILS) == usual.guess(MAILS)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    assert load_classifier(FEW, (), tmp_path / "file" / "cache").guess(MAILS)


def test_what_the_shop_corrected_judges_the_next_mail(tmp_path: Path) -> None:
    learned = Correction("", "お茶会の器をお借りできますか。", NOW, category="貸し出し")
    shop = load_judge([], [learned] * 3, "ja", tmp_path)
    mail = EmailMessage()
    mail.set_content("お茶会の器をお借りできますか。来月です。")
    asked = Case(read_message(mail.as_bytes(), received=NOW), NOW)
    assert shop.judge([asked])[0].category == "貸し出し"
