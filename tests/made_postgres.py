"""A PostgreSQL of the test's own, on loopback, in a temporary folder; as another user where the tests run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

_HOMES = ("/usr/lib/postgresql/*/bin",)


class Postgres:
    """A server that a test may stop and start again."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._home = Path(tempfile.mkdtemp(prefix="ew4all-pg-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self._home, self._user)
        self.port = free_port()
        self._do("initdb", "-D", str(self._home / "data"), "-U", "ew4all", "-A", "trust", "-N")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._home} -c fsync=off"
        self._do("pg_ctl", "-D", str(self._home / "data"), "-w", "-o", options, "-l", str(self._home / "log"), "start")  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        self._do("pg_ctl", "-D", str(self._home / "data"), "-w", "-m", mode, "stop")

    def database(self, name: str) -> str:
        """Make a database and return its SQLAlchemy address."""
        self._do("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ew4all", name)
        return f"postgresql+psycopg://ew4all@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        try:
            self.stop("immediate")
        except subprocess.CalledProcessError:
            pass  # a test left it stopped
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def _do(self, program: str, *words: str) -> None:
        command = [str(self._binaries / program), *words]
        if self._user is not None:
            command = ["setpriv", f"--reuid={self._user}", f"--regid={pwd.getpwnam(self._user).pw_gid}", "--clear-groups", *command]  # fmt: skip
        # A file, and no pipe: the server would hold it open.
        with tempfile.TemporaryFile() as said:
            ran = subprocess.run(command, stdout=said, stderr=said, cwd="/", check=False)
            said.seek(0)
            if ran.returncode:
                raise subprocess.CalledProcessError(ran.returncode, command, said.read())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def make_postgres() -> Postgres:
    """Start one; the test is skipped where PostgreSQL is not installed."""
    found = [p for home in _HOMES for p in sorted(Path("/").glob(home.lstrip("/"))) if (p / "initdb").is_file()]  # fmt: skip
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL does not run as root, and there is no setpriv")
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return Postgres(found[-1])
