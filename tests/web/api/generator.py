"""A generator of clients: from an OpenAPI document and nothing else to the text of a module that needs the standard library alone."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Any, Final

HEAD: Final = '''"""{title} {version}, as generated."""

import json
from urllib.parse import quote, urlencode


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{{status}} {{problem['type']}}: {{problem['detail']}}")
        self.status, self.problem = status, problem


class Client:
    """`send(method, url, headers, body)` answers status, headers and body."""

    def __init__(self, send, server={server!r}):
        self._send, self._server = send, server.rstrip("/")

    def _ask(self, method, path, places, query, headers, body, answers):
        url = self._server + path.format(**{{name: quote(str(value), safe="") for name, value in places.items()}})
        said = {{name: json.dumps(one) if isinstance(one, bool) else one for name, one in query.items() if one is not None}}
        if said:
            url += "?" + urlencode(said, doseq=True)
        headers = {{name: value for name, value in headers.items() if value is not None}}
        if body is not None:
            headers["Content-Type"] = "application/json"
        status, told, content = self._send(method, url, headers, b"" if body is None else json.dumps(body).encode())
        kind = told.get("content-type", "").partition(";")[0]
        if kind not in answers.get(str(status), answers["default"]):
            raise TypeError(f"{{method}} {{path}} answered {{status}} with {{kind!r}}, which is not described")
        if kind == "application/problem+json":
            raise Refused(status, json.loads(content))
        return json.loads(content) if kind.endswith("json") else content.decode()
'''
METHOD: Final = '''
    def {name}({given}):
        """{summary}."""
        return self._ask({method!r}, {path!r}, {places}, {query}, {headers}, {body}, {answers!r})
'''
PLACES: Final = ("path", "query", "header")


def generated(document: dict[str, Any]) -> str:
    """The client's module."""
    head = HEAD.format(**document["info"], server=document["servers"][0]["url"])
    return head + "".join(
        _method(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )


def _method(path: str, method: str, operation: dict[str, Any]) -> str:
    given = {place: {one["name"]: one for one in operation["parameters"] if one["in"] == place} for place in PLACES}
    body = operation.get("requestBody")
    needed = [named(name) for place in PLACES for name, one in given[place].items() if _is_needed(one)]
    free = [
        named(name) + _default(one) for place in PLACES for name, one in given[place].items() if not _is_needed(one)
    ]
    if body is not None:
        (needed if body["required"] else free).append("body" if body["required"] else "body=None")
    answers = {status: sorted(one.get("content", {"": None})) for status, one in operation["responses"].items()}
    places, query, headers = (_table(given[place]) for place in PLACES)
    return METHOD.format(
        name=named(operation["operationId"]),
        given=", ".join(["self", *needed, *(["*", *free] if free else [])]),
        summary=operation["summary"],
        method=method.upper(),
        path=path,
        places=places,
        query=query,
        headers=headers,
        body="body" if body is not None else None,
        answers=answers,
    )


def named(name: str) -> str:
    """The Python name of an operation or a parameter."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("-", "")).lower()
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def _is_needed(parameter: dict[str, Any]) -> bool:
    return bool(parameter["required"]) and "default" not in parameter["schema"]


def _default(parameter: dict[str, Any]) -> str:
    return f"={parameter['schema']['default']!r}" if parameter["required"] else "=None"


def _table(parameters: dict[str, Any]) -> str:
    def entries() -> Iterator[str]:
        for name in parameters:
            yield f"{name!r}: {named(name)}"

    return f"{{{', '.join(entries())}}}"
