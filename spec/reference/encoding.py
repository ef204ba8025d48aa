"""Bytes and limits: spec/encoding.md."""

from __future__ import annotations

MAX_ENTRY_BYTES = 65535
MAX_MANIFEST_BYTES = 1 << 20
MAX_MESSAGE_BYTES = 1 << 24
MAX_ATTACHMENT_BYTES = 1 << 24
MAX_ATTACHMENTS = 16
MAX_CHOICES_BYTES = 1 << 18
MAX_ROLL_LINE_BYTES = 256
MAX_CHECKPOINT_BYTES = 1 << 16
MAX_RECEIPT_BYTES = 1024
MAX_EVIDENCE_BYTES = 1 << 21
MAX_VOTERS = 1 << 28
MAX_CONTESTS = 256
MAX_OPTIONS = 1024
MAX_WINNER_GROUPS = 32
MAX_STYLES = 1024
MAX_TRUSTEES = 64
MAX_WITNESSES = 32
MAX_AUTHORITIES = 8
MAX_ROLL_CHANGES = 65536
MAX_WITNESS_AGE = 31536000
MAX_LANGUAGES = 32
MAX_TEXT_BYTES = 4096
MAX_NAME_CHARS = 64
MAX_SLOTS = 4096
MAX_FORM_BITS = 2048
MAX_FORM_SLOTS = 2048
MAX_FORM_ROWS = 8192
MAX_FORM_TERMS = 1 << 20
MAX_TERMS = 1 << 22
ROW_BOUND = 1 << 62
MAX_WEIGHT = 1 << 40
MAX_TOTAL = 1 << 44
MAX_BABY_STEPS = 1 << 22
MAX_GIANT_STEPS = 1 << 27
MAX_PACKED = 1 << 32
MAX_LIGHT_BALLOT = 8
MAX_ENTRIES = 1 << 30
MAX_REASON_BYTES = 1024
MAX_TIME = 253_402_300_799
MAX_KEY_NAME_BYTES = 255
MAX_BOARD_NAME_BYTES = MAX_KEY_NAME_BYTES - 17
MAX_LIST_BYTES = 1 << 20
MAX_RESULT_BYTES = 1 << 24
MAX_POINTERS = 4096
MAX_SIGNED_BY_ONE = 64

VERSION = b"\x01\x05"
NO_DIGEST = bytes(32)


class Refused(Exception):
    """The input breaks a rule; the message says which one."""


def require(condition: object, problem: str) -> None:
    """Raises Refused unless the condition is true."""
    if not condition:
        raise Refused(problem)


def le16(number: int) -> bytes:
    return number.to_bytes(2, "little")


def le32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def le64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def is_hex(text: str, digits: int) -> bool:
    """Whether a text is hexadecimal in lower case, and of this length (spec/README.md#notation)."""
    return len(text) == digits and all(c in "0123456789abcdef" for c in text)


def decimal(text: str, maximum: int) -> int | None:
    """Reads a decimal number without sign and leading zeros, at most `maximum`; None for other texts."""
    if not text or len(text) > len(str(maximum)) or any(c not in "0123456789" for c in text):
        return None
    if text[0] == "0" and text != "0":
        return None
    return int(text) if int(text) <= maximum else None


class Reader:
    """Reads fields from the beginning of bytes."""

    def __init__(self, data: bytes):
        self.data = data
        self.position = 0

    def take(self, count: int, field: str) -> bytes:
        end = self.position + count
        require(end <= len(self.data), f"{field}: the bytes end too early")
        taken, self.position = self.data[self.position : end], end
        return taken

    def integer(self, count: int, field: str) -> int:
        return int.from_bytes(self.take(count, field), "little")

    def version(self) -> None:
        require(self.take(2, "version") == VERSION, "the version is not supported")

    def part(self, most: int, field: str) -> bytes:
        """Bytes after their length: spec/evidence.md#layout."""
        length = self.integer(4, field)
        require(length <= most, f"{field}: too long")
        return self.take(length, field)

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.position, "rest")

    def end(self) -> None:
        require(self.position == len(self.data), "bytes follow the end")


# What people copy: spec/encoding.md#symbols and #written.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
WRITTEN = {"T": 26, "F": 26, "N": 13}  # the number of symbols of trackers, fingerprints and voter numbers


def gf32_multiply(x: int, y: int) -> int:
    product = 0
    for bit in range(5):
        product ^= (x << bit) if y >> bit & 1 else 0
    for bit in range(8, 4, -1):
        product ^= 0b100101 << bit - 5 if product >> bit & 1 else 0
    return product


def checksum_sums(symbols: list[int]) -> tuple[int, int]:
    """Both sums of the checksum over c_0 .. c_n; they are 0 if there is no mistake."""
    powers = [1]
    while len(powers) < len(symbols):
        powers.append(gf32_multiply(powers[-1], 2))
    plain, weighted = 0, 0
    for symbol, power in zip(symbols, reversed(powers)):
        plain, weighted = plain ^ symbol, weighted ^ gf32_multiply(symbol, power)
    return plain, weighted


def written(letter: str, value: bytes) -> str:
    """A value as people copy it."""
    count = WRITTEN[letter]
    bits = int.from_bytes(value, "big") >> 8 * len(value) - 5 * count
    symbols = [bits >> 5 * place & 31 for place in reversed(range(count))]
    checked = [ALPHABET.index(letter), *symbols]
    pairs = [[x, y] for x in range(32) for y in range(32)]
    symbols += next(pair for pair in pairs if checksum_sums(checked + pair) == (0, 0))
    text = "".join(ALPHABET[symbol] for symbol in symbols)
    return "-".join([letter, *(text[place : place + 5] for place in range(0, len(text), 5))])


def read_fingerprint(text: str) -> str:
    """A fingerprint as somebody was given it: the 64 digits in lower case, or the written form."""
    letters = "".join(letter for letter in text if not (letter.isspace() or letter in "-\u2010\u2011\u2012\u2013\u2014\u2015"))
    if is_hex(letters.lower(), 64):
        return letters.lower()
    letters = letters.upper().translate(str.maketrans("OIL", "011"))
    length = WRITTEN["F"] + 2
    require(all(letter in ALPHABET for letter in letters), "the fingerprint has a letter that none has")
    require(len(letters) in (length, length + 1), f"a fingerprint has {length + 1} letters and digits")
    letters = letters.rjust(length + 1, "F")
    sums = checksum_sums([ALPHABET.index(letter) for letter in letters])
    require(letters[0] == "F" and sums == (0, 0), "the fingerprint has a typing slip, or is none")
    return "-".join([letters[0], *(letters[place : place + 5] for place in range(1, len(letters), 5))])
