"""Languages in their own words."""

from django.utils.text import capfirst
from django.utils.translation import get_language_info

# Django names the languages that it was translated into; of the others, those most written in.
OTHERS = {
    "am": "አማርኛ",
    "as": "অসমীয়া",
    "fil": "Filipino",
    "gu": "ગુજરાતી",
    "ha": "Hausa",
    "jv": "Basa Jawa",
    "ku": "Kurdî",
    "la": "Latina",
    "lo": "ລາວ",
    "mg": "Malagasy",
    "mi": "Māori",
    "mt": "Malti",
    "om": "Afaan Oromoo",
    "or": "ଓଡ଼ିଆ",
    "ps": "پښتو",
    "qu": "Runa Simi",
    "rw": "Ikinyarwanda",
    "sa": "संस्कृतम्",
    "sd": "سنڌي",
    "si": "සිංහල",
    "sn": "ChiShona",
    "so": "Soomaali",
    "su": "Basa Sunda",
    "ti": "ትግርኛ",
    "tl": "Tagalog",
    "wo": "Wolof",
    "xh": "isiXhosa",
    "yi": "ייִדיש",
    "yo": "Yorùbá",
    "zh": "中文",
    "zu": "isiZulu",
}


def language_name(code: str) -> str:
    """A language in its own words; its code where nobody told us the words."""
    try:
        return capfirst(str(get_language_info(code.lower())["name_local"]))
    except KeyError:
        return OTHERS.get(code.lower().partition("-")[0], code)
