"""Where a PostgreSQL store lies: a URL as libpq reads it, and the schema in that database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from headway.model.errors import StorePlaceInvalid

SCHEMES: Final = ("postgresql", "postgres")
SCHEMA_DEFAULT: Final = "headway"
SCHEMA_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
OWN_OPTIONS: Final = ("schema", "listen")
"""Parameters of the URL that are ours; all others are libpq's."""
LISTEN_VALUES: Final = MappingProxyType({"yes": True, "no": False})
ADDRESS_OPTIONS: Final = ("host", "hostaddr", "port")
ADDRESS: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
"""With the port: a single word would be taken for a slip of the pen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """One schema of one database."""

    dsn: str
    """For libpq, with the password if the URL has one."""
    shown: str
    """The same as a person may see it."""
    schema: str = SCHEMA_DEFAULT
    listen: bool = True
    """Whether processes wake each other; if not (`listen=no`), workers look again and again."""
    heard_at: str = ""
    """For libpq as well: where wake-ups are waited for, if that is somewhere else (`listen=host:port`)."""

    def __str__(self) -> str:
        """As a person would write it, without secrets."""
        return self.shown


def is_postgres(text: str) -> bool:
    """Whether a place is meant for this store."""
    return text.partition("://")[0] in SCHEMES and "://" in text


def parse_postgres(text: str) -> PostgresPlace:
    """Read `postgresql://user:password@host:port/database?schema=crm&listen=no`.

    `schema` is the schema of the jobs' tables (default `headway`), `listen` is yes, no, or where the server itself is; everything
    else is libpq's. Raises StorePlaceInvalid, with what to write instead.
    """
    try:
        parts = urlsplit(text)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        host, password = parts.netloc.rpartition("@")[2], parts.password
    except ValueError as error:
        msg = f"the store's URL cannot be read ({error}); write postgresql://user:password@host:5432/database?schema=headway"
        raise StorePlaceInvalid(msg) from None
    own = {name: value for name, value in options if name in OWN_OPTIONS}
    rest = [(name, value) for name, value in options if name not in OWN_OPTIONS]
    schema = own.get("schema", SCHEMA_DEFAULT)
    if not SCHEMA_NAME.fullmatch(schema) or schema.startswith("pg_"):
        msg = f"schema={schema} is no name for a schema; use small letters, digits and _, 63 at most, not beginning with pg_"
        raise StorePlaceInvalid(msg)
    said = own.get("listen", "yes")
    address = ADDRESS.fullmatch(said) is not None
    if said not in LISTEN_VALUES and not address:
        msg = f"listen={said} in the store's URL means nothing; write listen=yes, listen=no, or listen=host:port of the server itself"
        raise StorePlaceInvalid(msg)
    dsn = urlunsplit((SCHEMES[0], parts.netloc, parts.path, urlencode(rest, quote_via=quote), ""))
    heard_at = _elsewhere(parts, rest, said) if address else ""
    user = f"{parts.username}@" if parts.username else ""
    hidden = [(name, "***" if name in {"password", "sslpassword"} else value) for name, value in rest]
    shown_netloc = f"{user}{host}" if password is None else f"{parts.username or ''}:***@{host}"
    query = urlencode([*hidden, *own.items()], quote_via=quote, safe="*/:[]")
    shown = urlunsplit((SCHEMES[0], shown_netloc, parts.path, query, ""))
    return PostgresPlace(dsn=dsn, shown=shown, schema=schema, listen=LISTEN_VALUES.get(said, True), heard_at=heard_at)


def _elsewhere(parts: SplitResult, options: Sequence[tuple[str, str]], address: str) -> str:
    """The same database at another address."""
    user, at, _ = parts.netloc.rpartition("@")
    kept = [(name, value) for name, value in options if name not in ADDRESS_OPTIONS]
    return urlunsplit((SCHEMES[0], f"{user}{at}{address}", parts.path, urlencode(kept, quote_via=quote), ""))
