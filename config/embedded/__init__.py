"""Private PostgreSQL and Valkey servers for machines that have none."""


def ensure_for_command(argv: list[str]) -> None:
    """Start (or join) the embedded servers if this command needs a database."""
