"""What a handler takes, as a JSON schema: made from its signature, for forms and for programs."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

import msgspec

from headway.model.handler import Handler
from headway.model.jsontypes import is_model, to_json_value
from headway.model.signature import Parameter
from headway.view.secrets import declared

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REF: Final = "#/$defs/{name}"


def schema_of(handler: Handler) -> dict[str, Any]:
    """The object of all its arguments; those that the handler declares secret are `writeOnly`, and no secret's default is told."""
    definitions: dict[str, Any] = {}
    properties = {one.name: _property(one, handler, definitions) for one in handler.signature.parameters}
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "title": handler.name,
        "type": "object",
        "properties": properties,
        "required": list(handler.signature.required),
        "additionalProperties": False,
    }
    return {**schema, "$defs": definitions} if definitions else schema


def _property(one: Parameter, handler: Handler, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = dict(_shape(one.annotation, definitions))
    if not one.required and not declared(handler.redact, by_sound=True).hides(one.name, one.default):
        try:
            default = msgspec.to_builtins(one.default, enc_hook=to_json_value)
            msgspec.json.encode(default)
        except (TypeError, ValueError, RecursionError):
            pass
        else:
            schema = {"allOf": [schema], "default": default} if "$ref" in schema else {**schema, "default": default}
    if one.name in handler.redact:
        schema |= {"writeOnly": True}
    return schema


def _shape(annotation: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type, whose named parts go to the definitions; of one that has none, that anything may be given."""

    def hook(kind: type) -> dict[str, Any]:
        if is_model(kind):
            made: dict[str, Any] = kind.model_json_schema(ref_template=REF.replace("{name}", "{model}"))  # type: ignore[attr-defined]
            definitions.update(made.pop("$defs", {}))
            return made
        return {"type": "string"} if issubclass(kind, PurePath) else {}

    try:
        (found,), parts = msgspec.json.schema_components((annotation,), schema_hook=hook, ref_template=REF)
    except Exception:  # noqa: BLE001 - a type of the user's may refuse in any way; its values are judged at the enqueue
        return {}
    definitions.update(parts)
    return found
