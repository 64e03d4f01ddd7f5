"""The whole judgement: kind, category, urgency and the reason in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daicho.inquiry.judge import BETTER_SAFE, SET_ASIDE, SURE, Case, Judge, Judgement
from daicho.inquiry.rules import read_rules
from daicho.inquiry.urgency import Contact
from daicho.mail.message import read_message
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell
from daicho.training import load_judge
from daicho.wording import wording

SENT = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
JA = load_layout("ja")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def judge(folder: Path) -> Judge:
    return load_judge(None, [], "ja", folder, products={"食器": ["皿", "マグカップ"]})


def case(
    text: str,
    subject: str = "",
    sender: str = "山田 花子 <hanako@example.jp>",
    earlier: tuple[Contact, ...] = (),
    **headers: str,
) -> Case:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, subject, "<one@example.jp>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return Case(read_message(mail.as_bytes(), received=SENT), SENT, earlier=earlier)


def judged(judge: Judge, text: str, subject: str = "", **more: object) -> Judgement:
    return judge.judge([case(text, subject, **more)])[0]  # type: ignore[arg-type]


def ruled(judge: Judge, *rows: dict[str, Cell]) -> Judge:
    """The same judge with other rules."""
    return Judge(read_rules([{"on": True, **row} for row in rows], JA), judge.classifier)


# --- category: the words' sense, not the words ---


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("キャンセルではなく、届く日を来週に変えてください。注文は済んでいます。", "delivery_change"),
        ("返品したいわけではありません。洗い方を教えてください。", "product"),
        ("配送はもういいです。届いた皿のふちが欠けていました。", "defect"),
        ("赤を頼んだのに青が入っていました。", "wrong_item"),
        ("先月お願いした布団が、いまだに参りません。", "not_arrived"),
        ("サイズが合わなかったので、一つ大きいものと替えていただけますか。未使用です。", "return_exchange"),
        ("カードから同じ金額が二回引かれています。", "payment"),
        ("会社の経費にしたいので、宛名入りの領収書をください。", "receipt"),
        ("次はいつ入りますか。ずっと売り切れで買えません。", "stock"),
        ("パスワードを忘れてログインできません。", "ordering"),
        ("電話の担当の方の言い方があまりに失礼でした。品物の件は済んでいます。", "complaint"),
        ("孫がとても喜びました。本当にありがとうございました。", "feedback"),
        ("My parcel was due last week and the tracking has not moved since.", "not_arrived"),
        ("Please stop my order before it ships. I found one elsewhere.", "cancel"),
    ],
)
def test_the_sense_of_a_mail_decides_its_category(judge: Judge, text: str, category: str) -> None:
    assert judged(judge, text).category == category


# --- urgency ---


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("取っ手がゆるんでいます。", "high"),
        ("割れたコップで指を切って、血が止まりません。", "urgent"),
        ("充電器から煙が出て、机が焦げました。", "urgent"),
        ("傷がありました。対応がないなら消費生活センターに相談します。", "urgent"),
        ("領収書をお願いします。", "normal"),
        ("領収書をお願いします。明日の正午までに必要です。", "urgent"),
        ("領収書をお願いします。今月27日までに必要です。", "high"),
        ("領収書を先週お願いしましたが、お返事がありません。もう一度お願いします。", "high"),
        ("領収書の件、これで三度目のご連絡です。一度もお返事がありません。", "urgent"),
        ("10日に返すと言われた返金が、まだ口座に入っていません。", "high"),
        ("素敵なお皿でした。またお願いします。", "normal"),
    ],
)
def test_urgency_is_the_categorys_start_and_what_raises_it(judge: Judge, text: str, priority: str) -> None:
    assert judged(judge, text).priority == priority


@pytest.mark.parametrize(
    "text",
    ["領収書の宛名を直してください。", "いつ再入荷しますか。", "ポイントの使い方を教えてください。"],
)
def test_anger_alone_raises_nothing_and_becomes_a_tag(judge: Judge, text: str) -> None:
    calm, angry = (
        judged(judge, text),
        judged(judge, f"{text}本当に腹が立ちます。不愉快です!がっかりしました。"),
    )
    assert angry.category == calm.category
    assert angry.priority == calm.priority == "normal"
    assert "unhappy" in angry.emotion
    assert "unhappy" not in calm.emotion


def contact(days_ago: float, answered: bool = False) -> Contact:
    return Contact(SENT - timedelta(days_ago), "", "receipt", (), answered)


@pytest.mark.parametrize(
    ("earlier", "priority"),
    [
        ((), "normal"),
        ((contact(3),), "high"),
        ((contact(3), contact(6)), "urgent"),
        ((contact(3, answered=True), contact(6)), "normal"),
    ],
)
def test_the_customers_own_history_raises(judge: Judge, earlier: tuple[Contact, ...], priority: str) -> None:
    assert judged(judge, "領収書をお願いします。", earlier=earlier).priority == priority


# --- kind ---


@pytest.mark.parametrize(
    ("subject", "text", "headers", "kind"),
    [
        ("お尋ね", "いつ入荷しますか。", {}, "inquiry"),
        ("お知らせ", "いつ入荷しますか。", {"Auto_Submitted": "auto-generated"}, "auto"),
        ("自動応答: Re: ご注文", "休暇中です。", {}, "auto"),
        ("自動返信が届きません", "自動返信のメールが来ないのですが、注文できていますか。", {}, "inquiry"),
        ("ご提案", "貴店の検索順位を上げるサービスのご案内です。無料の資料をお送りします。", {}, "sales"),
        ("Undelivered Mail", "User unknown", {"X_Failed_Recipients": "a@example.jp"}, "bounce"),
    ],
)
def test_kind_by_header_rule_and_example(
    judge: Judge, subject: str, text: str, headers: dict[str, str], kind: str
) -> None:
    got = judged(judge, text, subject, **headers)
    assert got.kind == kind
    if kind != "inquiry":
        assert (got.priority, got.templates, got.unsure) == ("none", (), False)


def test_a_contact_forms_notice_is_a_persons_inquiry_though_a_machine_sent_it(judge: Judge) -> None:
    text = (
        "お名前: 佐藤 次郎\nメールアドレス: jiro@example.com\nお問い合わせ内容: 届いた皿が割れていました。\n"
    )
    got = judged(
        judge, text, "お問い合わせがありました", sender="form@example.jp", Auto_Submitted="auto-generated"
    )
    assert (got.kind, got.category, got.channel, got.customer_name) == (
        "inquiry",
        "defect",
        "form",
        "佐藤 次郎",
    )


# --- rules win ---


def test_a_rule_beats_the_examples_and_says_so(judge: Judge) -> None:
    shop = ruled(
        judge,
        {"words": "割れ煎", "set": "問い合わせ区分", "value": "在庫"},
        {"words": "割れ煎", "set": "優先度", "value": "至急"},
        {"words": "割れ煎", "set": "担当者", "value": "鈴木"},
        {"words": "割れ煎", "set": "タグ", "value": "菓子、賛辞"},
    )
    got = judged(shop, "割れ煎が割れていて最高でした。")
    assert (got.category, got.confidence, got.priority, got.assignee) == ("stock", 1.0, "high", "鈴木")
    assert "菓子" in got.tags
    assert "praise" in got.emotion
    assert got.templates[0] == "restock"
    assert "『割れ煎』→ 問い合わせ区分: 在庫・再入荷（振り分けルール）" in got.say_reason(wording("ja"))


def test_a_rule_can_say_that_automatic_mail_is_an_inquiry(judge: Judge) -> None:
    shop = ruled(
        judge, {"words": "mall@example.com", "where": "差出人", "set": "種別", "value": "問い合わせ"}
    )
    got = judged(shop, "皿が割れていました。", sender="mall@example.com", Auto_Submitted="auto-generated")
    assert (got.kind, got.category) == ("inquiry", "defect")


@pytest.mark.parametrize(
    ("sender", "channel"),
    [("x@pc.fw.rakuten.ne.jp", "rakuten"), ("y@marketplace.amazon.co.jp", "amazon"), ("z@example.jp", None)],
)
def test_the_starter_rules_know_the_malls_masked_addresses(
    judge: Judge, sender: str, channel: str | None
) -> None:
    assert judged(judge, "いつ届きますか。", sender=sender).channel == channel


# --- what is drawn from the text ---


def test_order_numbers_name_and_products_are_drawn_from_the_mail(judge: Judge) -> None:
    got = judged(judge, "マグカップの件です。注文番号 249-5583012-7740916\n追跡番号 1234-5678-9012\n山田花子")
    assert got.order_numbers == ("249-5583012-7740916",)
    assert got.products == ("食器",)


# --- the reason in words ---


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_judgement_has_a_reason_in_both_languages(judge: Judge, language: str) -> None:
    for text in (
        "いつ届きますか。",
        "煙が出ました。",
        "明日までに領収書をください。",
        "別の方の納品書でした。色も違います。",
    ):
        reason = judged(judge, text).say_reason(wording(language))
        assert reason
        assert "{" not in reason


def test_a_need_by_date_stands_in_the_reason(judge: Judge) -> None:
    reason = judged(judge, "領収書を11月22日までにお願いします。").say_reason(wording("ja"))
    assert "必要な日 11/22（2日後）→ 大至急" in reason


def test_an_unsure_guess_asks_for_a_look_and_names_the_next_candidate(judge: Judge) -> None:
    got = judged(judge, "赤と青と夕方の件")
    assert got.unsure
    assert "確認してください" in got.say_reason(wording("ja"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "違う色の物が届き、納品書も別の方のお名前でした。納品書の番号は #2002、私の注文は #1001 です。",
            "#2002",
        ),
        (
            "頼んだ皿と違う品で、#2002 という知らない方の明細が入っていました。自分の注文番号は #1001 です。",
            "#2002",
        ),
        (
            "The packing slip was for someone else, order #2002, and the cup is wrong. My order is #1001.",
            "#2002",
        ),
        ("赤い皿を頼んだのに、他のお客様の名前の納品書と青い皿が入っていました。", None),
    ],
)
def test_a_swapped_parcel_shows_its_checklist_and_the_other_order(
    judge: Judge, text: str, shown: str | None
) -> None:
    got = judged(judge, text)
    reason = got.say_reason(wording("ja"))
    assert (got.category, got.priority) == ("wrong_item", "urgent")
    assert "テレコ" in reason
    assert "着払いで回収" in reason
    assert ("相手側の注文番号: 『#2002』" in reason) is (shown is not None)
    assert "#1001" not in reason


def test_a_wrong_item_without_another_customer_shows_the_short_checklist(judge: Judge) -> None:
    keys = [key for key, _ in judged(judge, "赤を頼んだのに青が入っていました。").reason]
    assert "judge.wrong-item" in keys
    assert "judge.swap" not in keys


# --- many at once ---


def test_mails_judged_together_are_judged_as_each_alone(judge: Judge) -> None:
    cases = [case(text) for text in ("いつ届きますか。", "皿が割れていました。", "領収書をください。")]
    assert judge.judge(cases) == [judge.judge([one])[0] for one in cases]
    assert judge.judge([]) == []


# --- the first reply to what must not wait ---


def test_who_was_hurt_is_answered_with_safety_first(judge: Judge) -> None:
    got = judged(
        judge, "届いたポットの取っ手が外れ、熱湯がこぼれて子どもが腕にやけどをしました。病院へ行きます。"
    )
    assert got.priority == "urgent"
    assert got.templates[0] == "safety"


def test_a_step_outward_is_answered_by_a_supervisor_among_the_first_two(judge: Judge) -> None:
    got = judged(judge, "返金に応じないなら、明日消費生活センターに相談し、弁護士に依頼します。")
    assert got.priority == "urgent"
    assert "escalate" in got.templates[:2]


def test_a_mail_without_a_word_is_answered_by_a_person(judge: Judge) -> None:
    got = judged(judge, "\n…\n", "")
    assert (got.kind, got.priority, got.unsure, got.templates) == ("inquiry", "normal", True, ())


# --- what stands above a rule ---


def test_a_rule_keeps_no_burn_down_and_nothing_else_up(judge: Judge) -> None:
    rule: dict[str, Cell] = {"where": "text", "match": "any", "words": "やめます", "set": "priority"}
    burnt = "注文をやめます。届いた電気毛布から煙が出て、足にやけどをしました。"
    dated = "注文をやめます。明日の結婚式までに返金がほしいです。"
    calm, aside = (ruled(judge, rule | {"value": value}) for value in ("通常", "対象外"))
    assert [judged(calm, text).priority for text in (burnt, dated)] == ["urgent", "normal"]
    assert "けが" in judged(calm, burnt).say_reason(wording("ja"))
    assert judged(aside, burnt).priority == "none"


@pytest.mark.parametrize(("chance", "unsure"), [(BETTER_SAFE, True), (SURE, False)])
def test_an_alarm_on_a_doubtful_cause_asks_for_a_look(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, chance: float, unsure: bool
) -> None:
    (calm,) = judge.classifier.guess([("", "ほ")])
    causes = dict.fromkeys(calm.causes, 0.0) | {"harm": chance}
    guess = replace(calm, categories=(("product", 0.9), ("stock", 0.1)), causes=causes)
    monkeypatch.setattr(judge.classifier, "guess", lambda mails: [guess])
    got = judged(judge, "ほ")
    assert (got.priority, got.unsure) == ("urgent", unsure)


# --- a mere inkling ---


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/item/1\n03-0000-0000\n在庫確認お願いします",
        "http://example.com\n+81 3 0000 0000\n価格表を送ってください。",
        '=IMPORTXML("http://example.com","//a")\n価格表を送ってください。',
    ],
)
def test_a_terse_question_with_links_and_numbers_is_not_taken_for_a_program(judge: Judge, text: str) -> None:
    assert judge.judge([case(text, subject="商品の件")])[0].kind == "inquiry"


@pytest.mark.parametrize("kind", ["auto", "sales"])
def test_a_mere_guess_sets_no_mail_aside(judge: Judge, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    (calm,) = judge.classifier.guess([("", "ほ")])
    for chance, got in ((SET_ASIDE - 0.01, "inquiry"), (SET_ASIDE, kind)):
        guess = replace(calm, categories=((kind, chance), ("other", 0.2), ("stock", 0.1)))
        monkeypatch.setattr(judge.classifier, "guess", lambda mails, guess=guess: [guess])
        judgement = judged(judge, "ほ")
        assert (judgement.kind, judgement.unsure) == (got, got == "inquiry")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("", "電話ください"),
        ("写真", "写真を送ります。"),
        ("", "添付の通りです。ご確認ください。"),
        ("Re:", "はい、それでお願いします。"),
        ("卸のお願い", "そちらのお茶を当店で仕入れたいのですが、卸はされていますか。"),
        ("IMG_4419", ""),
    ],
)
def test_what_says_next_to_nothing_waits_for_a_person(judge: Judge, subject: str, text: str) -> None:
    got = judged(judge, text, subject)
    assert (got.kind, got.priority) == ("inquiry", "normal")


@pytest.mark.parametrize(
    ("chances", "priority"),
    [
        ({"wrong_item": 0.22, "feedback": 0.2}, "normal"),
        # A runner-up that must not wait either, or a guess that is more than an inkling.
        ({"wrong_item": 0.22, "defect": 0.2}, "urgent"),
        ({"wrong_item": 0.5, "feedback": 0.2}, "urgent"),
    ],
)
def test_a_mere_inkling_beside_a_calm_runner_up_raises_no_alarm(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, chances: dict[str, float], priority: str
) -> None:
    (calm,) = judge.classifier.guess([("", "ほ")])
    guess = replace(calm, categories=tuple(chances.items()), causes=dict.fromkeys(calm.causes, 0.0))
    monkeypatch.setattr(judge.classifier, "guess", lambda mails: [guess])
    assert judged(judge, "ほ").priority == priority


def test_two_named_days_of_asking_make_the_third_contact(judge: Judge) -> None:
    got = judged(
        judge, "返送先を8月4日に伺い、11日にもメールしましたが、お返事がありません。もう一度お尋ねします。"
    )
    assert got.priority == "urgent"
    assert ("judge.raise-third-contact", {"count": 3}) in got.reason
