"""daicho.toml: what may stand in it, and what is said about mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from daicho.config import SETTINGS, load_config
from daicho.errors import ConfigError
from daicho.wording import LANGUAGES, templates_folder, wording

GOOD = """
[shop]
name = "さくら雑貨店"
addresses = ["Support@Example.jp "]
[workbook]
excel = "ledger.xlsx"
[[mailbox]]
name = "support"
maildir = "mail/support"
since = 2026-10-01
"""
IMAP = 'imap = "imap.example.jp"\nuser = "support@example.jp"'


def write(folder: Path, text: str) -> Path:
    path = folder / "daicho.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert (config.language, str(config.zone)) == ("ja", "Asia/Tokyo")
    assert config.addresses == {"support@example.jp"}
    assert config.excel == tmp_path / "ledger.xlsx"
    (mailbox,) = config.mailboxes
    assert (mailbox.source, mailbox.place, mailbox.since) == (
        "maildir",
        str(tmp_path / "mail/support"),
        date(2026, 10, 1),
    )


def test_an_imap_mailbox_has_its_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD.replace('maildir = "mail/support"', IMAP)))
    assert config.mailboxes[0].options == {
        "user": "support@example.jp",
        "port": None,
        "tls": "ssl",
        "auth": "password",
        "folders": ["INBOX"],
        "sent": "auto",
        "drafts": "auto",
    }


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "daicho.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert load_config(path).shop_name == "さくら雑貨店"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[shop]", "[shop", "config.no-toml"),
        ("addresses", "adresses", "config.unknown-near"),
        ('name = "support"', 'name = "support"\ncolour = "red"', "config.unknown"),
        ('addresses = ["Support@Example.jp "]', "addresses = []", "config.no-addresses"),
        ('addresses = ["Support@Example.jp "]', 'addresses = "support@example.jp"', "config.wrong-type"),
        ('"Support@Example.jp "', '"support@example.jp", "お店"', "config.no-address"),
        ("since = 2026-10-01", 'sent = "mail/sent"', "config.no-maildir-option"),
        ('maildir = "mail/support"', 'mbox = "mail"\ndrafts = "Foo"', "config.no-mbox-option"),
        ('maildir = "mail/support"', 'eml = "mail"\ntls = "ssl"', "config.no-eml-option"),
        ('excel = "ledger.xlsx"', "", "config.one-workbook"),
        ('excel = "ledger.xlsx"', 'excel = "a.xlsx"\ngoogle = "key"', "config.one-workbook"),
        ('excel = "ledger.xlsx"', 'excel = "ledger.xls"', "config.no-xlsx"),
        ('maildir = "mail/support"', "", "config.one-source"),
        ('maildir = "mail/support"', 'maildir = "m"\nmbox = "m"', "config.one-source"),
        ('maildir = "mail/support"', 'imap = "imap.example.jp"', "config.no-user"),
        ('maildir = "mail/support"', f'{IMAP}\ntls = "maybe"', "config.wrong-choice"),
        ('name = "support"', "", "config.unnamed-mailbox"),
        ("since = 2026-10-01", 'since = "yesterday"', "config.wrong-type"),
        ("since = 2026-10-01", '[[mailbox]]\nname = "support"\neml = "x"', "config.same-name"),
        ("[shop]", 'timezone = "Asia/Edo"\n[shop]', "config.no-zone"),
        ("[shop]", 'language = "fr"\n[shop]', "config.wrong-choice"),
        ("[shop]", "shop = 3\n[other]", "config.unknown"),
        ('excel = "ledger.xlsx"', r'excel = "C:\Users\shop\ledger.xlsx"', "config.backslash"),
        ('excel = "ledger.xlsx"', r'excel = "C:\new\table.xlsx"', "config.control"),
        ('name = "support"', 'name = "support"\npassword = "x"', "config.secret"),
        ('name = "support"', 'name = "support"\noauth_token = "x"', "config.secret"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_the_cure(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(write(tmp_path, GOOD.replace(old, new, 1)))
    assert refused.value.key == key
    for language in LANGUAGES:
        assert wording(language).say(key, **refused.value.values)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("[shop]", "[shop", 2), ('name = "support"', 'name = "support', 8), ("2026-10-01", '"""', 10)],
)
def test_a_slip_of_the_pen_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(write(tmp_path, GOOD.replace(old, new, 1)))
    assert (refused.value.key, refused.value.values["line"]) == ("config.no-toml", line)


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(write(tmp_path, GOOD.replace('"Support@Example.jp "', '"お店"')))
    assert refused.value.values == {"value": "お店"}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "daicho.toml")
    assert refused.value.key == "config.missing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_that_init_writes_is_good_and_names_every_setting(language: str, tmp_path: Path) -> None:
    text = (templates_folder() / language / "daicho.toml").read_text(encoding="utf-8")
    assert load_config(write(tmp_path, text)).language == language
    assert all(setting.place.rpartition(".")[2] in text for setting in SETTINGS)
