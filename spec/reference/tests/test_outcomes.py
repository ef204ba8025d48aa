"""Results from totals, on examples that were computed by hand or published."""

import itertools
import json
import os
import random
import unittest

import paths  # noqa: F401
from contests import Choose, Grades, Points, Positional, Quadratic, Split, ranked
from decisions import (
    Circumstances, Condition, Group, Lots, Motion, Seats, Winners, allocate, decision_lines, list_value, motion_value, seats_value,
    winners_value,
)  # fmt: skip
from encoding import Refused
from lists import Lists
from manifest import Contest
from pairs import Pairs, copeland, ranked_pairs, schulze
from record import contest_value
from report import Report
from rules import read_motion, read_rule, read_winners
from schema import Schema

SCHULZE_2011 = {"ACBED": 5, "ADECB": 5, "BEDAC": 8, "CABED": 3, "CAEBD": 7, "CBADE": 2, "DCEBA": 7, "EBADC": 8}
TENNESSEE = {"MNCK": 42, "NCKM": 26, "CKNM": 15, "KCNM": 17}  # Memphis, Nashville, Chattanooga, Knoxville


def matrix_of(ballots):
    """The matrix of rankings that are written as letters, which are sorted alphabetically."""
    letters = sorted(next(iter(ballots)))
    return [
        [sum(n for b, n in ballots.items() if b.index(i) < b.index(j)) if i != j else 0 for j in letters]
        for i in letters
    ]


def named(ranking, letters):
    return ">".join("=".join(letters[i] for i in tie) for tie in ranking)


FREE = Circumstances(True, 100, 200)


class Pairwise(unittest.TestCase):
    def test_schulze(self):
        """Schulze, Social Choice and Welfare 2011, example 1: 45 voters."""
        matrix = matrix_of(SCHULZE_2011)
        rows = ["0 20 26 30 22", "25 0 16 33 18", "19 29 0 17 24", "15 12 28 0 14", "23 27 21 31 0"]
        self.assertEqual(matrix, [list(map(int, row.split())) for row in rows])
        self.assertEqual(named(schulze(matrix), "ABCDE"), "E>A>C>B>D")

    def test_ranked_pairs(self):
        """The same by hand: BD 33, ED 31, AD 30, CB 29, DC 28 (no: C over B over D), EB 27, AC 26, BA 25 (no: A over C
        over B), CE 24, EA 23 (no: A over C over E)."""
        self.assertEqual(named(ranked_pairs(matrix_of(SCHULZE_2011)), "ABCDE"), "A>C>E>B>D")

    def test_tennessee(self):
        matrix = matrix_of(TENNESSEE)  # C, K, M, N
        self.assertEqual(matrix, [[0, 83, 58, 32], [17, 0, 58, 32], [42, 42, 0, 42], [68, 68, 58, 0]])
        for method in (schulze, ranked_pairs, copeland):
            self.assertEqual(named(method(matrix), "CKMN"), "N>C>K>M")
        counts = [matrix[i][j] for i in range(4) for j in range(i + 1, 4)]
        outcome = Pairs(4, True, False, "copeland").count([*counts, 5], 105)
        self.assertEqual((outcome.pairs["matrix"], outcome.pairs["condorcet_winner"], outcome.blank), (matrix, 3, 5))
        self.assertEqual(outcome.ranking, [[3], [0], [1], [2]])
        self.assertEqual(outcome.options, [{}] * 4)

    def test_cycles_and_ties(self):
        cycle = [[0, 6, 4], [3, 0, 6], [5, 3, 0]]  # a 6:3 b, b 6:3 c, c 5:4 a
        outcome = Pairs(3, False, True, "ranked_pairs").count([6, 4, 3, 6, 5, 3], 9)
        self.assertEqual((outcome.pairs["matrix"], outcome.pairs["condorcet_winner"]), (cycle, None))
        self.assertEqual(outcome.pairs["schulze"], [[0], [1], [2]])
        self.assertEqual(outcome.pairs["ranked_pairs"], [[0], [1], [2]])
        self.assertEqual(outcome.pairs["copeland"], [[0, 1, 2]])
        even = [[0, 2, 1], [1, 0, 2], [2, 1, 0]]
        self.assertEqual(schulze(even), [[0, 1, 2]])
        self.assertEqual(ranked_pairs(even), [[0, 1, 2]])  # a cycle of equal defeats: none is locked
        below = [[0, 3, 3, 3], [0, 0, 2, 1], [0, 1, 0, 2], [0, 2, 1, 0]]
        self.assertEqual(ranked_pairs(below), [[0], [1, 2, 3]])
        less_against = [[0, 2, 0], [1, 0, 2], [2, 0, 0]]  # among equal defeats, those with fewer ballots against them come first
        self.assertEqual(ranked_pairs(less_against), [[1], [2], [0]])  # 1 over 2, then 2 over 0, then not 0 over 1
        nothing = [[0] * 3] * 3
        for method in (schulze, ranked_pairs, copeland):
            self.assertEqual(method(nothing), [[0, 1, 2]])
        self.assertEqual(copeland([[0, 1, 1], [1, 0, 2], [0, 1, 0]]), [[0, 1], [2]])

    def test_layers(self):
        """Two options without a comparison are in one layer, in the order of the manifest."""
        matrix = [[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]]
        for method in (schulze, ranked_pairs):
            self.assertEqual(method(matrix), [[0], [1, 2], [3]])

    def test_impossible(self):
        for rule, counts in (
            (Pairs(2, False, False, "schulze"), [6]),
            (Pairs(2, False, True, "schulze"), [3, 3]),
            (Pairs(2, True, False, "schulze"), [5, 1]),
        ):
            with self.subTest(rule), self.assertRaisesRegex(Refused, "impossible: the ballots of a pair"):
                rule.count(counts, 5)


