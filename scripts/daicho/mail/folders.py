"""What a folder's name says about the mail in it.

The names are those that mail programs and providers give their own folders, in English and Japanese,
with SPECIAL-USE (RFC 6154) before any name where a server tells it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Literal

Role = Literal["sent", "drafts", "left out", "mail"]

SENT = frozenset(
    {
        *("sent", "sent items", "sent messages", "sent mail", "sent-mail", "sentmail"),
        *("送信済", "送信済み", "送信済みメール", "送信済みアイテム", "送信済みメッセージ", "送信済みトレイ"),
        *("送信済メール", "送信控え", "送信控"),
    }
)
DRAFTS = frozenset({"drafts", "draft", "下書き", "下書きメール", "下書きトレイ", "草稿"})
LEFT_OUT = frozenset(
    {
        *("trash", "bin", "deleted", "deleted items", "deleted messages", "deleted mail"),
        *("ごみ箱", "ゴミ箱", "削除済み", "削除済みアイテム", "削除済みメール", "削除済みメッセージ"),
        *("junk", "junk email", "junk e-mail", "junk mail", "spam", "bulk mail"),
        *("迷惑メール", "迷惑メールフォルダ", "迷惑メールフォルダー", "スパム"),
        *("outbox", "unsent messages", "送信トレイ", "送信箱", "送信待ち"),
        *("templates", "テンプレート", "ひな形", "雛形"),
    }
)

NAMES: tuple[tuple[Role, frozenset[str]], ...] = (("left out", LEFT_OUT), ("drafts", DRAFTS), ("sent", SENT))


def role(parts: Iterable[str]) -> Role:
    """The role of a folder from its name and its parents' names, as a person sees them.

    A folder inside the trash is trash too, one inside the Sent folder is sent mail.
    """
    names = {unicodedata.normalize("NFKC", part).casefold().strip() for part in parts}
    return next((role for role, known in NAMES if names & known), "mail")
