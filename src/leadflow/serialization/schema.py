"""JSON Schema of the plain data, made from the same shapes that read it."""

from __future__ import annotations

from typing import Any

from leadflow.serialization.converter import meaning, shape_of
from leadflow.serialization.shapes import Definitions

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(cls: Any) -> dict[str, Any]:
    """Describe the plain data of a class, or of a union such as Event, as JSON Schema 2020-12.

    Whatever `to_data` writes is valid. What depends on several keys together (a rule's `limit` needs
    its `each`, hot is more than warm) only the readers check. Raises `InvalidValue` for a class
    without a plain form.

    >>> from leadflow import Lead
    >>> json_schema(Lead)["$defs"]["lead"]["required"]
    ['id']
    """
    definitions: Definitions = {}
    described = shape_of(cls).schema(definitions)
    schema = {"$schema": DIALECT, "title": meaning(cls), **described}
    return schema | ({"$defs": definitions} if definitions else {})