def seats_of(votes, number, method):
    found = allocate(votes, number, method)
    return found.seats, found.tied, number - sum(found.seats.values())


class SeatsOfLists(unittest.TestCase):
    VOTES = {0: 100_000, 1: 80_000, 2: 30_000, 3: 20_000}

    def test_textbook(self):
        """Eight seats for 100, 80, 30 and 20 thousand votes; remainders of the Hare quota 28,750."""
        for method, expected in (
            ("dhondt", [4, 3, 1, 0]),
            ("sainte_lague", [3, 3, 1, 1]),
            ("largest_remainder", [3, 3, 1, 1]),
        ):
            seats, tied, left = seats_of(self.VOTES, 8, method)
            self.assertEqual((list(seats.values()), tied, left), (expected, [], 0), method)

    def test_ties(self):
        self.assertEqual(seats_of({0: 50, 1: 50}, 3, "dhondt"), ({0: 1, 1: 1}, [0, 1], 1))
        self.assertEqual(seats_of({0: 50, 1: 50}, 4, "dhondt"), ({0: 2, 1: 2}, [], 0))
        self.assertEqual(seats_of({0: 60, 1: 30, 2: 30}, 2, "dhondt"), ({0: 1, 1: 0, 2: 0}, [0, 1, 2], 1))
        self.assertEqual(seats_of({0: 3, 1: 1}, 2, "sainte_lague"), ({0: 1, 1: 0}, [0, 1], 1))
        self.assertEqual(seats_of({0: 1, 1: 1, 2: 1}, 2, "largest_remainder"), ({0: 0, 1: 0, 2: 0}, [0, 1, 2], 2))
        self.assertEqual(seats_of({0: 5, 1: 0}, 3, "sainte_lague"), ({0: 3, 1: 0}, [], 0))
        for method in ("dhondt", "sainte_lague", "largest_remainder"):
            self.assertEqual(seats_of({0: 0, 1: 0}, 3, method), ({0: 0, 1: 0}, [], 3))

    def test_lists(self):
        rule = Lists(4, True, ((2, (1,)), (0, (3,))), 1, False, (), Seats(2, "dhondt", "order"))
        outcome = rule.count([5, 2, 9, 4, 1], 15)
        self.assertEqual(outcome.ranking, [[2], [0]])
        value = seats_value(rule.seats, rule.lists, outcome, Lots(None, "c", list("abcd")), FREE)
        self.assertEqual([(each["id"], each["seats"], each["open"]) for each in value["lists"]], [("c", 1, 0), ("a", 1, 0)])
        self.assertEqual(rule.count([7, 0, 7, 0, 1], 15).ranking, [[0, 2]])  # in the order of the manifest
        for counts, why in (
            ([5, 2, 8, 4, 1], "the votes of the lists"),
            ([5, 2, 9, 6, 1], "the votes of a candidate"),
            ([5, 2, 9, 4, 16], "more blank votes than ballots"),
        ):
            with self.subTest(counts), self.assertRaisesRegex(Refused, why):
                rule.count(counts, 15)
        two = Lists(4, False, ((0, (2, 3)), (1, ())), 1, False)
        with self.assertRaisesRegex(Refused, "candidates of a list"):
            two.count([3, 2, 2, 2], 5)
        across = Lists(4, False, ((0, (2, 3)), (1, ())), 1, True)
        self.assertEqual(across.count([1, 4, 2, 3], 5).options, [{"total": n} for n in (1, 4, 2, 3)])
        with self.assertRaisesRegex(Refused, "candidates"):
            across.count([1, 4, 3, 3], 5)


