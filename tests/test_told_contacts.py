"""How often writers say to have written before."""

from __future__ import annotations

import pytest

from daicho.inquiry.contacts import days_contacted


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("4月4日と11日に問い合わせました。まだお返事がありません。", 2),
        ("八月二十日に聞きました。月末にも聞きました。きょうも聞きます。", 2),
        ("先週の水曜(23日)にメールしました。", 1),
        ("先週電話しました。もう一度お願いします。", 1),
        ("I wrote on Monday. I asked again on Thursday.", 2),
        ("April 28: I asked you to cancel. May 2: I asked again.", 2),
        # One day, named twice, is one day.
        ("3日にお尋ねしました。3日に聞いた件です。", 1),
        # What was done with the order on a day was no contact.
        ("10月1日に払い、10月5日に届きました。", 0),
        ("10月1日に払いましたが、10月5日に電話しました。", 1),
        ("はじめまして。", 0),
        ("", 0),
    ],
)
def test_the_days_of_earlier_contacts_are_counted(text: str, days: int) -> None:
    assert days_contacted(text) == days


def test_a_long_text_without_sentences_is_read_in_passing() -> None:
    assert days_contacted("4日に聞いた" * 5000) == 1
