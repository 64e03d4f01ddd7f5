"""The last words of templates that become one letter: courtesy ends it, all else stays in its part."""

from __future__ import annotations

import pytest

from daicho.inquiry.reply import Template, combine, load_fields
from daicho.ledger.replies import read_templates
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record
from daicho.wording import LANGUAGES, wording

STARTERS: dict[str, dict[str, Template]] = {
    language: {
        template.key: template
        for template in read_templates(
            [Record(number, row) for number, row in enumerate(load_starters(language)["templates"], 2)],
            load_layout(language),
        )
    }
    for language in LANGUAGES
}


def parts(language: str, *keys: str) -> list[str]:
    """The letter that the starters of these keys make, cut where another part begins."""
    words = wording(language)
    letter = combine([STARTERS[language][key] for key in keys], load_fields(language), words)
    return "\n\n".join(text for _, text in letter.pieces).split(words.say("reply.also"))


@pytest.mark.parametrize(
    ("language", "key", "said"),
    [
        ("ja", "account", "パスワードをメールにお書きにならないよう"),
        ("ja", "restock", "仕入れの都合により予定が前後する"),
        ("ja", "delivery-datetime-change", "ご希望に添えない場合がございます"),
        ("ja", "payment-method", "出荷前でしたら承れます"),
        ("en", "account", "do not send us your password"),
        ("en", "restock", "Dates may change"),
        ("en", "delivery-datetime-change", "may still cause a delay"),
    ],
)
@pytest.mark.parametrize("other", ["cancel", "receipt"])
def test_a_short_last_paragraph_that_says_something_stays_in_its_part(
    language: str, key: str, said: str, other: str
) -> None:
    first, second = parts(language, key, other)
    assert said in first and said not in second
    first, second = parts(language, other, key)
    assert said in second and said not in first


@pytest.mark.parametrize(
    ("language", "key", "courtesy"),
    [
        ("ja", "cancel", "またのご利用を心よりお待ちしております。"),
        ("ja", "order-change", "どうぞよろしくお願いいたします。"),
        ("ja", "product-spec", "どうぞお気軽にお尋ねください。"),
        ("ja", "how-to-use", "末永くお使いいただけましたら、うれしく存じます。"),
        ("ja", "shipping-estimate", "ご注文を心よりお待ちしております。"),
        ("ja", "request-noted", "またお気づきの点がございましたら、ぜひお聞かせください。"),
        ("en", "cancel", "We hope to welcome you again."),
        ("en", "shipping-estimate", "We look forward to your order."),
        ("en", "product-spec", "Please feel free to ask"),
        ("en", "how-to-use", "We hope you will enjoy it for a long time."),
        ("en", "request-noted", "Please keep your ideas coming."),
    ],
)
def test_courtesy_of_the_first_part_ends_the_letter(language: str, key: str, courtesy: str) -> None:
    first, second = parts(language, key, "receipt")
    assert courtesy not in first
    assert second.count(courtesy) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_two_courtesies_one_ends_the_letter(language: str) -> None:
    _, second = parts(language, "shipping-estimate", "cancel")
    assert second.count(wording(language).say("reply.also")) == 0
    ordered = {"ja": "ご注文を心よりお待ち", "en": "look forward to your order"}[language]
    again = {"ja": "またのご利用を", "en": "welcome you again"}[language]
    assert ordered not in "".join(parts(language, "shipping-estimate", "cancel"))
    assert second.count(again) == 1
