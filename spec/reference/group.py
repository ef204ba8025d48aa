"""ristretto255 (RFC 9496) and the curve under it, on Python integers: spec/suite.md#group.

Points are extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x y = T/Z of the curve -x^2 + y^2 = 1 + d x^2 y^2.
Nothing here is constant time: a verifier has no secrets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Iterable, Iterator

from encoding import Reader, require

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
SQRT_M1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P

Point = tuple[int, int, int, int]
Addend = tuple[int, int, int, int]  # (Y - X, Y + X, 2 d T, 2 Z) of a point, prepared for an addition
IDENTITY: Point = (0, 1, 1, 0)


# Addition and multiplication.


def addend(p: Point) -> Addend:
    x, y, z, t = p
    return (y - x, y + x, t * D2 % P, 2 * z)


def plus(p: Point, q: Addend) -> Point:
    """The unified addition of Hisil, Wong, Carter, Dawson (ASIACRYPT 2008)."""
    x, y, z, t = p
    a = (y - x) * q[0] % P
    b = (y + x) * q[1] % P
    c = t * q[2] % P
    d = z * q[3] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def minus(p: Point, q: Addend) -> Point:
    return plus(p, (q[1], q[0], -q[2], q[3]))


def double(p: Point) -> Point:
    x, y, z, _ = p
    a = x * x % P
    b = y * y % P
    e = (x + y) ** 2 - a - b
    g = b - a
    f = g - 2 * z * z
    h = -a - b
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def add(p: Point, q: Point) -> Point:
    return plus(p, addend(q))


def negate(p: Point) -> Point:
    return (-p[0] % P, p[1], p[2], -p[3] % P)


def odd_multiples(p: Point, width: int) -> list[Addend]:
    """The multiples [1]p, [3]p, [5]p, .. for signed digits of this width."""
    twice, multiples = addend(double(p)), [p]
    for _ in range(2 ** (width - 2) - 1):
        multiples.append(plus(multiples[-1], twice))
    return [addend(q) for q in multiples]


@lru_cache(maxsize=16384)
def fixed_multiples(p: Point) -> list[Addend]:
    """The same table with a memory, for points that every ballot uses: base point, generators, keys."""
    return odd_multiples(p, 7)


def multiply_add(terms: Iterable[tuple[int, Point]], fixed: Iterable[tuple[int, Point]] = ()) -> Point:
    """sum [s]P over all terms; Straus's method with signed odd digits. The points of `fixed` are remembered."""
    additions: list[list[Addend]] = [[] for _ in range(255)]
    for width, remembered, some in ((5, False, terms), (7, True, fixed)):
        for scalar, point in some:
            table = fixed_multiples(point) if remembered else odd_multiples(point, width)
            scalar, place = scalar % ORDER, 0
            while scalar:
                zeros = (scalar & -scalar).bit_length() - 1
                scalar, place = scalar >> zeros, place + zeros
                digit = scalar % 2**width
                if digit >= 2 ** (width - 1):
                    digit -= 2**width
                scalar -= digit
                q = table[abs(digit) // 2]
                additions[place].append(q if digit > 0 else (q[1], q[0], -q[2], q[3]))
    total = IDENTITY
    for addends in reversed(additions):
        if total is not IDENTITY:
            total = double(total)
        for q in addends:
            total = plus(total, q)
    return total


def multiply(scalar: int, p: Point) -> Point:
    return p if scalar == 1 else multiply_add([(scalar, p)])


def total_of(points: Iterable[Point]) -> Point:
    total = IDENTITY
    for p in points:
        total = add(total, p)
    return total


# ristretto255.


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """RFC 9496, section 4.2: whether u/v is a square, and a root of u/v or of i u/v, not negative."""
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    u %= P
    correct, flipped, flipped_i = check == u, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)


