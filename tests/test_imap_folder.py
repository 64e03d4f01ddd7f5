"""A folder on a server that misbehaves: no mail is lost for another's sake, and no row is made of trouble."""

from __future__ import annotations

import pytest

from daicho.errors import MailError
from daicho.mail.imap_folder import chunks
from imap_servers import OddServer, imap
from test_mailbox import Log, assert_is_a_sentence, key, keys, mail

MAILS = [mail(number) for number in range(1, 9)]


@pytest.fixture
def log() -> Log:
    return Log()


ODD_ANSWERS = {
    "hangs up": b"",
    "refuses": b"<tag> NO [SERVERBUG] internal error\r\n",
    "sends no body": b"* 3 FETCH (UID 3 BODY[] NIL)\r\n<tag> OK done\r\n",
    "says nothing of it": b"<tag> OK done\r\n",
    "sends half a list": b"* 3 FETCH (UID 3 BODY[] \r\n<tag> OK done\r\n",
    "nests without end": b"* 3 FETCH (UID 3 BODY[] " + b"(" * 5000 + b")" * 5001 + b"\r\n<tag> OK done\r\n",
    "sends an endless line": b"* 3 FETCH (UID 3 BODY[] "
    + b'"'
    + b"a" * 1_100_000
    + b'")\r\n<tag> OK done\r\n',
    "talks nonsense": b"* 3 FETCH ((((\x00 }{\r\n<tag> OK done\r\n",
}


@pytest.mark.parametrize("asked", [b"BODY.PEEK[]", b"HEADER.FIELDS"])
@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_a_mail_the_server_stumbles_over_stops_no_other(log: Log, asked: bytes, answer: bytes) -> None:
    def stumble(uids: list[int], items: bytes) -> bytes | None:
        if 3 not in uids or asked not in items:
            return None
        return answer if uids == [3] or not answer else b"<tag> BAD\r\n"

    with OddServer(MAILS, stumble) as server:
        received = log.sync(imap(server.account))
        assert len(received) == len(MAILS)
        lost = {mail.location for mail in received if mail.unreadable}
        assert lost == ({"INBOX;UID=3"} if asked == b"BODY.PEEK[]" else set())
        assert log.sync(imap(server.account)) == []
        log.cursors.clear()
        assert log.sync(imap(server.account)) == []


def test_a_mail_left_out_of_a_long_answer_is_asked_for_alone(log: Log) -> None:
    requests = []

    def leave_out_the_third(uids: list[int], items: bytes) -> bytes | None:
        requests.append(uids)
        others = [uid for uid in uids if uid != 3]
        return server.fetched(others, items) if others else None

    with OddServer(MAILS, leave_out_the_third) as server:
        received = log.sync(imap(server.account))
    assert sorted(keys(received)) == [key(number) for number in range(1, 9)]
    assert requests[-1] == [3]


@pytest.mark.parametrize("refused", [b"", b"BODY.PEEK[]"], ids=["everything", "bodies"])
@pytest.mark.parametrize(
    "answer",
    [
        b"<tag> NO [OVERQUOTA] too much today\r\n",
        b"",
        b"<tag> OK done\r\n",
        b"".join(b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid) for uid in range(1, 9)) + b"<tag> OK\r\n",
    ],
    ids=["refuses", "hangs up", "sends nothing", "sends NIL"],
)
def test_a_server_in_trouble_makes_no_rows_of_it(log: Log, answer: bytes, refused: bytes) -> None:
    def refuse(uids: list[int], items: bytes) -> bytes | None:
        return answer if refused in items else None

    with OddServer(MAILS, refuse) as server, pytest.raises(MailError) as caught:
        log.sync(imap(server.account))
    assert log.keys == []
    assert log.cursors == {}
    assert_is_a_sentence(caught.value)


def test_a_large_mail_without_a_readable_structure_brings_its_beginning(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daicho.mail.imap_folder.WHOLE_MAIL", 5_000)

    def garble(uids: list[int], items: bytes) -> bytes | None:
        if items == b"BODYSTRUCTURE":
            return b"* 1 FETCH (UID %d BODYSTRUCTURE ((1 2)))\r\n<tag> OK done\r\n" % uids[0]
        return None

    with OddServer([mail(1, body="a\r\n" * 3_000), mail(2)], garble) as server:
        first, second = log.sync(imap(server.account))
    assert keys([first, second]) == [key(1), key(2)]
    assert len(first.raw) == 1_000


def test_commands_stay_short_enough_for_any_server() -> None:
    uids = list(range(4_294_960_000, 4_294_967_000))
    cut = list(chunks(uids))
    assert [uid for chunk in cut for uid in chunk] == uids
    assert all(len(",".join(map(str, chunk))) < 8_000 for chunk in cut)
    assert list(chunks([])) == []
    assert [len(chunk) for chunk in chunks(list(range(1, 1001)))] == [1000]
