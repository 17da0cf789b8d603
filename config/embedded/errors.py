"""What embedded servers can fail with."""


class EmbeddedError(Exception):
    """The servers cannot be started; the message is one clear line."""
