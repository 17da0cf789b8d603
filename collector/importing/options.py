"""What is done with the rows of an import besides reading them; each option is one word."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.utils.translation import gettext as _

from common.errors import InvalidInput

CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": ("keep", "detect"),
    "near_duplicates": ("off", "flag", "skip"),
    "personal_data": ("off", "flag"),
    "responses": ("flag", "off"),
    "targets": ("response", "meta"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are treated. The defaults cost next to nothing (docs/hygiene.md has the figures).

    `language`: detected where the row says none. `near_duplicates`: of prompts, flagged or left
    out. `personal_data`: flagged in prompts and responses. `responses`: those that repeat
    themselves or refuse are flagged. `template` makes the prompts of the rows; its `targets` become
    responses, or are kept with the prompt.
    """

    language: str = "keep"
    near_duplicates: str = "off"
    personal_data: str = "off"
    responses: str = "flag"
    template: str = ""
    targets: str = "response"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Options":
        """Raises InvalidInput at `options` for what there is not."""
        known = [field.name for field in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise InvalidInput(
                    _("There is no option “%(name)s”; there are %(known)s.")
                    % {"name": name, "known": ", ".join(known)},
                    attr="options",
                )
            if name in CHOICES and value not in CHOICES[name]:
                raise InvalidInput(
                    _("%(name)s is one of: %(known)s.")
                    % {"name": name, "known": ", ".join(CHOICES[name])},
                    attr="options",
                )
        return cls(**given)

    def stored(self) -> dict[str, str]:
        return asdict(self)