class Judgment(unittest.TestCase):
    def test_gauges(self):
        """Majority grades by hand, of 10 ballots and four grades."""
        rule = Grades(5, False, ("excellent", "good", "fair", "bad"))
        rows = [
            [3, 4, 2],  # good: 3 better, 3 worse: 3-
            [1, 5, 4],  # good: 1 better, 4 worse: 4-
            [4, 2, 1],  # good: 4 better, 4 worse: 4-
            [5, 1, 0],  # half is not above half: good; 5 better, 4 worse: 5+
            [4, 3, 2],  # good: 4 better, 3 worse: 4+
        ]
        outcome = rule.count(sum(rows, []), 10)
        self.assertEqual([o["grade"] for o in outcome.options], ["good"] * 5)
        self.assertEqual(outcome.options[0]["grades"], [3, 4, 2, 1])
        self.assertEqual(outcome.ranking, [[3], [4], [0], [1, 2]])
        value = winners_value(Winners(4), outcome, Lots(None, "c", list("abcde")), FREE)
        self.assertEqual(([it["id"] for it in value["elected"]], value["tied"]), (["d", "e", "a"], ["b", "c"]))
        with self.assertRaisesRegex(Refused, "grades of an option"):
            rule.count([11] + [0] * 14, 10)

    def test_presidential_election(self):
        """The experiment of Balinski and Laraki in Orsay 2007, three candidates in thousandths of the ballots: Bayrou
        good+ (44.3 % better), Royal good- (41.5 % worse), Sarkozy good- (46.9 % worse)."""
        rule = Grades(3, False, ("excellent", "very good", "good", "acceptable", "poor", "reject"))
        bayrou, royal, sarkozy = [136, 307, 251, 148, 84], [167, 227, 191, 168, 122], [191, 198, 143, 115, 71]
        outcome = rule.count(bayrou + royal + sarkozy, 1000)
        self.assertEqual([o["grade"] for o in outcome.options], ["good"] * 3)
        self.assertEqual(outcome.ranking, [[0], [1], [2]])

    def test_nobody(self):
        outcome = Grades(2, True, ("yes", "no")).count([0, 0, 3], 3)
        self.assertEqual(outcome.options, [{"grades": [0, 0], "grade": None}] * 2)
        self.assertEqual((outcome.ranking, outcome.blank), ([[0, 1]], 3))


