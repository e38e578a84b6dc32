"""Odd texts, numbers and bytes, which every kind of input is made of."""

import random
import string

#: Texts that have broken readers before, here or elsewhere.
TEXTS = (
    "",
    " ",
    "\t",
    "\n",
    "a\nb",
    'a"b',
    "a,b;c",
    "=1+1",
    "@x",
    "'",
    "nan",
    "inf",
    "-inf",
    "None",
    "null",
    "-",
    "0x10",
    "1e400",
    "1,234",
    "1.234,5",
    "50%",
    "-0,5",
    "٣",
    "½",
    "Čakovec",
    "ß",
    "İ",
    "\u202e",
    "\ufeff",
    "\ud800",
    "🔬",
    "../../etc/passwd",
    "a" * 300,
    "<script>",
    "{}",
    "%s",
    "\x00",
    "\x1f",
    "1" * 5000,
)
WHOLE = (0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 10**30)
REAL = (0.5, -0.5, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"))


def text(rng: random.Random) -> str:
    """An odd text, or a few letters."""
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    return "".join(rng.choices(string.printable, k=rng.randrange(12)))


def value(rng: random.Random):
    """An odd value of any plain kind."""
    kinds = (text, lambda r: r.choice(WHOLE), lambda r: r.choice(REAL), lambda _: None)
    more = (lambda _: True, lambda r: [r.choice(WHOLE)], lambda r: {text(r): 1})
    return rng.choice(kinds + more)(rng)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a few places changed, cut out, doubled, put in, or cut short."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place, length = rng.randrange(len(data) + 1), rng.choice((1, 2, 4, 8, 64, 512))
        match rng.randrange(7):
            case 0:
                data[place : place + 1] = rng.randbytes(1)
            case 1:
                order = rng.choice(("little", "big"))
                size = rng.choice((2, 4, 8))
                number = rng.choice(WHOLE) % 2 ** (8 * size)
                data[place : place + size] = number.to_bytes(size, order)
            case 2:
                del data[place : place + length]
            case 3:
                data[place:place] = data[place : place + length]
            case 4:
                data[place:place] = rng.randbytes(length)
            case 5:
                data[place : place + length] = bytes(length)
            case 6 if rng.random() < 0.3:
                del data[place:]
    return bytes(data)


def sometimes_damaged(rng: random.Random, data: bytes, share: float = 0.3) -> bytes:
    """The same bytes, or damaged ones in this share of the cases."""
    return damaged(rng, data) if rng.random() < share else data
