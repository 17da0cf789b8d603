"""What a check says of one text."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of `MessageFlag`; `detail` says where and how much."""

    kind: str
    detail: dict[str, Any] = field(default_factory=dict)
