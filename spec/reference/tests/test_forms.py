"""Compares every form with the prose of its rule: the counts of the valid bits are those of the valid selections."""

import itertools
import unittest
from dataclasses import replace

import paths  # noqa: F401
from contests import Choose, Grades, Points, Positional, Quadratic, Split, compile_form, range_digits
from encoding import MAX_TOTAL, Refused
from lists import Lists
from pairs import Pairs


def reachable(form, weight=1):
    """The slot values of all bits that satisfy every constant row."""
    valid = assignments(form.bits, form.rows[form.slots :], weight)
    return {tuple(row.value(bits) for row in form.rows[: form.slots]) for bits in valid}


def assignments(count, rows, weight=1):
    """All bits that satisfy the rows. Both values of every bit are tried, unless a row cannot be satisfied any more."""
    touching = [[] for _ in range(count)]
    targets = [row.target(weight) for row in rows]
    least, most = [], []  # the least and the most that the bits that are not set yet can add to a row
    for number, row in enumerate(rows):
        least.append(sum(c for _, c in row.terms if c < 0))
        most.append(sum(c for _, c in row.terms if c > 0))
        for bit, coefficient in row.terms:
            touching[bit].append((number, coefficient))
    bits, values = [0] * count, [0] * len(targets)

    def go(bit):
        if bit == count:
            yield list(bits)
            return
        for number, c in touching[bit]:
            least[number] -= min(c, 0)
            most[number] -= max(c, 0)
        for value in (0, 1):
            bits[bit] = value
            for number, c in touching[bit]:
                values[number] += c * value
            if all(values[n] + least[n] <= targets[n] <= values[n] + most[n] for n, _ in touching[bit]):
                yield from go(bit + 1)
            for number, c in touching[bit]:
                values[number] -= c * value
        bits[bit] = 0
        for number, c in touching[bit]:
            least[number] += min(c, 0)
            most[number] += max(c, 0)

    yield from go(0)


def with_blank(selections, counts, blank):
    """The counts with that of the blank vote after the others."""
    if not blank:
        return set(selections)
    return {(*selection, 0) for selection in selections} | {(0,) * counts + (1,)}


def weak_orders(q):
    """Every ranking with ties: for each option, the number of groups before its own."""
    for ranks in itertools.product(range(q), repeat=q):
        if set(ranks) == set(range(max(ranks) + 1)):
            yield ranks


def packed(rule, counts):
    """The numbers of the slots that these counts share."""
    k = rule.per_slot
    slots = [counts[first : first + k] for first in range(0, len(counts), k)]
    return tuple(sum(count * rule.radix**i for i, count in enumerate(slot)) for slot in slots)