def absolute(x: int) -> int:
    x %= P
    return P - x if x & 1 else x


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its canonical encoding."""

    encoding: bytes
    point: Point


def encode(p: Point) -> bytes:
    """RFC 9496, section 4.3.2."""
    x0, y0, z0, t0 = p
    u1 = (z0 + y0) * (z0 - y0) % P
    u2 = x0 * y0 % P
    _, inverse_root = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = inverse_root * u1 % P, inverse_root * u2 % P
    z_inverse = den1 * den2 * t0 % P
    x, y, den_inverse = x0, y0, den2
    if t0 * z_inverse % P & 1:
        x, y, den_inverse = y0 * SQRT_M1, x0 * SQRT_M1, den1 * INVSQRT_A_MINUS_D
    if x * z_inverse % P & 1:
        y = -y
    return absolute(den_inverse * (z0 - y)).to_bytes(32, "little")


def decode(data: bytes, field: str) -> Element:
    """RFC 9496, section 4.3.1. The identity is accepted."""
    s = int.from_bytes(data, "little")
    require(len(data) == 32 and s < P and not s & 1, f"{field}: not the encoding of an element")
    ss = s * s % P
    u1, u2 = 1 - ss, 1 + ss
    u2_squared = u2 * u2 % P
    v = (-D * u1 * u1 - u2_squared) % P
    was_square, inverse_root = sqrt_ratio(1, v * u2_squared % P)
    den_x = inverse_root * u2 % P
    den_y = inverse_root * den_x * v % P
    x = absolute(2 * s * den_x)
    y = u1 * den_y % P
    t = x * y % P
    require(was_square and not t & 1 and y != 0, f"{field}: not the encoding of an element")
    return Element(data, (x, y, 1, t))


def element_of(p: Point) -> Element:
    return Element(encode(p), p)


def equal(p: Point, q: Point) -> bool:
    """RFC 9496, section 4.3.3."""
    return (p[0] * q[1] - p[1] * q[0]) % P == 0 or (p[1] * q[1] - p[0] * q[0]) % P == 0


def is_identity(p: Point) -> bool:
    return equal(p, IDENTITY)


def elligator(data: bytes) -> Point:
    """MAP of RFC 9496, section 4.3.4."""
    t = int.from_bytes(data, "little") % 2**255
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    was_square, s = sqrt_ratio(u, v)
    c = -1
    if not was_square:
        s, c = -absolute(s * t), r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return (w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


def one_way_map(data: bytes) -> Element:
    """The one-way map of 64 bytes to an element: RFC 9496, section 4.3.4."""
    return element_of(add(elligator(data[:32]), elligator(data[32:])))


# Fields of binary formats.


def read_scalar(reader: Reader, field: str) -> int:
    number = reader.integer(32, field)
    require(number < ORDER, f"{field}: not a canonical scalar")
    return number


def read_element(reader: Reader, field: str) -> Element:
    """Reads an element that is not the identity."""
    element = read_element_or_identity(reader, field)
    require(not is_identity(element.point), f"{field}: the identity")
    return element


def read_element_or_identity(reader: Reader, field: str) -> Element:
    return decode(reader.take(32, field), field)


# edwards25519 itself, for Ed25519.

Y_BASE = 4 * pow(5, -1, P) % P


def decode_edwards(data: bytes) -> Point:
    """RFC 8032, section 5.1.3; only canonical encodings."""
    number = int.from_bytes(data, "little")
    y, sign = number % 2**255, number >> 255
    require(len(data) == 32 and y < P, "not the canonical encoding of a point")
    was_square, x = sqrt_ratio(y * y - 1, D * y * y + 1)
    require(was_square and (x != 0 or sign == 0), "not the canonical encoding of a point")
    if sign:
        x = P - x
    return (x, y, 1, x * y % P)


def same_point(p: Point, q: Point) -> bool:
    """Equality on the curve, which is stricter than equality in ristretto255."""
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def is_small_order(p: Point) -> bool:
    return same_point(double(double(double(p))), IDENTITY)


def is_prime_order(p: Point) -> bool:
    """Whether a point is in the subgroup of prime order and not the identity."""
    return not is_small_order(p) and same_point(add(multiply(ORDER - 1, p), p), IDENTITY)


BASE = decode_edwards(Y_BASE.to_bytes(32, "little"))


# Discrete logarithms, for totals.


def affine_y(points: list[Point]) -> list[int]:
    """The affine y of all points, with one inversion (Montgomery's trick)."""
    products = [1]
    for p in points:
        products.append(products[-1] * p[2] % P)
    inverse, ys = pow(products[-1], -1, P), []
    for p, product in zip(reversed(points), reversed(products[:-1])):
        ys.append(p[1] * inverse * product % P)
        inverse = inverse * p[2] % P
    return ys[::-1]


Axes = tuple[tuple[int, int], ...]  # for each axis, the step that is added to v, and the number of values


def digit_steps(bounds: list[int], radix: int) -> tuple[Axes, Axes]:
    """Divides the digits into small and large steps. The small steps cover the lowest digits, about as many values as
    the square root of all. The large steps cover the rest and may exceed a bound."""
    left = min(math.isqrt(math.prod(bound + 1 for bound in bounds)), 2**20)
    small, large = [], []
    for place, bound in enumerate(bounds):
        count = min(bound + 1, left)
        left //= count
        small.append((radix**place, count))
        large.append((-count * radix**place, -(-(bound + 1) // count)))
    return tuple(small), tuple(large)


def lattice(start: Point, axes: Axes) -> Iterator[tuple[int, Point]]:
    """Yields v and start + [4 v]G for every v that is a sum of 0 to count - 1 times the step of each axis (step, count)."""
    moves = [(step, addend(multiply(4 * step, BASE)), count) for step, count in axes if count > 1]

    def walk(v: int, here: Point, depth: int) -> Iterator[tuple[int, Point]]:
        if depth == 0:
            yield v, here
            return
        step, move, count = moves[depth - 1]
        for n in range(count):
            if n:
                v, here = v + step, plus(here, move)
            yield from walk(v, here, depth - 1)

    return walk(0, start, len(moves))


def affine(points: Iterator[tuple[int, Point]]) -> Iterator[tuple[int, int]]:
    """Yields v and the affine y of its point, computed for a thousand points at a time."""
    while some := list(islice(points, 1024)):
        yield from zip((v for v, _ in some), affine_y([p for _, p in some]))


@lru_cache(maxsize=1)
def small_steps(axes: Axes) -> dict[int, int]:
    return {y: v for v, y in affine(lattice(IDENTITY, axes))}


def discrete_logarithm(p: Point, bounds: list[int], radix: int) -> list[int] | None:
    """The digits, each from 0 to its bound, of the v with [v]G = p, or None. Uses small and large steps (Shanks).

    All points are multiplied by 4, so that an element is one point of the curve instead of four. y gives v up to its
    sign, so a candidate is compared at the end.
    """
    small, large = digit_steps(bounds, radix)
    table = small_steps(small)
    for v, y in affine(lattice(double(double(p)), large)):
        if y in table:
            v = table[y] - v
            digits = [v // radix**place % radix for place in range(len(bounds))]
            within = v < radix ** len(bounds) and all(digit <= bound for digit, bound in zip(digits, bounds))
            if within and equal(multiply(v, BASE), p):
                return digits
    return None
