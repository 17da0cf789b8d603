"""Statements that the server parses and plans once a connection.

What every request runs (who is this, may they, what is next) takes longer to plan than to run, and
the plans do not depend on the values. Where connections are pooled by transaction
(DISABLE_SERVER_SIDE_CURSORS), a session has no memory, and the same text is sent as an ordinary
statement.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # driver connection: names


class Prepared:
    """One statement with `%(name)s` parameters; `types` names the SQL type of each.

    `before` is sent ahead of it in the same round trip (and the same transaction), but sees and
    takes its own snapshot: what waits for a lock belongs there. It may use the same parameters.
    """

    def __init__(self, name: str, types: Mapping[str, str], sql: str, *, before: str = "") -> None:
        self.name = name
        self.types = types
        self.sql = sql
        self.before = before

    def execute(self, cursor: CursorWrapper, params: Mapping[str, Any]) -> None:
        """Run it on Django's `connection`; the cursor then holds the rows."""
        if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            typed = {param: f"%({param})s::{type_}" for param, type_ in self.types.items()}
            statement = self.sql % typed
        else:
            self._prepare()
            values = ", ".join(f"%({param})s" for param in self.types)
            statement = f"EXECUTE {self.name} ({values})"
        cursor.execute(f"{self.before};{statement}" if self.before else statement, params)

    def _prepare(self) -> None:
        """Through the driver: it is not a query of the request that happens to come first."""
        driver = connection.connection
        names = _known.setdefault(driver, set())
        if self.name in names:
            return
        numbered = {param: f"${number}" for number, param in enumerate(self.types, start=1)}
        types = ", ".join(self.types.values())
        with driver.cursor() as cursor:
            cursor.execute(f"PREPARE {self.name} ({types}) AS {self.sql % numbered}")
        names.add(self.name)
