"""What moves an inquiry's status: one line of the table a test case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daicho.inquiry.status import Progress, is_mere_thanks, progress
from daicho.inquiry.thread import Event

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MAILS = {
    "asks": (True, "inquiry", "在庫はありますか。"),
    "asks again": (True, "inquiry", "色違いもありますか？"),
    "thanks": (True, "inquiry", "ご対応ありがとうございました。"),
    "reply": (False, "reply", "在庫ございます。"),
    "bounce": (True, "bounce", "Undelivered Mail Returned to Sender"),
    "auto": (True, "auto", "ただいま不在にしております。"),
    "sales": (True, "sales", "SEO のご提案です。"),
    "our auto": (False, "auto", "お問い合わせを受け付けました。"),
}


def follow(*story: str, after_reply: str = "done") -> Progress:
    events = [
        Event(
            f"m{hour}",
            "A",
            NOON + timedelta(hours=hour),
            *MAILS[mail][:2],
            "a@example.jp",
            "",
            "",
            MAILS[mail][2],
        )
        for hour, mail in enumerate(story)
    ]
    return progress(events, after_reply)


def hour(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - NOON) // timedelta(hours=1)


@pytest.mark.parametrize(
    ("story", "status", "waiting", "first_reply", "closed"),
    [
        (["asks"], "open", 0, None, None),
        (["asks", "reply"], "done", None, 1, 1),
        (["asks", "asks again"], "open", 0, None, None),
        (["asks", "reply", "asks again"], "open", 2, 1, None),
        (["asks", "reply", "thanks"], "done", None, 1, 1),
        (["asks", "reply", "thanks", "asks again"], "open", 3, 1, None),
        (["asks", "reply", "asks again", "reply"], "done", None, 1, 3),
        (["asks", "reply", "bounce"], "open", 2, 1, None),
        (["asks", "reply", "bounce", "reply"], "done", None, 1, 3),
        (["asks", "reply", "auto"], "done", None, 1, 1),
        (["asks", "auto"], "open", 0, None, None),
        (["asks", "our auto"], "open", 0, None, None),
        (["asks", "our auto", "reply"], "done", None, 2, 2),
        (["auto"], "excluded", None, None, None),
        (["sales"], "excluded", None, None, None),
        (["bounce"], "excluded", None, None, None),
        (["thanks"], "open", 0, None, None),
    ],
    ids=lambda value: " → ".join(value) if isinstance(value, list) else None,
)
def test_a_story_of_mails_leads_to_a_status(
    story: list[str], status: str, waiting: int | None, first_reply: int | None, closed: int | None
) -> None:
    found = follow(*story)
    assert (found.status, hour(found.waiting_since), hour(found.first_reply), hour(found.closed)) == (
        status,
        waiting,
        first_reply,
        closed,
    )


def test_a_shop_may_choose_where_its_reply_leads() -> None:
    found = follow("asks", "reply", after_reply="doing")
    assert (found.status, found.closed) == ("doing", None)


def test_round_trips_and_reopenings_are_counted() -> None:
    found = follow("asks", "reply", "asks again", "reply", "thanks", "asks again")
    assert (found.trips, found.reopened) == (2, 2)


def test_a_bounced_reply_is_told() -> None:
    assert follow("asks", "reply", "bounce").bounced
    assert not follow("asks", "reply", "bounce", "reply").bounced


@pytest.mark.parametrize(
    ("text", "mere"),
    [
        ("ありがとうございました。助かりました。", True),
        ("無事届きました。ありがとうございます！", True),
        ("承知しました。", True),
        ("Thank you so much, it arrived today.", True),
        ("ありがとうございます。ところで返品はできますか？", False),
        ("ありがとうございます。ただ、まだ届いていません。", False),
        ("了解しました。交換をお願いできますか", False),
        ("Thanks, but the colour is wrong.", False),
        ("お世話になっております。山田です。承知いたしました。よろしくお願いいたします。", True),
        ("了解です。よろしくお願いします。\n山田花子", True),
        (
            "佐藤様\n\n桜色のマグカップ、無事に届きました。\nすばやく対応していただき、ありがとうございました。\n\n髙橋",
            True,
        ),
        ("承知しました、赤で", False),
        ("届きましたが動きません。", False),
        ("届きました。動きません。", False),
        ("受け取りましたが中身が空でした", False),
        ("届きました。片方しか入ってない", False),
        ("確認しましたが、入金されていない", False),
        ("確認しました。色が写真とちがいます。", False),
        ("ありがとうございます。住所は東京都千代田区1-1です。", False),
        ("承知しました。では赤でお願いします。", False),
        ("承知しました。サイズはLにします。", False),
        ("I received an empty box.", False),
        ("That is great but broken", False),
        ("Thank you. Received the parcel, the lid is cracked.", False),
        # A few letters can be the answer we asked for.
        *(
            (f"{thanks}{point}", False)
            for thanks in ("ありがとうございます。", "了解です。\n")
            for point in (
                "青でお願いします。",
                "Mにします。",
                "取り消します。",
                "やめます",
                "不要です。",
                "急ぎです。",
                "至急！",
                "振り込みました。",
                "火傷しました。",
                "赤",
                "B案",
                "2個",
                "返金",
                "090-0000-1111",
            )
        ),
        *(
            (f"Thank you.{gap}{point}", False)
            for gap in (" ", "\n")
            for point in ("Refund!", "Red one.", "Size 40")
        ),
        ("ありがとうございました。山田", True),
        ("ありがとうございました😊\n♪", True),
        ("はい、承知しました。\nよろしくお願いします。\n山田 花子", True),
        ("Thanks a lot!\nAnna Lind", True),
        ("お返事ありがとうございました。交換品、楽しみにお待ちしています。", True),
        ("ご丁寧にありがとうございます。お待ちしております。", True),
        ("返金のご対応、ありがとうございました。", True),
        ("キャンセルの件、承知しました。ありがとうございます。", True),
        ("住所変更のお手続き、ありがとうございました。", True),
        ("ありがとうございます。お返事をお待ちしております。", False),
        ("ありがとうございます。一週間待っています。", False),
        ("ありがとうございます。交換品が届きません。", False),
        ("ありがとうございます。返品します。", False),
        ("承知しました、返金を", False),
        ("在庫はありますか", False),
        ("", False),
        ("ありがとうございます。" + "とてもよいお店でした。" * 30, False),
    ],
)
def test_a_mere_thanks_asks_for_nothing(text: str, mere: bool) -> None:
    assert is_mere_thanks(text) is mere
