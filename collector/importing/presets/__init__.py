"""What the columns of a known kind of file mean: one module a preset.

A new preset is a module with a `PRESET` and a line here.
"""

from collector.importing.presets import chatgpt_prompts, table
from collector.importing.presets.base import Bound, Preset

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (chatgpt_prompts.PRESET, table.PRESET)
}

__all__ = ["PRESETS", "Bound", "Preset"]
