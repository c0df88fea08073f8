"""The newest verified entry of the audit log, signed, in a file outside of the database.

A chain of hashes does not show that its newest entries are gone, or that all of it was hashed
again. Who changes the log has to change this file, too, and needs the key. The file also names the
database, so that another one in its place is noticed. Scope: the file and its signature; not here:
verifying the log (``audit_verification``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.audit_log import Head
from cdp_assets.settings import get_settings
from resources.local.state_files import read_record, write_file


@dataclass(frozen=True)
class Anchor:
    """An entry that the log once had.

    Attributes:
        seq: Its number.
        change_hash: Its hash.
        verified_at: When the log was verified up to it, ISO, UTC.
        signature: HMAC-SHA256 over the others, hexadecimal.
        database: Cluster and database of the log (:func:`database_id`); null in a file of an
            earlier release.
    """

    seq: int
    change_hash: str
    verified_at: str
    signature: str
    database: str | None = None

    @property
    def head(self) -> Head:
        """Return the entry."""
        return Head(self.seq, self.change_hash)


def anchor_file() -> Path:
    """Return the file: ``CDP_AUDIT_ANCHOR_FILE``, or one in the state folder."""
    settings = get_settings()
    return settings.audit_anchor_file or settings.state_dir / "audit" / "anchor.json"


def read_anchor() -> Anchor | None:
    """Return the anchor; null before the first verification.

    Raises:
        PermanentFailure: The file was changed, or signed with another key.
    """
    path = anchor_file()
    found = read_record(path, Anchor, hint="restore the file from a backup")
    if found is None:
        return None
    expected = _signature(found.seq, found.change_hash, found.verified_at, found.database)
    if not hmac.compare_digest(found.signature, expected):
        raise PermanentFailure(
            "the signature of the audit log's anchor is wrong",
            key=str(path),
            hint="restore the file from a backup, or the key CDP_AUDIT_ANCHOR_KEY",
        )
    return found


def write_anchor(head: Head, verified_at: datetime, database: str) -> None:
    """Replace the anchor by a newer entry of a database."""
    at = verified_at.astimezone(UTC).isoformat()
    signature = _signature(head.seq, head.change_hash, at, database)
    anchor = Anchor(head.seq, head.change_hash, at, signature, database)
    write_file(anchor_file(), json.dumps(asdict(anchor), sort_keys=True) + "\n")


def database_id(connection: psycopg.Connection) -> str:
    """Return the id of the server's data and the number of the database in it.

    A copy of the files has the same, a database restored from a dump another one.
    """
    row = connection.execute(
        "select system_identifier || '/' || oid from pg_control_system(), pg_database "
        "where datname = current_database()"
    ).fetchone()
    assert row is not None
    return str(row[0])


def _signature(seq: int, change_hash: str, verified_at: str, database: str | None) -> str:
    signed = [str(seq), change_hash, verified_at, *([] if database is None else [database])]
    text = "\n".join(signed)
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    """Return the key of the settings; without one, a random one that only this user may read."""
    given = get_settings().audit_anchor_key
    if given is not None:
        return given.get_secret_value().encode()
    path = anchor_file().with_suffix(".key")
    if not path.exists():
        write_file(path, secrets.token_hex(32))
    return path.read_text(encoding="utf-8").encode()