class Totals(unittest.TestCase):
    def test_kinds(self):
        """A rule, the totals of its counts, the totals of the options, and the blank votes; the weight is 10."""
        for rule, counts, totals, blank in (
            (Choose(3, True, 1, 1), [3, 4, 1], [3, 4, 2], 1),
            (Choose(3, False, 0, 2), [3, 10, 0], [3, 10, 0], None),
            (Points(2, False, 5, None, False, True), [50, 0], [50, 0], None),
            (Points(3, True, 4, 6, True, True), [20, 30, 0], [20, 30, 10], 0),
            (Points(2, False, 4, 6, True, False), [25], [25, 35], None),
            (Split(3, False, 7), [2, 3], [2, 3, 5], None),
            (Quadratic(2, False, 10), [30, 1], [30, 1], None),
            (Positional(3, True, (3, 1), False), [20, 16, 0, 1], [20, 16, 0], 1),
            (Positional(3, False, (3, 1), True), [20, 0, 0], [20, 0, 0], None),
        ):
            with self.subTest(rule):
                outcome = rule.count(counts, 10)
                self.assertEqual(([o["total"] for o in outcome.options], outcome.blank), (totals, blank))

    def test_averages(self):
        outcome = Points(3, True, 5, None, False, True).count([20, 12, 0, 2], 10)
        self.assertEqual([o["average"] for o in outcome.options], [[5, 2], [3, 2], [0, 1]])
        nobody = Points(1, False, 5, None, False, True).count([0], 0)
        self.assertEqual(nobody.options, [{"total": 0, "average": [0, 1]}])
        self.assertEqual(Points(1, False, 5, 5, False, False).count([3], 1).options, [{"total": 3}])

    def test_impossible(self):
        for rule, counts, why in (
            (Choose(2, True, 1, 1), [3, 11], "more blank votes"),
            (Choose(3, False, 1, 1), [6, 5], "an option"),
            (Choose(3, False, 2, 2), [4, 5], "an option"),
            (Points(2, True, 5, 10, False, True), [46, 0, 1], "the points of an option"),
            (Points(2, False, 5, 6, True, True), [5], "the points of an option"),
            (Points(2, False, 5, 6, False, False), [31, 30], "the points of all options"),
            (Split(2, False, 5), [11], "the last option"),
            (Quadratic(2, True, 10), [28, 0, 1], "the votes of an option"),
            (Positional(2, True, (2, 1), True), [20, 0, 1], "the scores"),
            (Positional(2, False, (2, 1), True), [20, 11], "the scores"),
            (Positional(2, False, (2, 1), False), [15, 14], "the scores of all options"),
        ):
            with self.subTest(rule), self.assertRaisesRegex(Refused, f"impossible: .*{why}"):
                rule.count(counts, 10)

    def test_unanimous(self):
        for rule, counts, expected in (
            (Choose(3, True, 1, 1), [0, 0, 0], True),
            (Choose(3, True, 1, 1), [0, 0, 10], True),
            (Choose(3, True, 1, 1), [9, 0, 1], False),
            (Points(2, False, 5, None, False, True), [50, 1], True),
            (Points(2, False, 5, None, False, True), [10, 1], False),
            (Split(2, False, 100), [0], True),
            (Grades(1, False, ("yes", "no")), [0], True),
            (Positional(2, False, (2, 1), False), [20, 10], True),
            (Pairs(2, False, False, "schulze"), [0], True),
            (Pairs(2, False, True, "schulze"), [0, 9], False),
        ):
            with self.subTest(rule, counts=counts):
                self.assertEqual(rule.unanimous(rule.count(counts, 10), 10), expected)
        self.assertFalse(Choose(2, False, 0, 1).unanimous(Choose(2, False, 0, 1).count([0, 0], 0), 0))



def complete_orders(ranking):
    """All orders that agree with a ranking."""
    return [sum(map(list, order), []) for order in itertools.product(*(itertools.permutations(tie) for tie in ranking))]


def plainly(order, rule):
    """Who is elected in a complete order."""
    front = []
    for i in order:
        then = front + [i]
        fits = all(g.at_most is None or len(g.options & set(then)) <= g.at_most for g in rule.groups)
        kept = sum(max(0, g.at_least - len(g.options & set(then))) for g in rule.groups)
        if fits and len(then) + kept <= rule.number:
            front = then
    return set(front)


