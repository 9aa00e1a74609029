"""Real servers that begin TLS after a few words, from mail to databases."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued

_HERE = "127.0.0.1"


@contextlib.contextmanager
def _folder(issued: Issued, owner: str) -> Iterator[Path]:
    """Yield a folder with ``cert`` and ``key`` that a user of its own may read."""
    folder = Path(tempfile.mkdtemp(prefix="starttls-"))
    try:
        leaf, key, _ = issued.write(folder, "server")
        leaf.rename(folder / "cert")
        key.rename(folder / "key")
        (folder / "key").chmod(0o600)
        for path in (folder, folder / "cert", folder / "key"):
            shutil.chown(path, owner)
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _found(*names: str) -> str:
    for name in names:
        path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if path:
            return path
    pytest.skip(f"{names[0]} is not installed")


@contextlib.contextmanager
def _running(
    command: Sequence[str], port: int, log: Path, user: str | None = None
) -> Iterator[int]:
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdout=sink,
            stderr=sink,
            stdin=subprocess.DEVNULL,
            user=user,
            start_new_session=True,
            cwd="/",
        )
    try:
        _wait_for(process, port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return as soon as the port is bound; a process that ends first is an error."""
    entry = f"0100007F:{port:04X} 00000000:0000 0A"
    for _ in range(3000):
        # Not by connecting: some of these servers count and log who hangs up on them.
        if entry in Path("/proc/net/tcp").read_text():
            return
        assert process.poll() is None, log.read_text(errors="replace")
        time.sleep(0.01)
    raise AssertionError(log.read_text(errors="replace"))


@contextlib.contextmanager
def exim(issued: Issued, *, tls: bool = True) -> Iterator[int]:
    program = _found("exim4")
    with _folder(issued, "Debian-exim") as folder:
        offer = f"tls_advertise_hosts = {'*' if tls else ''}"
        (folder / "conf").write_text(
            f"{offer}\ntls_certificate = {folder}/cert\ntls_privatekey = {folder}/key\n"
            f"spool_directory = {folder}/spool\nlog_file_path = {folder}/%slog\n"
            f"primary_hostname = mail.example\nacl_smtp_rcpt = deny\npid_file_path = {folder}/pid\n"
            "begin acl\ndeny:\n  deny\nbegin routers\nbegin transports\nbegin retry\n"
        )
        (folder / "spool").mkdir()
        shutil.chown(folder / "spool", "Debian-exim")
        port = servers.free_port()
        command = [program, "-C", str(folder / "conf"), "-bdf", "-oX", f"{_HERE}.{port}"]
        with _running(command, port, folder / "out"):
            yield port


def dovecot(
    protocol: str, settings: str = ""
) -> Callable[[Issued], contextlib.AbstractContextManager[int]]:
    """Return what runs Dovecot, with lines of its configuration."""

    @contextlib.contextmanager
    def run(issued: Issued) -> Iterator[int]:
        program, port = _found("dovecot"), servers.free_port()
        with _folder(issued, "root") as folder:
            (folder / "conf").write_text(
                f"base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\n"
                f"protocols = {protocol}\nssl = yes\nlisten = {_HERE}\n"
                f"ssl_cert = <{folder}/cert\nssl_key = <{folder}/key\n"
                f"service {protocol}-login {{\n inet_listener {protocol} {{\n port = {port}\n }}\n"
                f" inet_listener {protocol}s {{\n port = 0\n }}\n}}\n"
                f"{settings}\n"
                "passdb {\n driver = static\n args = nopassword=y\n}\n"
                f"userdb {{\n driver = static\n args = uid=65534 gid=65534 home={folder}\n}}\n"
            )
            command = [program, "-F", "-c", str(folder / "conf")]
            with _running(command, port, folder / "out"):
                yield port

    return run


@contextlib.contextmanager
def vsftpd(issued: Issued, *, tls: bool = True) -> Iterator[int]:
    program, port = _found("vsftpd"), servers.free_port()
    with _folder(issued, "root") as folder:
        (folder / "conf").write_text(
            f"listen=YES\nlisten_address={_HERE}\nlisten_port={port}\nbackground=NO\n"
            f"ssl_enable={'YES' if tls else 'NO'}\nrsa_cert_file={folder}/cert\n"
            f"rsa_private_key_file={folder}/key\nsecure_chroot_dir={folder}\n"
            "seccomp_sandbox=NO\nanonymous_enable=NO\nlocal_enable=YES\n"
        )
        with _running([program, str(folder / "conf")], port, folder / "out"):
            yield port


@contextlib.contextmanager
def slapd(issued: Issued, *, tls: bool = True) -> Iterator[int]:
    program, port = _found("slapd"), servers.free_port()
    with _folder(issued, "root") as folder:
        certificate = f"TLSCertificateFile {folder}/cert\nTLSCertificateKeyFile {folder}/key\n"
        (folder / "conf").write_text(
            "include /etc/ldap/schema/core.schema\n"
            + (certificate if tls else "")
            + f"database ldif\nsuffix dc=example\ndirectory {folder}\n"
        )
        command = [program, "-f", str(folder / "conf"), "-h", f"ldap://{_HERE}:{port}", "-d", "0"]
        with _running(command, port, folder / "out"):
            yield port


@contextlib.contextmanager
def postgres(issued: Issued, *, tls: bool = True) -> Iterator[int]:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not homes:
        pytest.skip("postgresql is not installed")
    with _folder(issued, "postgres") as folder:
        data, port = folder / "data", servers.free_port()
        subprocess.run(
            [homes[-1] / "initdb", "-D", data, "-A", "reject", "--no-sync", "-E", "UTF8"],
            user="postgres",
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        settings = {
            "ssl": "on" if tls else "off",
            "ssl_cert_file": folder / "cert",
            "ssl_key_file": folder / "key",
            "listen_addresses": _HERE,
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(homes[-1] / "postgres"), "-D", str(data), *options]
        with _running(command, port, folder.parent / f"{folder.name}.log", "postgres"):
            yield port
        (folder.parent / f"{folder.name}.log").unlink()


@contextlib.contextmanager
def mariadb(issued: Issued, *, tls: bool = True) -> Iterator[int]:
    program, port = _found("mariadbd"), servers.free_port()
    with _folder(issued, "mysql") as folder:
        secure = [f"--ssl-cert={folder}/cert", f"--ssl-key={folder}/key"] if tls else ["--skip-ssl"]
        command = [
            program,
            "--no-defaults",
            f"--datadir={folder}",
            "--skip-grant-tables",
            *secure,
            f"--bind-address={_HERE}",
            f"--port={port}",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            "--innodb-flush-method=nosync",
            "--user=mysql",
        ]
        with _running(command, port, folder / "out"):
            yield port


SERVERS: Mapping[str, Callable[[Issued], contextlib.AbstractContextManager[int]]] = {
    "smtp": exim,
    "imap": dovecot("imap"),
    "pop3": dovecot("pop3"),
    "ftp": vsftpd,
    "ldap": slapd,
    "postgres": postgres,
    "mysql": mariadb,
}
