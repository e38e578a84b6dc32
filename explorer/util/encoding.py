"""Bytes to text: which encoding a person's file has, told apart without asking.

Unicode is recognised exactly: by its mark, by the zero bytes of UTF-16, or because nothing but
UTF-8 is valid UTF-8. What is left is a code page of Windows. Central Europe's (1250) and Western
Europe's (1252) agree on ä, é, ö, š, ž and differ on č and è, ć and æ, ł and ³: which of the two a
byte is follows from the letters beside it, since č is a consonant and è a vowel, and a ³ is in no
word.
"""

import codecs
import re
import unicodedata
from functools import cache
from itertools import islice

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's mark does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CENTRAL, WESTERN = "cp1250", "cp1252"
NAMES = {CENTRAL: "Windows-1250", WESTERN: "Windows-1252", "latin-1": "Latin-1"}
#: Words with a letter beyond ASCII that are looked at.
MOST_WORDS = 5000
WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
VOWELS = frozenset("aeiouyæœøı")


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a file, and what to tell a person of how it was read, often nothing.

    Raises
    ------
    UnicodeDecodeError
        If it is not text, or is not what its mark says.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding), ""
    head = data[:4096]
    if head.count(0) > len(head) / 8:  # of Latin letters in UTF-16 every second byte is 0
        little = head[1::2].count(0) > head[::2].count(0)
        return data.decode("utf-16-le" if little else "utf-16-be"), ""
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if sum(len(run) for run in re.findall(r"[^\x00-\x7f\ufffd]+", text)) > 3 * bad:
        return text, f"has {bad:,} characters that are not UTF-8 and are shown as \ufffd"
    encoding = code_page(data)
    text = data.decode(encoding)
    words = (found[0] for found in re.finditer(r"\w+", text))
    example = next((word for word in words if not word.isascii()), "")[:20]
    said = f"is not UTF-8 and was read as {NAMES[encoding]}"
    return text, f"{said} (such as {example}): if letters are wrong, save it as UTF-8"


def code_page(data: bytes) -> str:
    """Python's name of the code page that makes words of these bytes."""
    found = (each[0] for each in WORD.finditer(data))
    words = set(islice((word for word in found if not word.isascii()), MOST_WORDS))
    defined = [each for each in (WESTERN, CENTRAL) if _defines(each, data)]
    if len(defined) < 2:
        return defined[0] if defined else "latin-1"
    central = sum(_evidence(word, i) for word in words for i, c in enumerate(word) if c > 0x7F)
    return CENTRAL if central > 0 else WESTERN


def _defines(encoding: str, data: bytes) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _evidence(word: bytes, place: int) -> float:
    """How much more a byte is a letter of Central Europe than of Western Europe."""
    byte = word[place : place + 1]
    if byte in b"\x8a\x8e\x9a\x9e":  # š and ž, the same in both: hardly any Western word has one
        return 1.0
    central, western = byte.decode(CENTRAL), byte.decode(WESTERN)
    if central == western:
        return 0.0
    before, after = word[:place][-1:], word[place + 1 :][:1]
    difference = _fits(central, CENTRAL, before, after) - _fits(western, WESTERN, before, after)
    return difference or _tie(byte, after)


def _fits(letter: str, encoding: str, before: bytes, after: bytes) -> float:
    """Whether a letter stands as letters do: a vowel beside consonants, a consonant by vowels."""
    if not letter.isalpha():
        return -2.0
    around = [_is_vowel(each.decode(encoding)) for each in (before, after) if each]
    return float(sum(1 if other != _is_vowel(letter) else -1 for other in around))


@cache
def _is_vowel(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter.lower())[0] in VOWELS


def _tie(byte: bytes, after: bytes) -> float:
    """Where both are vowels or both consonants: what the languages do at this place."""
    if byte in b"\xd0\xf0":  # đ is common, Icelandic's ð is not
        return 1.0
    if byte in b"\xd1\xf1":  # ñ stands before a vowel, ń does not
        return -1.0 if after and _is_vowel(after.decode(WESTERN)) else 1.0
    if byte in b"\xec\xf9":  # ì and ù end a word, ě and ů stand within
        return 0.5 if after else -0.5
    if byte in b"\xd5\xf5\xdb\xfb":  # õ goes on with e; ű is within a word, as û is
        return -0.5 if after in (b"e", b"E", b"t") else 0.5
    return -0.25