class Decisions(unittest.TestCase):
    """Decisions against every complete order."""

    def winners(self, rule, totals, seed=None, quorum=True):
        outcome = Choose(len(totals), False, 0, len(totals)).count(totals, 100)
        names = [f"o{i}" for i in range(len(totals))]
        return winners_value(rule, outcome, Lots(seed, "c", names), Circumstances(quorum, 100, 200, seed))

    def test_winners_of_every_order(self):
        chance = random.Random(11)
        ties = passed = 0
        for _ in range(1500):
            count = chance.randint(1, 6)
            number = chance.randint(1, count)
            totals = [chance.randint(0, 3) for _ in range(count)]
            groups, left, kept = [], number, set()
            for name in "gh"[: chance.randint(0, 2)]:
                members = {i for i in range(count) if chance.random() < 0.5}
                if chance.random() < 0.5 and left and (own := members - kept):
                    least = chance.randint(1, min(left, len(own)))
                    left, kept = left - least, kept | own
                    groups.append(Group(name, frozenset(own), least, chance.choice([None, number])))
                elif members:
                    groups.append(Group(name, frozenset(members), 0, chance.randint(1, number)))
            rule, seed = Winners(number, tuple(groups)), bytes([chance.randint(0, 255)]) * 32
            ranking = [[i for i in tie if totals[i]] for tie in ranked(totals)]
            names = [f"o{i}" for i in range(count)]
            lots = Lots(seed, "c", names)
            drawn = [i for tie in ranking for i in lots.drawn(tie)]
            by_lot = {names.index(it["id"]) for it in self.winners(rule, totals, seed)["elected"]}
            self.assertEqual(by_lot, plainly(drawn, rule), (rule, totals))
            value = self.winners(rule, totals)
            found = {names.index(it["id"]) for it in value["elected"]}
            every = [plainly(order, rule) for order in complete_orders(ranking)]
            self.assertTrue(all(found <= front for front in every), (rule, totals))
            if value["tied"]:
                self.assertTrue(any(front != every[0] for front in every), (rule, totals))
            else:
                self.assertTrue(all(front == found for front in every), (rule, totals))
            ties += bool(value["tied"])
            passed += bool(value["passed_over"])
        self.assertTrue(ties > 100 and passed > 100, (ties, passed))

    def test_nobody(self):
        """Fault F6."""
        self.assertEqual(self.winners(Winners(2), [1, 0])["because"], "no_votes")
        self.assertEqual([it["id"] for it in self.winners(Winners(2), [1, 0])["elected"]], ["o0"])
        value = self.winners(Winners(1), [5, 1], quorum=False)
        self.assertEqual((value["elected"], value["open"], value["because"], value["reserves"]), ([], 1, "no_quorum", []))

    def test_motions(self):
        def decide(totals, *conditions, circumstances=FREE):
            outcome = Choose(3, False, 0, 1).count(totals, circumstances.weight)
            value = motion_value(Motion(0, 2, conditions), outcome, circumstances)
            self.assertEqual(value["passed"], value["because"] is None)
            return value["because"], [(it["base"], it["reached"]) for it in value["conditions"]]

        half = Condition("votes", "more_than", 1, 2)
        self.assertEqual(decide([30, 40, 30], half), ("condition", [(60, False)]))
        self.assertEqual(decide([31, 39, 30], half), (None, [(61, True)]))
        both = Condition("ballots", "at_least", 2, 3), Condition("roll", "more_than", 1, 3)
        self.assertEqual(decide([67, 20, 13], *both), (None, [(100, True), (200, True)]))
        self.assertEqual(decide([66, 20, 14], *both), ("condition", [(100, False), (200, False)]))
        none = Circumstances(False, 100, 200)
        self.assertEqual(decide([31, 39, 30], half, circumstances=none)[0], "no_quorum")
        least = Condition("votes", "at_least", 1, 2)
        self.assertEqual(decide([0, 0, 0], least, circumstances=Circumstances(True, 0, 9)), ("no_votes", [(0, True)]))

    def test_words(self):
        """The report as text says what was decided, by which rule, and how ties fell."""
        north = Group("north", frozenset({0, 1}), at_most=1)
        elected = self.winners(Winners(3, (north,)), [9, 8, 7, 5, 5], seed=b"\x01" * 32)
        first = elected["elected"][2]["id"]
        last = {"o3": "o4", "o4": "o3"}[first]
        open_tie = self.winners(Winners(2), [9, 5, 5, 0])
        no_quorum = self.winners(Winners(1), [5, 1], quorum=False)
        outcome = Choose(2, False, 0, 1).count([6, 2], 9)
        conditions = Condition("votes", "at_least", 2, 3), Condition("roll", "more_than", 3, 4)
        fails = motion_value(Motion(0, 1, conditions), outcome, Circumstances(True, 9, 9))
        passes = motion_value(Motion(0, 1, conditions[:1]), outcome, FREE)
        drawn = Lots(b"\x01" * 32, "c", list("abcdef"))
        lists = ((0, (2, 3)), (1, (4, 5)))
        outcome = Lists(6, False, lists, 2, False).count([5, 5, 4, 4, 3, 1], 10)
        seats = seats_value(Seats(3, "dhondt", "preferences"), lists, outcome, drawn, Circumstances(True, 10, 10, drawn.seed))
        for decided, lines in (
            (
                {"winners": elected},
                [
                    f"elected, 3 of 3: o0 (by the ranking), o2 (moved up, because others were passed over), {first} (by lot)",
                    "passed over, because of the group north: o1",
                    f"next in order: o1 > {last}",
                ],
            ),
            (
                {"winners": open_tie},
                [
                    "elected, 1 of 2: o0 (by the ranking)",
                    "a tie that nothing decides: o1 = o2",
                    "places that stay open: 1, because of a tie",
                ],
            ),
            (
                {"winners": no_quorum},
                ["elected, 0 of 1: nobody", "places that stay open: 1, because there is no quorum"],
            ),
            (
                {"passes": fails},
                [
                    "the motion DOES NOT PASS, because a condition is not reached: 6 for, 2 against",
                    "  votes for it, at least 2/3 of the votes for and against (8): reached",
                    "  votes for it, more than 3/4 of the weight of all voters who have the contest (9): NOT REACHED",
                ],
            ),
            (
                {"passes": passes},
                [
                    "the motion passes: 6 for, 2 against",
                    "  votes for it, at least 2/3 of the votes for and against (8): reached",
                ],
            ),
        ):
            self.assertEqual(decision_lines(decided), lines)
        self.assertEqual(
            decision_lines({"seats": seats}),
            [
                "seats: 3, by D'Hondt",
                "  list a: 2, of them by lot: 1; elected: c (by preferences), d (by preferences)",
                "  list b: 1; elected: e (by preferences)",
                "    next in order: f",
            ],
        )
        contest = {"id": "c", "ballots": 9, "weight": 9, "withheld": None, "options": [], "blank": None, "ranking": []}
        quorum = {"counted": 5, "base": 6, "fraction": [1, 2], "rule": "more_than", "reached": True}
        report = Report("complete")
        report.result = {"quorum": quorum, "lot": "01" * 32, "contests": [contest | {"passes": passes}]}
        self.assertEqual(
            report.text().splitlines()[:5],
            [
                "quorum: more than 1/2 of 6: 5: reached",
                f"ties are decided by the lot with the seed {'01' * 32}",
                "c: 9 ballots of weight 9",
                "  the motion passes: 6 for, 2 against",
                "    votes for it, at least 2/3 of the votes for and against (8): reached",
            ],
        )
        report.result["quorum"] = quorum | {"counted": 3, "reached": False}
        self.assertEqual(
            report.text().splitlines()[0],
            "quorum: more than 1/2 of 6: 3: NOT REACHED: nobody is elected, and no motion passes",
        )

    def test_people(self):
        """All ways to give 0 to 4 seats to three candidates with few preferences, against a plain rule."""
        for totals, seats, people in itertools.product(
            itertools.product(range(3), repeat=3), range(5), ("order", "preferences", "preferences_then_order")
        ):
            for seed in (None, b"\x05" * 32):
                lots = Lots(seed, "c", ["o0", "o1", "o2"])
                value = list_value(0, (0, 1, 2), seats, 0, people, list(totals), lots)
                front = [it["id"] for it in value["elected"]]
                with self.subTest(totals=totals, seats=seats, people=people, seed=seed):
                    self.assertEqual(len(front) + value["open"], seats)
                    everybody = front + value["tied"] + sum(value["reserves"], [])
                    self.assertEqual(sorted(everybody), ["o0", "o1", "o2"])
                    if people == "order":
                        self.assertEqual(front, ["o0", "o1", "o2"][:seats])
                    else:
                        order = sorted(range(3), key=lambda i: -totals[i])
                        if people == "preferences" and seed:
                            order = sorted(range(3), key=lambda i: (-totals[i], lots.drawn([0, 1, 2]).index(i)))
                        best = {f"o{i}" for i in order[:seats]}
                        self.assertTrue(set(front) <= best if value["tied"] else set(front) == best)
                    self.assertEqual(bool(value["tied"]), value["because"] == "tie")
                    self.assertEqual(seats > 3, value["because"] == "no_candidates")


