"""What a mail says in passing: products, a contact form's fields, the customer's name, order numbers, phones.

Pure; reads at most `TEXT_LIMIT` characters of a text and takes linear time (bounded quantifiers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from daicho.inquiry.numbers import TEXT_LIMIT, fold, order_numbers, phones, plain
from daicho.mail.furniture import without_footer
from daicho.mail.message import Message

__all__ = [
    "Form",
    "contact_form",
    "customer_name",
    "fold",
    "is_like_a_name",
    "order_numbers",
    "phones",
    "products",
]

# --- products ---


def products(text: str, words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The products of `words` (product name → words that mean it) that `text` speaks of, by first appearance.

    Words are compared folded; the longest word at a place wins, and what stands inside it does not count.
    """
    return product_finder(words)(text)


def product_finder(words: Mapping[str, Sequence[str]]) -> Callable[[str], tuple[str, ...]]:
    """Finds the products of `words` in texts as `products` does; for many texts."""
    meaning: dict[str, dict[str, None]] = {}
    for name, spellings in words.items():
        for spelling in spellings:
            if folded := fold(spelling).strip():
                meaning.setdefault(folded, {})[name] = None
    if not meaning:
        return lambda text: ()
    longest_first = sorted(meaning, key=lambda word: (-len(word), word))
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def find(text: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for match in pattern.finditer(fold(text[:TEXT_LIMIT])):
            found.update(meaning[match[0]])
        return tuple(found)

    return find


# --- a contact form's notice ---

Field = Literal["name", "kana", "email", "phone", "subject", "order", "text", "else"]


@dataclass(frozen=True, slots=True)
class Form:
    """A contact form's notice: who really writes, and what. "" or () where the form does not tell.

    `email` is lower-cased, `phone` only digits, `text` the customer's own words without the form's labels.
    """

    name: str
    email: str
    phone: str
    subject: str
    text: str
    order_numbers: tuple[str, ...]


# The kinds of label, tried in order: a label belongs to the first whose words it is, wholly.
_FIELDS: dict[Field, re.Pattern[str]] = {
    "kana": re.compile(r"(?:お名前|氏名)?\(?(?:フリガナ|ふりがな|カナ|かな|よみがな|furigana|kana)\)?"),
    "name": re.compile(
        r"(?:ご?(?:依頼主|購入者|注文者|担当者?)|お客)?(?:様|さま)?の?(?:お?名前|氏名|ご?芳名)"
        r"(?:\((?:漢字|任意|必須)\))?|ご?担当(?:者名?)?|お客(?:様|さま)名?|ご依頼主(?:様|さま)?|差出人"
        r"|(?:your |full |customer )?name"
    ),
    "email": re.compile(r"(?:your )?(?:e-?mail|メール)(?: ?(?:アドレス|address))?|ご?連絡先|ご?返信先"),
    "phone": re.compile(r"お?電話(?:番号)?|携帯(?:電話)?(?:番号)?|tel|phone(?: number)?"),
    "order": re.compile(r"ご?(?:注文|受注|予約|購入)書?(?:番号|id|no\.?)|order(?: number| no\.?| id| #)?"),
    "subject": re.compile(
        r"件名|題名|タイトル|ご?用件|種別|種類|カテゴリー?|topic|subject"
        r"|お?問い?合わ?せの?(?:種別|種類|項目|件名|区分)"
    ),
    "text": re.compile(
        r"お?問い?合わ?せ(?:の?(?:内容|詳細|本文))?|ご?(?:質問|相談|要望|意見|用件)?の?内容|(?:メッセージ)?本文"
        r"|メッセージ|ご?質問|ご?相談|コメント|変更したいこと"
        r"|(?:your )?(?:message|comments?|inquiry|enquiry|question)|body"
    ),
    "else": re.compile(
        r"ご?住所|郵便番号|会社名|法人名|会員.{1,6}|商品.{1,4}|ご?購入日|年齢|性別|日時"
        r"|country code|company|address"
    ),
}
_LABELLED_LINE = re.compile(
    r"\s{0,4}(?:"
    r"[【\[〔〈](?P<bracket>[^】\]〕〉\n]{1,24})[】\]〕〉][ 　]?[:：]?"
    r"|[■◆◇●○□▼][ 　]?(?P<mark>[^:：\n]{1,24})(?:[:：]|$)"
    r"|(?P<colon>[^:：\n【】\[\]]{1,24})[:：]"
    r"|(?P<column>\S{1,12})[ 　]{2,12}"
    r")(?P<value>.*)"
)
_STYLES = ("bracket", "mark", "colon", "column")
_INLINE = re.compile(r"[ 　][/／][ 　](?=[^/／:：\n]{1,16}[:：])")
_ADDRESS = re.compile(r"[a-zA-Z0-9._%+-]{1,64}@[a-zA-Z0-9.-]{1,255}")
_FOOTER = re.compile(
    r"\s{0,4}[-=_*─━]{2,}\s{0,4}|.{0,10}このメール(?:は|を).{0,200}"
    r"|this (?:e-?mail|message) was sent .{0,200}",
    re.IGNORECASE,
)
_FORM_SENDER = re.compile(
    r"form|contact|inquiry|no-?reply|notice|notif|mailer|system|info|support|shop|store"
)
_FORM_SUBJECT = re.compile(r"ふぉーむ|お?問い?合わ?せ|contact|message|inquiry|form")
_PREAMBLE = 200  # characters a form may say before its first label; more are a person's own words


def _labelled(line: str) -> tuple[str, Field | None, str]:
    """How a line is labelled ("" if not), with what (None: no known kind of label), and what follows."""
    match = _LABELLED_LINE.fullmatch(line)
    if not match:
        return "", None, line
    style = next(style for style in _STYLES if match[style])
    label = plain(match[style]).strip().lower()
    return (
        style,
        next((field for field, words in _FIELDS.items() if words.fullmatch(label)), None),
        match["value"],
    )


def _fields(lines: Sequence[str]) -> dict[Field, str]:
    """The labelled fields of a form's notice, the first of each kind; empty where free words come first."""
    fields: dict[Field, str] = {}
    current: Field = "else"
    style_of_text = ""
    preamble = 0
    for line in _INLINE.sub("\n", "\n".join(lines)).split("\n"):
        style, field, value = _labelled(line)
        if current == "text":
            # The customer's own words may look labelled: only the form's own style and known labels end them.
            begins = field not in (None, "text") and style == style_of_text
            if not begins and _FOOTER.fullmatch(line) and fields["text"].strip():
                break
        else:
            begins = field is not None or style in ("bracket", "mark", "colon")
        if begins:
            current = field if field and field not in fields else "else"
            fields[current] = value
            style_of_text = style
        elif not fields:
            preamble += len(line)
        elif current != "else":
            fields[current] += "\n" + line
    return {field: value.strip() for field, value in fields.items()} if preamble < _PREAMBLE else {}


def contact_form(message: Message) -> Form | None:
    """What a contact form's notice tells, None where `message` is a person's own mail.

    A notice names who writes (a name or address label) and holds a label for what they write; or it comes
    from a form's own sender, speaks of a form in its subject and has the customer in Reply-To.
    """
    fields = _fields(_own_lines(message.text))
    if "text" not in fields and len(fields.get("subject", "")) > 40:
        fields["text"] = fields.pop("subject")  # forms with one field for both: ご用件
    reply_to = next((address for address in message.reply_to if address.email != message.sender.email), None)
    labelled = bool(fields.get("text")) and ("name" in fields or "email" in fields)
    relayed = (
        reply_to and _FORM_SENDER.search(message.sender.email) and _FORM_SUBJECT.search(fold(message.subject))
    )
    if not (labelled or relayed):
        return None
    address = _ADDRESS.search(fields.get("email", "")) or _ADDRESS.search(fields.get("name", ""))
    email = address[0].lower() if address else reply_to.email if reply_to else ""
    return Form(
        name=_bare_name(fields.get("name", "")) or (reply_to.name if reply_to else ""),
        email=email,
        phone=next(iter(phones(fields.get("phone", ""))), ""),
        subject=fields.get("subject", "") or message.subject,
        text="\n".join(without_footer(fields.get("text", "").split("\n"))) or message.new_text.strip(),
        order_numbers=order_numbers(f"{message.subject}\n{message.text}"),
    )


# --- the customer's name ---

_KANJI = "一-龠々ヶノツ髙﨑"
_NAME = f"[{_KANJI}]{{1,4}}(?:[ 　]?(?:[{_KANJI}]{{1,3}}|[ぁ-ん]{{1,5}}|[ァ-ヶー]{{1,6}}子?))??"
_READING = r"(?:[(（][ぁ-んァ-ヶー 　]{1,16}[)）])?"
_WORD_BEGINS = r"(?:^|(?<=[\s、。]))"
_AFTER = r"(?:^|(?<=[、。,，\s」』】）)の・!！?？…はたるだ]))"
# 「山田と申します」
_INTRODUCED = re.compile(
    rf"{_AFTER}(?P<name>{_NAME}|[ぁ-ん]{{2,6}}|[ァ-ヶー]{{2,10}}){_READING}"
    r"(?:と申し|ともうし|と申す|といいま|と言いま|といい、|でございます|いいます。)",
    re.MULTILINE,
)
# 「山田です。」, among the first lines
_OPENS = re.compile(
    rf"{_AFTER}(?P<name>[{_KANJI}]{{2,4}}(?:[ 　](?:[{_KANJI}]{{1,3}}|[ぁ-ん]{{2,4}}))?"
    rf"|[{_KANJI}]{{2,3}}[ぁ-ん]{{2,4}}){_READING}(?:です[。.！!\s]|どす。|だけんど|じゃけど)",
    re.MULTILINE,
)
# 「○○株式会社の山田です」
_OF_COMPANY = re.compile(
    r"(?:会社|法人|工房|[部課係店会園校院館室]|経理|総務|事務|担当|クラブ|ホテル|[A-Za-z])[^\s。、]{0,12}の"
    rf"(?P<name>{_NAME}){_READING}(?:です|どす|で[、。])"
)
# What follows a display name that comes back in the text.
_IS = r"(?:です|でございます|と申|といい|と言い|いいます|どす|だけん|じゃけ|やけど)"
_ENGLISH = re.compile(r"\b[Mm]y name is (?P<name>[A-Z][A-Za-z'’-]{1,20}(?: [A-Z][A-Za-z'’-]{1,20}){0,2})")
_WESTERN = re.compile(
    r"[A-Z][A-Za-zÀ-ÿ'’.-]{0,20}(?: (?:van |von |de |di |da )?[A-Z][A-Za-zÀ-ÿ'’.-]{0,20}){0,3}"
)
_SIGN_OFF = re.compile(
    r"(?:best|kind|warm|many|with|yours?|sincerely|regards|thanks?|thank you|cheers|love|greetings)"
    r"\b[a-z ]{0,24}[,.!]? *",
    re.IGNORECASE,
)


_SURNAMES = frozenset(  # the kanji that family names begin with
    "一万三上下与中串丸丹乃久九亀二五井人今仙仮仲伊伏会伴住佐作依保信俵倉健元光児八六兵具兼内円冠冨出分初別利"
    "前副加助勘勝勢北千半南博原又口古右合吉名向和品喜嘉四国國園土坂坪垣城堀堂堤塙塚塩増夏夕外多大天太奈奥女妙"
    "妹妻姉姫宇守安宍宗定宝室宮宿富寺小尾屋山岡岩岸峯峰島崎嶋川工巻市布帆常干平幸広庭廣建弓引弘彦影後御徳志恩"
    "悦惣慶成戸所手才折拝播数敷文斉斎新日早明星春是更書曽曾最月有服望朝木末本杉村来東松板林柊柏染柳柴柿栄栗根"
    "桂桃桐桑桜梁梅梨梯梶棚棟森植椎椿楠楢榊榎槇槙樋横樫樺橋橘櫻正武比毛氏水永江池沖沢河油沼泉波津浅浜浦海涌淀"
    "深清渋渚渡湊湯源溝滑滝澤濱濵瀧瀬為照熊片牛牟牧犬猿獅玄玉王瓜生田由甲町畑畠番白百的皆益盛目直相眞真矢知石"
    "砂碓磯社神福秋秩稗種稲穂窪立竜竹笠笹筒箕箱篠簗米粟糸納細結綱綾綿縄織美羽老肥能脇臼舘舞舟船芝芥芦花芹若英"
    "茂茅茶草荒荻菅菊萩落葛蓮蔵蕨薩藤藪蛭蜂衛衣袋西角諏諸谷豊貫賀赤越足轟辰辺辻近速逢連進逸遠邉那郡郷酒里重野"
    "金釘針鈴銀鍋鎌鎗長門間関阪阿陣難雨青須頓頼飛飯香馬駒高髙鬼鯉鰐鱒鳥鵜鶴鷲鷹鷺鹿麻黒黛齊齋龍﨑"
)


def _any_of(words: str) -> str:
    return "(?:" + "|".join(words.split()) + ")"


# What stands where a name could and is none: 「至急です」「返品希望」「未開封」.
_NOUN = re.compile(
    _any_of(
        r"""
        至急 緊急 大変 本当 失礼 質問 相談 希望 返品 交換 返金 入金 注文 購入 商品 発送 配送
        配達 届 確認 連絡 対応 回答 返事 返信 問題 不良 破損 処理 受付 申込 対象 初め 以上 敬具
        草々 早々 追伸 最後 最高 最悪 残念 不安 心配 大丈夫 無理 今日 明日 先日 今朝 昨[日夜]
        今夜 [今先来]週 [今前]回 本日 平日 毎[日年] [月火水木金土日]曜 大満足 完璧 結構 元気
        気持 責任 期限 理由 状態 途中 段階 表示 解決 現役
        [何\d一二三四五六七八九十][度回通本人枚] [度回通]目 御中 各位 [必不]要 無[料事] 主婦
        会社員 学生 息子 自分 匿名 株式会社 有限会社 合同会社 法人 支社 農園 委員 放送 送信 自動
        最短 翌日 日本語 会員 住所 番号 電話 携帯 中身 全部 両方 写真 新品 使用 開封 在庫 再販 駐車 衣装
        感[謝想] 漫画 [礼怒]$ [円用前]$ [都道府県区]$ (?<!古)市$ [社会店校課係局]$ [稚育農]園$
        (?<!夏)目$ [済様宛拝者物品書料費]$ [送備庫途業]中$ (?<!国)分$ 初回 割引 予約 解約 退会
        登録 変更 取消 送料 (?<![矢服阿渡谷岡磯下安園武刑])部$ ^[話春逆紺帯鉄上何件朝昼夜晩赤青黒白色箱袋]$
        """
    )
)
_KANA_ENDING = re.compile(
    _any_of("[でま]す し[たて] れ だけ なん そう ほう こと って [はがをにでとかつもへのいんだ]") + "$"
)
# A company, a post, a class: what stands before a name and is none.
_ROLE = re.compile(
    ".*"
    + _any_of(
        r"""
        会社 法人 ㈱ ㈲ 事務 組合 学校 [幼保].{0,6}園 こども園 工房 商店 ホテル 旅館 センター
        クラブ サークル グループ 教室 協会 の会 町会 商会 通商 販促 会計 代表 店主
        [店園会社部所課室院]長 主任 支配人 理事 担当 経理 営業 総務 広報 人事 購買 仕入れ? 庶務
        幹事 \S\S(?:(?<![谷下])部|[課係]) 医院 病院 薬局 カフェ ギャラリー スタジオ [A-Za-z]{2}
        """
    )
    + ".*|[小中高][1-6一二三]|[1-6一二三四五六]年|[ァ-ヶー]{3,100}"
)
_QUOTE_BEGINS = re.compile(
    r"[-_=＿—─━]{3,} ?(?:元の|original|転送|forwarded)|on .{4,160}wrote:"
    r"|.{4,120}(?:書きました|のメール|wrote)[:：]?$",
    re.IGNORECASE,
)
# Lines of a signature that hold no name.
_CONTACT = re.compile(
    r"[-=_*~+─━＿◇◆☆★・.\s]{0,200}$|sent from my|iphoneから|[^\s@]{1,64}@"
    r"|.{0,12}(?:〒|\b(?:tel|fax|mail)\b|メール|アドレス|住所|https?:)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[。！!？?…♪♡〜～)）」笑、,\U0001F000-\U0001FAFF☀-➿\ufe0f]{1,9}[\s　]{0,4}")
_ASIDE = re.compile(r"[（(][^（()）]{0,40}[）)]$")
_NUMBER_WITH_LABEL = re.compile(
    r"[(（【「/／]{0,2} ?(?:(?:ご?(?:注文|受注|予約|電話|携帯|受付|伝票|発注|購入|管理)|でんわ"
    r"|order|no\.?|tel|#)[^\s0-9A-Za-z#]{0,6}[\s:：.】]{0,3})?"
    r"(?:id|no\.?)?[\s:：]{0,2}#?(?=(?:[A-Za-z-]{0,12}[0-9]){3})[0-9A-Za-z-]{3,40}[)）」]?",
    re.IGNORECASE,
)
_LAST_LINES = 5
_LONGEST_SIGNATURE = 60  # characters of a line that holds company, post and name


def _own_lines(text: str) -> list[str]:
    """The writer's own lines, signature included: quoted lines and all below a quote's head are left out."""
    own: list[str] = []
    for line in text[:TEXT_LIMIT].split("\n"):
        words = line.strip()
        if own and _QUOTE_BEGINS.match(words):
            break
        if not words.startswith((">", "＞", "|")):
            own.append(line)
    return own


def _compact(name: str) -> str:
    return fold(name).replace(" ", "")


def _bare_name(name: str) -> str:
    """A name as a form or header holds it, less address, reading and title."""
    name = re.split(r"[<＜(（\n]", name.strip(), maxsplit=1)[0].strip()
    return re.sub(r"[ 　]?(?:様|さま|さん)$", "", name)


def _display_words(display: str) -> list[str]:
    """The words of a From display name that may come back in the text as a name, the longest first."""
    words = [word for word in re.split(r"[\s　(（)）/／_,、]+", display[:100]) if not _ROLE.fullmatch(word)]
    names = {word for word in ["".join(words), *words] if len(word) > 1 or re.fullmatch(f"[{_KANJI}]", word)}
    return sorted(names, key=lambda name: (-len(name), name))


def _could_be_name(words: str) -> bool:
    """Whether words that stand alone look like a Japanese name, not like a noun or a sentence's end."""
    if not re.fullmatch(_NAME, words) or _NOUN.search(words) or _ROLE.fullmatch(words):
        return False
    kana = re.search(r"[ぁ-ん]+$", words)
    return not kana or (
        len(words) - len(kana[0]) >= 2 and len(kana[0]) in (2, 3) and not _KANA_ENDING.search(words)
    )


def is_like_a_name(words: str) -> bool:
    """Whether words that no display name confirms are a Japanese name: 「森下です」, not 「浴衣です」."""
    return words[:1] in _SURNAMES and _could_be_name(words)


def _contradicted(name: str, known: Sequence[str]) -> bool:
    """Whether the display name is a Japanese name that has nothing in common with `name`."""
    return any(map(_could_be_name, known)) and not any(set(name) & set(word) for word in known)


def _introduced(lines: Sequence[str], known: Sequence[str]) -> str:
    """The name in 「…と申します」「…です」 or "My name is …"."""
    text = "\n".join(lines)
    # The display name comes back, as the writer spells it: 「いつも買っているあやです」.
    for word in known:
        spelled = "[ 　]?".join(map(re.escape, word))
        name = rf"(?:{_WORD_BEGINS}[{_KANJI}]{{1,3}}[ 　]?)?{spelled}(?:[ 　]?[{_KANJI}]{{1,3}})?"
        if match := re.search(rf"(?P<name>{name}){_READING} ?{_IS}", text, re.MULTILINE):
            return match["name"]
    for match in _INTRODUCED.finditer(text):
        # 「半幅帯でございますが」: what was ordered is not who orders.
        thing = match[0].endswith("でございます") and _contradicted(match["name"], known)
        if not (thing or _NOUN.search(match["name"])):
            return match["name"]
    for line in lines[:2]:
        if (match := _OF_COMPANY.search(line)) and _could_be_name(match["name"]):
            return match["name"]
        match = _OPENS.search(line + "\n")
        if match and is_like_a_name(match["name"]) and not _contradicted(match["name"], known):
            return match["name"]
    english = _ENGLISH.search(text)
    return english["name"] if english else ""


def _as_name(words: str, known: Sequence[str]) -> str:
    """`words` if they can be a person's name, less the company and role before it; else ""."""
    if len(words) > _LONGEST_SIGNATURE:
        return ""
    words = re.sub(r"(?:です|どす|より|拝)$", "", words.strip(" 　―—–-・/／、,.。:：「」☆★♪"))
    parts = words.split()
    while len(parts) > 1 and _ROLE.fullmatch(parts[0]):
        del parts[0]
    name = words[words.index(parts[0]) :] if parts else ""
    if _compact(name) in map(_compact, known):
        return name
    name = name.rpartition("の")[2] if len(name) > 5 else name
    if is_like_a_name(name):
        return name
    western = re.split(r" & | and |,|/", _SIGN_OFF.sub("", words, count=1))[0].strip()
    return western if _WESTERN.fullmatch(western) and len(western) > 1 else ""


def _signed(lines: Sequence[str], known: Sequence[str]) -> str:
    """The name a mail is signed with: alone on one of its last lines, or after its last sentence."""
    last = [line for line in lines if line and not _CONTACT.match(line)][-_LAST_LINES:]
    for line in reversed(last):
        words = _NUMBER_WITH_LABEL.sub(" ", _ASIDE.sub("", line)).strip(" 　()（）「」,、./／:：。")
        if not words:
            continue
        *before, tail = _SENTENCE_END.split(words)
        name = ("" if before else _as_name(words, known)) or _as_name(re.split("　", tail)[-1], known)
        if name and not (before and _contradicted(name, known)):
            return name
        if before:
            break
    return ""


def customer_name(message: Message) -> str:
    """The writer's name as the text gives it: a form's field, an introduction, the signature; "" if not told.

    A From display name alone is no name in the text; it only settles what could be a name.
    """
    if (form := contact_form(message)) and form.name:
        return form.name
    lines = [line.strip() for line in without_footer(_own_lines(message.text))]
    for line in lines:
        _, field, value = _labelled(line)
        if field == "name" and (name := _bare_name(value)):
            return name
    known = _display_words(message.sender.name)
    introduced, signed = _introduced(lines, known), _signed(lines, known)
    # 「辻と申します」 above, 「辻 亮子」 below: the fuller one.
    fuller = signed and _compact(signed).startswith(_compact(introduced))
    return signed if fuller or not introduced else introduced
