"""IMAP servers for tests, all on 127.0.0.1 and gone with the test.

A test class `OnPymap` or `OnDovecot` finds an empty mailbox of its own in `self.server`: pymap is pure
Python and always there, Dovecot is the real one where it is installed. A `Proxy` stands before either of
them, notes the commands and cuts the line. An `OddServer` misbehaves on purpose.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from daicho.mail.connection import Account
from daicho.mail.imap import Imap

PASSWORD = "open-sesame"
NOBODY = 65534
START_SECONDS = 10.0


@dataclass(frozen=True)
class Server:
    """One mailbox on a running server. `home` is where Dovecot keeps it."""

    user: str
    port: int
    tls_port: int | None = None
    home: Path | None = None

    @property
    def account(self) -> Account:
        return Account("support", "127.0.0.1", self.user, self.port, tls="none", timeout=10.0)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Someone else's mail program."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10.0) as client:
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.login(self.user, PASSWORD)
            yield client

    def append(self, mails: Iterable[bytes], folder: str = "INBOX", arrived: datetime | None = None) -> None:
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            told, _ = client.multiappend(
                folder, [{"msg": raw, "date": arrived} if arrived else raw for raw in mails]
            )
            assert told == "OK"

    def flags(self, folder: str = "INBOX") -> dict[int, set[bytes]]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            uids = client.search()
            return {uid: set(told[b"FLAGS"]) for uid, told in client.fetch(uids, ["FLAGS"]).items()}

    def expunge(self, uids: list[int], folder: str = "INBOX") -> None:
        with self.client() as client:
            client.select_folder(folder)
            client.delete_messages(uids)
            client.expunge()

    def renumber(self) -> None:
        """Gives every folder a new UIDVALIDITY: Dovecot's indexes are deleted, not its memory of the last."""
        assert self.home is not None
        for path in (self.home / "Maildir").glob("**/dovecot*"):
            if not path.name.startswith("dovecot-uidvalidity"):
                path.unlink()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1."""

    cert: Path
    key: Path

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.cert))


def make_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "daicho test")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = Certificate(folder / "cert.pem", folder / "key.pem")
    certificate.cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    certificate.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, is_alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return
        except OSError:
            if not is_alive() or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{home}/users/%u/Maildir
mail_fsync = never
first_valid_uid = 1
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/users/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Gesendet {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


def has_dovecot() -> bool:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


@contextmanager
def dovecot() -> Iterator[tuple[Server, Certificate]]:
    """A Dovecot that lets in any user with PASSWORD: every test takes a fresh user name."""
    import grp
    import pwd

    # Dovecot refuses to run as root, and the test's own folder is closed to others.
    uid = os.getuid() or NOBODY
    entry = pwd.getpwuid(uid)
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        certificate = make_certificate(home)
        server = Server("shop", free_port(), free_port(), home / "users" / "shop")
        config = home / "dovecot.conf"
        config.write_text(
            DOVECOT.format(
                home=home,
                user=entry.pw_name,
                group=grp.getgrgid(entry.pw_gid).gr_name,
                password=PASSWORD,
                port=server.port,
                tls_port=server.tls_port,
            ),
            encoding="utf-8",
        )
        (home / "users").mkdir()
        for path in (home, *home.iterdir()):
            os.chown(path, uid, entry.pw_gid)
        program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program is not None
        other = os.getuid() != uid
        process = subprocess.Popen(
            [program, "-F", "-c", str(config)],
            cwd="/",
            user=uid if other else None,
            group=entry.pw_gid if other else None,
            extra_groups=[] if other else None,
        )
        try:
            wait_for(server.port, lambda: process.poll() is None)
            yield server, certificate
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def as_user(server: Server, user: str) -> Server:
    home = server.home and server.home.with_name(user)
    return replace(server, user=user, home=home)


@contextmanager
def pymap() -> Iterator[Server]:
    """An empty pymap in a thread of its own."""
    from pymap.backend.dict import DictBackend
    from pymap.imap import IMAPService
    from pysasl.hashing import BuiltinHash

    server = Server("shop", free_port())
    args = Namespace(
        host="127.0.0.1", port=str(server.port), debug=False, cert=None, key=None, tls=False,
        passlib_cfg=None, demo_data=False, demo_user=server.user, demo_password=PASSWORD,
        inherited_sockets=None, proxy_protocol=None, skip_services=[],
    )  # fmt: skip
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        backend, config = await DictBackend.init(args, hash_context=BuiltinHash(rounds=1))
        config.apply_context()
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            await IMAPService(backend, config).start(stack)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(START_SECONDS)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)
        loop.close()


class OnPymap:
    """A test class whose every test has a pymap of its own."""

    server: Server

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with pymap() as self.server:
            yield


@pytest.mark.skipif(not has_dovecot(), reason="Dovecot is not installed")
class OnDovecot:
    """A test class whose every test is a new user of one Dovecot."""

    server: Server
    certificate: Certificate
    users = itertools.count(1)

    @pytest.fixture(autouse=True)
    def running(self, dovecot_server: tuple[Server, Certificate]) -> None:
        server, self.certificate = dovecot_server
        self.server = as_user(server, f"shop{next(self.users)}")


def imap(account: Account, context: ssl.SSLContext | None = None, pauses: list[float] | None = None) -> Imap:
    """Our side of the line. It notes in `pauses` how long it would wait, and does not."""
    noted: list[float] = [] if pauses is None else pauses
    return Imap(account, lambda: PASSWORD, context, noted.append)


@dataclass
class Proxy:
    """Stands before a server. `commands` are the client's, as `UID FETCH` or `EXAMINE`.

    `cuts` are the bytes each connection may bring before it is cut, one connection after the other;
    None and later connections are never cut. `before` is called with each command before it passes.
    """

    target: int
    cuts: list[int | None] = field(default_factory=list)
    before: Callable[[bytes], None] = lambda _: None
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> Proxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                allowance = self.cuts.pop(0) if self.cuts else None
                self.connections += 1
                far = socket.create_connection(("127.0.0.1", self.target))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._up, args=(near, far), daemon=True).start()
                threading.Thread(target=self._down, args=(far, near, allowance), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError), near.makefile("rb") as lines:
            for line in lines:
                command = re.match(rb"[A-Z]{4}\d+ ((?:UID )?[A-Z]+)", line)
                if command:
                    self.commands.append(command[1].decode())
                    self.before(line)
                far.sendall(line)
        self._hang_up(near, far)

    def _down(self, far: socket.socket, near: socket.socket, allowance: int | None) -> None:
        with suppress(OSError):
            while data := far.recv(4096):
                if allowance is not None and len(data) > allowance:
                    near.sendall(data[:allowance])
                    break
                allowance = None if allowance is None else allowance - len(data)
                near.sendall(data)
        self._hang_up(near, far)

    def _hang_up(self, *ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


Fault = Callable[[list[int], bytes], bytes | None]
"""Given the UIDs and items of a FETCH: what to send instead of an honest answer (b"" hangs up), or None."""


class OddServer(socketserver.ThreadingTCPServer):
    """A server with one folder of `mails` that answers honestly unless `fault` decides otherwise.

    `login` is its answer to a login; `token` what XOAUTH2 gave it.
    """

    login = b"OK done"
    token = b""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mails: list[bytes], fault: Fault = lambda uids, items: None) -> None:
        super().__init__(("127.0.0.1", 0), OddSession)
        self.mails = dict(enumerate(mails, 1))
        self.fault = fault

    @property
    def account(self) -> Account:
        return Server("shop", self.server_address[1]).account

    def fetched(self, uids: list[int], items: bytes) -> bytes:
        """An honest answer: size and, where asked for, the whole mail or its header."""
        lines = []
        for uid in uids:
            mail = self.mails[uid]
            told = b"UID %d RFC822.SIZE %d" % (uid, len(mail))
            if b"BODY.PEEK[]" in items:
                part = mail[:1_000] if b"<0." in items else mail
                told += b" BODY[]%s {%d}\r\n%s" % (b"<0>" if b"<0." in items else b"", len(part), part)
            elif b"HEADER.FIELDS" in items:
                header = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                told += b" BODY[HEADER.FIELDS (MESSAGE-ID DATE FROM)] {%d}\r\n%s" % (len(header), header)
            lines.append(b"* %d FETCH (%s)\r\n" % (uid, told))
        return b"".join(lines) + b"<tag> OK done\r\n"

    def __enter__(self) -> OddServer:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class OddSession(socketserver.StreamRequestHandler):
    server: OddServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] odd\r\n")
        for line in self.rfile:
            tag, _, command = line.strip().partition(b" ")
            answer = self.answer(command)
            if not answer:
                return
            self.wfile.write(answer.replace(b"<tag>", tag))

    def answer(self, command: bytes) -> bytes:
        """The answer to a command, with `<tag>` for its tag."""
        if command.startswith(b"AUTHENTICATE XOAUTH2"):
            self.wfile.write(b"+ \r\n")
            self.server.token = base64.b64decode(self.rfile.readline())
        if command.startswith((b"LOGIN", b"AUTHENTICATE")):
            return b"<tag> " + self.server.login + b"\r\n"
        fetch = re.match(rb"UID FETCH ([\d,]+) \((.*)\)$", command)
        if fetch:
            uids = [int(uid) for uid in fetch[1].split(b",")]
            odd = self.server.fault(uids, fetch[2])
            return self.server.fetched(uids, fetch[2]) if odd is None else odd
        told = {
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
            b"LIST": b'* LIST () "/" INBOX\r\n',
            b"EXAMINE": b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" % len(self.server.mails),
            b"UID SEARCH": b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in self.server.mails),
        }
        return (
            b"".join(text for name, text in told.items() if command.startswith(name)) + b"<tag> OK done\r\n"
        )