def contains(found, expected):
    """Whether a value has everything that is expected. Objects may have more fields."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(name in found and contains(found[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(contains, found, expected))
    return found == expected


class Published(unittest.TestCase):
    def test_published(self):
        """Outcomes that others published, with their sources: spec/vectors/published.json."""
        with open(os.path.join(paths.VECTORS, "published.json")) as file:
            cases = json.load(file)
        for case in cases:
            options = [f"o{number}" for number in range(case["options"])]
            schema = Schema(languages=["en"])
            rule = read_rule(schema, "rule", case["rule"], options, 1, 1_000_000)
            decision = case["decision"]
            winners = read_winners(schema, "winners", decision["winners"], options) if "winners" in decision else None
            passes = read_motion(schema, "passes", decision["passes"], options, rule) if "passes" in decision else None
            self.assertEqual(schema.problems, [], case["name"])
            circumstances = Circumstances(True, case["weight"], case["eligible_weight"])
            contest = Contest("c", rule, options, 0, winners, passes)
            outcome = rule.count(case["totals"], case["weight"])
            found = contest_value(contest, case["weight"], None, outcome, circumstances)
            with self.subTest(case["name"]):
                self.assertTrue(contains(found, case["expected"]), found)


if __name__ == "__main__":
    unittest.main()