class Forms(unittest.TestCase):
    def same(self, rule, selections, weight=1):
        """`selections` has no count of the blank vote. Counts first have slots of their own, then they share slots."""
        expected = with_blank(selections, rule.counts - rule.blank, rule.blank)
        self.assertEqual(reachable(rule.form, weight), expected, rule)
        for total in (2**21 // rule.bound, weight):
            several = replace(rule, weights_total=total)
            self.assertEqual(several.form.rows[several.slots :], rule.form.rows[rule.slots :])
            for bit in range(rule.form.bits):  # each by itself: rows are linear
                bits = [int(j == bit) for j in range(rule.form.bits)]
                counts = [row.value(bits) for row in rule.form.rows[: rule.slots]]
                slots = tuple(row.value(bits) for row in several.form.rows[: several.slots])
                self.assertEqual(slots, packed(several, counts), several)

    def test_the_search(self):
        """The search finds all bits."""
        rule = Points(2, True, 5, 4, False, True)
        form = rule.form
        every = itertools.product((0, 1), repeat=form.bits)
        rows = form.rows[form.slots :]
        valid = [bits for bits in every if all(row.value(bits) == row.constant for row in rows)]
        self.assertEqual(reachable(form), {tuple(row.value(bits) for row in form.rows[: form.slots]) for bits in valid})

    def test_range_digits(self):
        self.assertEqual(range_digits(5), [1, 2, 2])
        for maximum in range(70):
            digits = range_digits(maximum)
            sums = {sum(some) for n in range(len(digits) + 1) for some in itertools.combinations(digits, n)}
            self.assertEqual((sums, len(digits)), (set(range(maximum + 1)), maximum.bit_length()))

    def test_choose(self):
        for q, blank in itertools.product((1, 2, 3, 4), (False, True)):
            for most in range(1, q + 1):
                for least in range(most + 1):
                    rule = Choose(q, blank, least, most)
                    marks = [m for m in itertools.product((0, 1), repeat=q) if least <= sum(m) <= most]
                    self.same(rule, [m[: q - (least == most)] for m in marks])

    def test_score(self):
        for most, q, blank in itertools.product((1, 2, 5), (1, 2, 3), (False, True)):
            every = list(itertools.product(range(most + 1), repeat=q))
            self.same(Points(q, blank, most, None, False, True), every)
            for total in {1, most, most + 1, q * most - 1, q * most} & set(range(1, q * most + 1)):
                self.same(Points(q, blank, most, total, False, True), [p for p in every if sum(p) <= total])
                if q > 1:
                    self.same(Points(q, blank, most, total, True, True), [p[:-1] for p in every if sum(p) == total])

    def test_split(self):
        for most, q in ((1, 2), (5, 2), (5, 3), (6, 2)):
            for weight in range(1, most + 1):
                every = itertools.product(range(weight + 1), repeat=q)
                self.same(Split(q, False, most), [p[:-1] for p in every if sum(p) == weight], weight)

    def test_quadratic(self):
        for q, blank, credits in ((1, True, 1), (2, False, 4), (2, True, 7), (3, True, 5), (2, True, 9)):
            every = itertools.product(range(credits + 1), repeat=q)
            self.same(Quadratic(q, blank, credits), [v for v in every if sum(x * x for x in v) <= credits])

    def test_grades(self):
        for q, g, blank in itertools.product((1, 2, 3), (2, 3), (False, True)):
            rule = Grades(q, blank, tuple("abcdefgh"[:g]))
            given = itertools.product(range(g), repeat=q)
            self.same(rule, [sum(((tuple(int(k == x) for k in range(g - 1))) for x in o), ()) for o in given])

    def test_lists(self):
        lists = ((0, (3, 5)), (1, ()), (2, (4,)))
        groups = (((3, 4), 1), ((5, 4), 2), ((3, 5), 1))
        for preferences, across, of_groups, blank in itertools.product(
            (1, 2, 3), (False, True), (0, 1, 2, 3), (False, True)
        ):
            rule = Lists(6, blank, lists, preferences, across, groups[:of_groups])
            selections = []
            for name, candidates in lists:
                allowed = (3, 4, 5) if across else candidates
                for n in range(preferences + 1):
                    for some in itertools.combinations(allowed, n):
                        if all(len(set(some) & set(group)) <= most for group, most in rule.groups):
                            selections.append(tuple(int(i == name or i in some) for i in range(6)))
            self.same(rule, selections)
        self.same(Lists(1, True, ((0, ()),), 0, False), [(1,)])
        self.same(Lists(2, False, ((0, ()), (1, ())), 0, True), [(1, 0), (0, 1)])

    def test_positional(self):
        for q, scores, truncated, blank in itertools.product(
            (2, 3, 4), ((1,), (2, 1), (3, 0), (0, 1), (5, 3, 1), (4, 3, 2, 1)), (False, True), (False, True)
        ):
            if len(scores) <= q:
                rule = Positional(q, blank, scores, truncated)
                filled = range(len(scores) + 1) if truncated else [len(scores)]
                rankings = [r for n in filled for r in itertools.permutations(range(q), n)]
                score = [tuple(scores[r.index(i)] if i in r else 0 for i in range(q)) for r in rankings]
                self.same(rule, score)

    def test_pairs_without_ties(self):
        for q, blank in itertools.product((2, 3, 4), (False, True)):
            every = [
                tuple(int(place[i] < place[j]) for i in range(q) for j in range(i + 1, q))
                for place in itertools.permutations(range(q))
            ]
            self.assertEqual(len(set(every)), len(every))
            self.same(Pairs(q, blank, False, "schulze"), every)

    def test_pairs_with_ties(self):
        for q, count in ((2, 3), (3, 13), (4, 75)):
            every = [tuple(int(r[i] < r[j]) for i in range(q) for j in range(q) if i != j) for r in weak_orders(q)]
            self.assertEqual((len(every), len(set(every))), (count, count))
            for blank in (False, True):
                self.same(Pairs(q, blank, True, "schulze"), every)

    def test_several(self):
        """The contests of a style are independent: any selection of one is valid with any of the other."""
        one, two = Choose(2, True, 0, 1), Pairs(2, False, False, "schulze")
        form = compile_form([one, two, Split(2, False, 3)])
        self.assertEqual(form.bits, one.form.bits + two.form.bits + 4)
        both = itertools.product(reachable(one.form), reachable(two.form), reachable(Split(2, False, 3).form, 2))
        self.assertEqual(reachable(form, 2), {a + b + c for a, b, c in both})
        kinds = [row.kind for row in form.rows]
        self.assertEqual(kinds, [0] * form.slots + [1] * (len(kinds) - form.slots - 1) + [2])

    def test_limits(self):
        for rule in (Quadratic(1024, False, 10000), Positional(64, False, (1,) * 64, False)):
            with self.assertRaisesRegex(Refused, "too many bits"):
                _ = rule.form


class Packing(unittest.TestCase):
    """spec/contests.md#packing"""

    def test_borders(self):
        """With the bound 1: how many counts share a slot, at a total and just above it."""
        for total, most in (
            (2, 20),  # 3^20 < 2^32 < 3^21
            (3, 16),  # 4^16 = 2^32
            (4, 13),  # 5^13 < 2^32 < 5^14
            (255, 4),  # 256^4 = 2^32
            (256, 3),
            (1624, 3),  # 1625^3 < 2^32 < 1626^3
            (1625, 2),
            (2**22 - 1, 2),  # the square is 2^44
            (2**22, 1),
            (MAX_TOTAL, 1),
        ):
            for rule in (Choose(50, False, 0, 1), Grades(50, True, ("yes", "no")), Split(50, False, 5)):
                rule = replace(rule, weights_total=total)
                self.assertEqual((rule.radix, rule.per_slot), (total + 1, most), rule)
                self.assertEqual(rule.slots, -(-rule.counts // most), rule)
        self.assertEqual(replace(Choose(50, False, 0, 1), weights_total=1).per_slot, 32)  # 2^32

    def test_bounds(self):
        """The bound of the kind goes into the radix, also for the blank votes."""
        for rule, bound in (
            (Points(3, True, 5, None, False, True), 5),
            (Quadratic(3, True, 26), 5),
            (Positional(3, True, (1, 5), False), 5),
        ):
            for total, most in ((51, 4), (52, 3), (324, 3), (325, 2), (838_860, 2), (838_861, 1)):
                several = replace(rule, weights_total=total)
                self.assertEqual((several.bound, several.radix, several.per_slot), (bound, 5 * total + 1, most))
                bounds = [50, 50, 50, 10]
                self.assertEqual(several.bounds(10), [bounds[i : i + most] for i in range(0, 4, most)])
                self.assertEqual(several.slots, len(several.bounds(10)))

    def test_row(self):
        """The row of a slot: powers of the radix, terms in the order of the bits, those of zero left out."""
        radix = 5 * 324 + 1
        points = Points(4, True, 5, None, False, True, weights_total=324)
        powers = [1, radix, radix**2]
        digits = [(3 * i + n, power * digit) for i, power in enumerate(powers) for n, digit in enumerate((1, 2, 2))]
        rows = [list(row.terms) for row in points.form.rows[:2]]
        self.assertEqual(rows, [digits, [(9, 1), (10, 2), (11, 2), (12, radix)]])
        self.assertEqual([(row.kind, row.constant) for row in points.form.rows], [(0, 0), (0, 0), (1, 20)])
        places = Positional(2, False, (5, 0), False, weights_total=324)
        self.assertEqual(list(places.form.rows[0].terms), [(0, 5), (2, 5 * radix)])

    def test_of_a_style(self):
        """No slot has counts of two contests; each contest has its own radix."""
        one = Choose(3, False, 1, 2, weights_total=2000)
        two = Points(2, False, 5, None, False, False, weights_total=2000)
        form = compile_form([one, two])
        self.assertEqual((form.bits, form.slots), (one.form.bits + two.form.bits, 3))
        rows = [list(row.terms) for row in form.rows[:3]]
        self.assertEqual(rows[:2], [[(0, 1), (1, 2001)], [(2, 1)]])
        self.assertEqual(rows[2], [(4, 1), (5, 2), (6, 2), (7, 10001), (8, 20002), (9, 20002)])

    def test_row_bound(self):
        """A row is too large if one voter may divide much more than the weight of all."""
        for total, slots in ((2**22 - 3, 10), (2**22, 19)):
            self.assertEqual(Split(20, False, 2**40, weights_total=total).slots, slots)
        for total in (5, 2**22 - 2, 2**22 - 1):
            with self.subTest(total), self.assertRaisesRegex(Refused, "its numbers are too large"):
                _ = Split(20, False, 2**40, weights_total=total).form


if __name__ == "__main__":
    unittest.main()
