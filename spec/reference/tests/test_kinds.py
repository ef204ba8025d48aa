"""Every kind of contest, from its rule in the manifest to its result in the record."""

import json
import os
import random
import tempfile
import unittest
from dataclasses import replace

import paths  # noqa: F401

from ballot import argument_holds, read_ballot, style_keys
from choices import bits_of_mark, digits, read_choices, written
from contests import Points, Positional, Quadratic, range_digits
from encoding import Refused
from forge import Forge, kinds_manifest, option, small_election
from group import BASE, IDENTITY, multiply
from manifest import Contest, read_manifest
from pairs import Pairs
from record import Record
from test_forms import assignments, packed
from tally import Counted, PartialDecryption, Tally, totals
from test_verifier import write
from verify import verify

GRADES = [option("good"), option("fair"), option("bad")]
LISTS = [{"list": "north", "candidates": ["ada", "bob"]}, {"list": "south", "candidates": ["eve"]}]
GROUPS = [{"candidates": ["ada", "eve"], "max": 1}]
# For every rule: options, rule, allowed choices with their counts, refused choices with the reason.
KINDS = {
    "choose": (
        "a b c",
        {"kind": "choose", "min": 1, "max": 2, "blank": True},
        {'{"options":["a"]}': [1, 0, 0, 0], '{"options":["c","b"]}': [0, 1, 1, 0], '"blank"': [0, 0, 0, 1]},
        {'{"options":[]}': "too few", '{"options":["a","a"]}': "twice", '{"options":["a","b","c"]}': "too many",
         '{"options":["x"]}': "no such option", '{"points":{"a":1}}': "kind", '{"options":["a"],"x":1}': "kind"},
    ),
    "score": (
        "a b",
        {"kind": "score", "max": 5, "total": {"at_most": 7}, "blank": True},
        {'{"points":{"a":5,"b":2}}': [5, 2, 0], '{"points":{}}': [0, 0, 0], '"blank"': [0, 0, 1]},
        {'{"points":{"a":6}}': "points for an option", '{"points":{"a":4,"b":4}}': "too many points",
         '{"points":{"a":true}}': "integer", '{"points":{"x":1}}': "no such option"},
    ),
    "exactly": (
        "a b",
        {"kind": "score", "max": 3, "total": {"exactly": 4}, "blank": True},
        {'{"points":{"a":3,"b":1}}': [3, 0], '"blank"': [0, 1]},
        {'{"points":{"a":3}}': "too few points"},
    ),
    "free": (
        "a b",
        {"kind": "score", "max": 3, "blank": False},
        {'{"points":{"b":2}}': [0, 2], '{"points":{"a":0,"b":3}}': [0, 3]},
        {'"blank"': "no blank vote"},
    ),
    "cumulative": (
        "a b c",
        {"kind": "cumulative", "points": 4, "max": 3, "exact": False, "blank": False},
        {'{"points":{"a":3,"c":1}}': [3, 0, 1]},
        {'{"points":{"a":3,"c":2}}': "too many points"},
    ),
    "split": (
        "yes no",
        {"kind": "split", "max": 6},
        {'{"points":{"yes":1}}': [1], '{"points":{"no":1}}': [0]},
        {'{"points":{"yes":2}}': "weight", '{"points":{}}': "weight", '"blank"': "no blank vote"},
    ),
    "quadratic": (
        "a b",
        {"kind": "quadratic", "credits": 6, "blank": True},
        {'{"points":{"a":2,"b":1}}': [2, 1, 0], '"blank"': [0, 0, 1]},
        {'{"points":{"a":2,"b":2}}': "credits"},
    ),
    "lists": (
        "north ada bob south eve",
        {"kind": "lists", "lists": LISTS, "preferences": 2, "across": False, "groups": GROUPS,
         "seats": {"number": 3, "method": "dhondt", "people": "preferences"}, "blank": True},
        {'{"list":"north","preferences":["bob","ada"]}': [1, 1, 1, 0, 0, 0],
         '{"list":"south","preferences":[]}': [0, 0, 0, 1, 0, 0], '"blank"': [0, 0, 0, 0, 0, 1]},
        {'{"list":"north","preferences":["eve"]}': "no candidate of the list",
         '{"list":"ada","preferences":[]}': "no list", '{"list":"north"}': "kind",
         '{"list":"north","preferences":["south"]}': "no candidate"},
    ),
    "across": (
        "north ada bob south eve",
        {"kind": "lists", "lists": LISTS, "preferences": 2, "across": True, "groups": GROUPS, "blank": True},
        {'{"list":"north","preferences":["bob","eve"]}': [1, 0, 1, 0, 1, 0], '"blank"': [0, 0, 0, 0, 0, 1]},
        {'{"list":"north","preferences":["ada","eve"]}': "group",
         '{"list":"north","preferences":["ada","bob","eve"]}': "too many preferences"},
    ),
    "grades": (
        "a b",
        {"kind": "grades", "grades": GRADES, "blank": True},
        {'{"grades":{"b":"bad","a":"good"}}': [1, 0, 0, 0, 0], '"blank"': [0, 0, 0, 0, 1]},
        {'{"grades":{"a":"good"}}': "no grade", '{"grades":{"a":"good","b":"best"}}': "no such grade"},
    ),
    "positional": (
        "a b c",
        {"kind": "positional", "scores": [3, 1], "truncated": False, "blank": True},
        {'{"ranking":[["c"],["a"]]}': [1, 0, 3, 0], '{"ranking":["b","a"]}': [1, 3, 0, 0], '"blank"': [0, 0, 0, 1]},
        {'{"ranking":["a"]}': "too few", '{"ranking":["a","b","c"]}': "too many", '{"ranking":[["a","b"]]}': "share",
         '{"ranking":[["a"],[]]}': "empty tie", '{"ranking":["a","a"]}': "twice"},
    ),
    "truncated": (
        "a b c",
        {"kind": "positional", "scores": [3, 2, 1], "truncated": True, "blank": True},
        {'{"ranking":["b"]}': [0, 3, 0, 0], '{"ranking":[]}': [0, 0, 0, 0], '"blank"': [0, 0, 0, 1]},
        {},
    ),
    "pairs": (
        "a b c",
        {"kind": "pairs", "ties": False, "method": "ranked_pairs", "blank": True},
        {'{"ranking":["b","a","c"]}': [0, 1, 1, 0], '"blank"': [0, 0, 0, 1]},
        {'{"ranking":["b","a"]}': "left out", '{"ranking":["b",["a","c"]]}': "tie"},
    ),
    "ties": (
        "a b c",
        {"kind": "pairs", "ties": True, "method": "schulze", "blank": True},
        {'{"ranking":[["b"],["a","c"]]}': [0, 0, 1, 1, 0, 0, 0], '{"ranking":["b"]}': [0, 0, 1, 1, 0, 0, 0],
         '{"ranking":[]}': [0] * 7, '{"ranking":[["a","b"]]}': [0, 1, 0, 1, 0, 0, 0], '"blank"': [0] * 6 + [1]},
        {'{"ranking":["b","b"]}': "twice"},
    ),
}  # fmt: skip
RULES = {name: kind[:2] for name, kind in KINDS.items()}


def manifest_of(*names, **fields):
    return kinds_manifest({name: RULES[name] for name in names or RULES}, **fields)


def ties_of(chance, names):
    some = chance.sample(names, 10)
    cuts = sorted(chance.sample(range(11), 4))
    return [tie for tie in (some[a:b] for a, b in zip(cuts, cuts[1:])) if tie]


def one_trustee(manifest):
    trustees = manifest["trustees"] | {"threshold": 1, "minimum_confirmed": 1, "members": [{"name": "anna"}]}
    return manifest | {"trustees": trustees}


class Choices(unittest.TestCase):
    def setUp(self):
        self.manifest = Forge(manifest_of()).manifest

    def test_marks(self):
        for contest in self.manifest.contests:
            _, _, allowed, refused = KINDS[contest.id]
            form = contest.rule.form
            for mark, counts in allowed.items():
                with self.subTest(contest.id, mark=mark):
                    bits = bits_of_mark(contest, json.loads(mark))
                    self.assertEqual((len(bits), set(bits) | {0, 1}), (form.bits, {0, 1}))
                    values = [row.value(bits) for row in form.rows]
                    self.assertEqual(tuple(values[: form.slots]), packed(contest.rule, counts))
                    self.assertEqual(values[form.slots :], [row.target(1) for row in form.rows[form.slots :]])
            for mark, why in refused.items():
                with self.subTest(contest.id, mark=mark), self.assertRaisesRegex(Refused, why):
                    bits_of_mark(contest, json.loads(mark))

    def test_digits(self):
        self.assertEqual([digits(number, 5) for number in (2, 3)], [[0, 0, 1], [1, 0, 1]])
        for maximum in range(70):
            for number in range(maximum + 1):
                weights = range_digits(maximum)
                self.assertEqual(sum(w * bit for w, bit in zip(weights, digits(number, maximum))), number)

    def test_large(self):
        """Selections of large forms satisfy all rows."""
        chance = random.Random(7)
        names = [f"o{i}" for i in range(12)]
        for rule, make in (
            (Pairs(12, True, False, "schulze"), lambda: {"ranking": chance.sample(names, 12)}),
            (Pairs(12, True, True, "schulze"), lambda: {"ranking": ties_of(chance, names)}),
            (Positional(12, True, tuple(range(9, 0, -1)), True), lambda: {"ranking": chance.sample(names, 5)}),
            (Quadratic(12, True, 1000), lambda: {"points": {name: chance.randrange(9) for name in names}}),
            (Points(12, True, 1000, 9999, False, True), lambda: {"points": {n: chance.randrange(800) for n in names}}),
        ):
            contest = Contest("c", rule, names, 0)
            for mark in ["blank"] + [make() for _ in range(20)]:
                bits = bits_of_mark(contest, mark)
                for row in rule.form.rows[rule.slots :]:
                    self.assertEqual(row.value(bits), row.constant, (rule, mark))

    def test_texts(self):
        style = next(style for style in self.manifest.styles if style.id == "only-ties")
        self.assertEqual(len(read_choices(b' { "ties" : "blank" } ', self.manifest, style, 1)), style.form.bits)
        for text in ('{"ties":"blank","choose":"blank"}', "{}", '["ties"]', '{"ties":"blank","ties":"blank"}',
                     '{"ti\\u0065s":"blank"}', '{"ties":{"ranking":["a"],"x":1}}',
                     " " * 2**18 + '{"ties":"blank"}'):  # fmt: skip
            with self.subTest(text[:30]), self.assertRaises(Refused):
                read_choices(text.encode(), self.manifest, style, 1)
        self.assertEqual(written({"a": {"points": {"x": 0}}}), b'{"a":{"points":{"x":0}}}')


class Rules(unittest.TestCase):
    def refused(self, name, change, why, **fields):
        options, rule = RULES[name]
        rule = {field: value for field, value in (rule | change).items() if value is not None}
        document = Forge(manifest_of(name)).document | fields
        document["contests"][0]["rule"] = rule
        if "options" in fields:
            document["contests"][0]["options"] = document.pop("options")
        with self.subTest(name, change=change), self.assertRaises(Refused) as refused:
            read_manifest(json.dumps(document).encode())
        self.assertIn(f"contests[0].rule{why}:", str(refused.exception))

    def test_restrictions(self):
        many = [option(f"o{i}") for i in range(13)]
        two_lists = [{"list": "north", "candidates": ["ada", "bob"]}, {"list": "south", "candidates": ["ada"]}]
        for name, change, why in (
            ("choose", {"kind": "chose"}, ".kind"),
            ("choose", {"kind": []}, ".kind"),
            ("choose", {"max": 4}, ".max"),
            ("choose", {"extra": 1}, ""),
            ("choose", {"winners": 1}, ""),
            ("choose", {"blank": 1}, ".blank"),
            ("score", {"max": 0}, ".max"),
            ("score", {"max": 1_000_001}, ".max"),
            ("score", {"total": {"at_most": 11}}, ".total.at_most"),
            ("score", {"total": {"exactly": 0}}, ".total.exactly"),
            ("score", {"total": {}}, ".total"),
            ("score", {"total": {"at_most": 1, "exactly": 1}}, ".total"),
            ("score", {"total": 5}, ".total"),
            ("cumulative", {"points": 10}, ".points"),
            ("cumulative", {"exact": None}, ""),
            ("split", {"max": 4}, ".max"),  # the largest weight of the manifest is 5
            ("split", {"max": 2**40 + 1}, ".max"),
            ("split", {"blank": False}, ""),
            ("quadratic", {"credits": 0}, ".credits"),
            ("quadratic", {"credits": 10_001}, ".credits"),
            ("lists", {"lists": LISTS[:1]}, ".lists"),
            ("lists", {"lists": LISTS[:1], "blank": False}, ".lists"),
            ("lists", {"lists": two_lists}, ".lists"),
            ("lists", {"preferences": 0}, ".preferences"),
            ("lists", {"preferences": 4}, ".preferences"),
            ("lists", {"groups": []}, ".groups"),
            ("lists", {"groups": [{"candidates": ["north"], "max": 1}]}, ".groups[0].candidates"),
            ("lists", {"groups": [{"candidates": ["ada", "ada"], "max": 1}]}, ".groups[0].candidates"),
            ("lists", {"groups": [{"candidates": [], "max": 1}]}, ".groups[0].candidates"),
            ("lists", {"groups": [{"candidates": ["x"], "max": 1}]}, ".groups[0].candidates[0]"),
            ("lists", {"groups": [{"candidates": ["ada"], "max": 1025}]}, ".groups[0].max"),
            ("lists", {"seats": {"number": 0, "method": "dhondt", "people": "order"}}, ".seats.number"),
            ("lists", {"seats": {"number": 1, "method": "hare", "people": "order"}}, ".seats.method"),
            ("lists", {"seats": {"number": 1, "method": "dhondt", "people": "age"}}, ".seats.people"),
            ("lists", {"seats": {"number": 1, "method": "dhondt"}}, ".seats"),
            ("lists", {"seats": {"number": 4, "method": "dhondt", "people": "order"}}, ".seats"),
            ("grades", {"grades": GRADES[:1]}, ".grades"),
            ("grades", {"grades": [option(f"g{i}") for i in range(17)]}, ".grades"),
            ("grades", {"grades": [option("x"), option("x")]}, ".grades"),
            ("grades", {"grades": [option("x"), {"id": "y", "title": {"en": " OPTION X"}}]}, ".grades.title.en"),
            ("grades", {"grades": [option("x"), option("y") | {"description": {"en": "z"}}]}, ".grades[1]"),
            ("positional", {"scores": []}, ".scores"),
            ("positional", {"scores": [0, 0]}, ".scores"),
            ("positional", {"scores": [4, 3, 2, 1]}, ".scores"),
            ("positional", {"scores": [1_000_001]}, ".scores[0]"),
            ("positional", {"truncated": "no"}, ".truncated"),
            ("pairs", {"method": "borda"}, ".method"),
        ):
            self.refused(name, change, why)
        for name, options in (("pairs", many), ("pairs", many[:1]), ("split", many[:1]), ("exactly", many[:1])):
            self.refused(name, {}, "", options=options)
        self.refused("cumulative", {"exact": True, "points": 1}, "", options=many[:1])
        self.refused("positional", {"scores": [1]}, "", options=many[:1])

    def test_sizes(self):
        """The length of a ballot, and totals that are too large."""
        choose = {"kind": "choose", "min": 0, "max": 1, "blank": False}
        grades = {"kind": "grades", "grades": GRADES[:2], "blank": False}
        for rule, total, most, bits, slots in (
            (choose, 2**22, 1017, 1018, 1017),  # as many slots, and a bit more
            (grades, 2000, 814, 1628, 407),  # two counts in a slot
            (grades, 255, 904, 1808, 226),  # four
        ):
            weights = {"unit": {"en": "votes"}, "max": 5, "total": total}
            options = [" ".join(f"o{i}" for i in range(number)) for number in (most, most + 1)]
            form = Forge(kinds_manifest({"c": (options[0], rule)}, weights=weights)).manifest.styles[0].form
            self.assertEqual((form.bits, form.slots), (bits, slots))
            with self.assertRaisesRegex(Refused, r"styles\[0\]: its ballots do not fit an entry of the board"):
                Forge(kinds_manifest({"c": (options[1], rule)}, weights=weights))
        quadratic = {"kind": "quadratic", "credits": 10_000, "blank": False}
        with self.assertRaisesRegex(Refused, r"contests\[0\].rule: the form has too many bits"):
            Forge(kinds_manifest({"q": (" ".join(f"o{i}" for i in range(21)), quadratic)}))
        score = {"s": ("a b", {"kind": "score", "max": 1_000_000, "blank": False})}
        most = 2**44 // 10**6
        self.assertEqual(Forge(kinds_manifest(score, weights=weights | {"total": most})).manifest.total_weight, most)
        with self.assertRaisesRegex(Refused, r"contests\[0\].rule: its totals can become too large"):
            Forge(kinds_manifest(score, weights=weights | {"total": most + 1}))
        split = {"s": ("a b", {"kind": "split", "max": 2**40})}
        weights |= {"max": 2**40, "total": 2**44}
        self.assertEqual(Forge(kinds_manifest(split, weights=weights)).manifest.total_weight, 2**44)
        # 32 slots with the largest totals take one step of each slot too many. The last option has no slot.
        most, names = weights | {"total": 2**44 - 2**22}, [f"o{i}" for i in range(33)]
        many = {"s": (" ".join(names), {"kind": "split", "max": 2**40})}
        self.assertEqual(Forge(kinds_manifest(many, weights=most)).manifest.slots, 32)
        with self.assertRaisesRegex(Refused, "contests: it takes 134217760 steps to find the largest totals"):
            Forge(kinds_manifest(many, weights=weights))
        # Nobody divides more than the weight of all voters together.
        with self.assertRaisesRegex(Refused, r"contests\[0\].rule.max: not an integer from 5 to 5"):
            Forge(kinds_manifest(split, weights=weights | {"max": 5, "total": 5}))

    def test_weights_total(self):
        weights = {"unit": {"en": "votes"}, "max": 5}
        for total in (4, 0, 2**44 + 1, "5", None):
            with self.subTest(total), self.assertRaisesRegex(Refused, r"^weights.total: [^\n]*$"):
                Forge(manifest_of("choose", weights=weights | {"total": total}))
        with self.assertRaisesRegex(Refused, "weights: the field 'total' is missing"):
            Forge(manifest_of("choose", weights=weights))
        for total in (5, 2**44):
            manifest = Forge(manifest_of("choose", weights=weights | {"total": total})).manifest
            self.assertEqual(manifest.total_weight, total)


class Arguments(unittest.TestCase):
    def test_each_row(self):
        """A ballot that breaks only one row is refused; a ballot that breaks none is accepted. In pairs every row follows
        from the others, so another row is broken as well, or those that a flipped bit breaks."""
        forge = Forge(one_trustee(manifest_of()))
        forge.ceremony()
        forge.roll([(style.id, 1) for style in forge.manifest.styles[1:]])
        for voter, (_, name, weight) in enumerate(forge.voters):
            style = next(style for style in forge.manifest.styles if style.id == name)
            keys, form = style_keys(style, forge.joint_key), style.form
            constant = list(form.rows[form.slots :])

            def holds(bits, values=None):
                ballot = read_ballot(forge.ballot(voter, bits, values=values), forge.manifest)
                return argument_holds(ballot, style, keys, forge.fingerprint)

            def broken(row):
                for other in [row, *constant]:
                    self.assertTrue(other is row or name in ("only-pairs", "only-ties"), (name, row))
                    rest = [r for r in constant if r is not row and r is not other]
                    for bits in assignments(form.bits, rest, weight):
                        if row.value(bits) != row.target(weight):
                            return bits
                return [bit ^ (j == row.terms[0][0]) for j, bit in enumerate(honest)]

            honest = next(assignments(form.bits, constant, weight))
            self.assertTrue(holds(honest), name)
            values = [row.value(honest) for row in form.rows[: form.slots]]
            for slot in range(form.slots):
                wrong = [value + (at == slot) for at, value in enumerate(values)]
                self.assertFalse(holds(honest, wrong), (name, slot))
            for at, row in enumerate(constant):
                self.assertFalse(holds(broken(row)), (name, at))

    def test_weight(self):
        """The argument is bound to the weight: with another weight it is not valid, whether a row needs it or not."""
        forge = Forge(one_trustee(manifest_of("choose", "split")))
        forge.ceremony()
        forge.roll([("only-choose", 2), ("only-split", 2)])
        for voter, (_, name, _) in enumerate(forge.voters):
            style = next(style for style in forge.manifest.styles if style.id == name)
            keys = style_keys(style, forge.joint_key)
            bits = next(assignments(style.form.bits, style.form.rows[style.form.slots :], 2))
            ballot = read_ballot(forge.ballot(voter, bits), forge.manifest)
            for weight in (2, 1, 3, 0):
                other = replace(ballot, weight=weight)
                self.assertEqual(argument_holds(other, style, keys, forge.fingerprint), weight == 2)


VOTES = [
    '{"choose":{"options":["a"]},"exactly":{"points":{"a":3,"b":1}},"free":{"points":{"b":2}},'
    '"split":{"points":{"yes":1}},"quadratic":{"points":{"a":2,"b":1}},'
    '"lists":{"list":"north","preferences":["ada","bob"]},'
    '"grades":{"grades":{"a":"good","b":"fair"}},"positional":{"ranking":["a","b"]},"truncated":{"ranking":["c"]},'
    '"pairs":{"ranking":["a","b","c"]},"ties":{"ranking":["a",["b","c"]]}}',
    '{"choose":"blank","exactly":"blank","free":{"points":{}},"split":{"points":{"yes":1,"no":1}},'
    '"quadratic":"blank","lists":"blank","grades":"blank","positional":"blank","truncated":"blank",'
    '"pairs":"blank","ties":"blank"}',
    '{"choose":{"options":["b","c"]},"exactly":{"points":{"a":2,"b":2}},"free":{"points":{"a":3,"b":1}},'
    '"split":{"points":{"no":3}},"quadratic":{"points":{"b":2}},"lists":{"list":"south","preferences":["eve"]},'
    '"grades":{"grades":{"a":"bad","b":"fair"}},"positional":{"ranking":["b","c"]},'
    '"truncated":{"ranking":["a","b","c"]},"pairs":{"ranking":["b","c","a"]},"ties":{"ranking":["b"]}}',
]  # for the weights 1, 2 and 3


class Totals(unittest.TestCase):
    """The sums of ballots without nonces, which hide nothing: [v]G for every slot."""

    def totals(self, total, *counts):
        """The outcomes of ballots of the weights 1, 2, .. with these counts."""
        weights = {"unit": {"en": "votes"}, "max": 5, "total": total}
        manifest = Forge(manifest_of("choose", "score", weights=weights)).manifest
        counted = []
        for weight, of_contests in enumerate(counts, 1):
            slots = [packed(contest.rule, some) for contest, some in zip(manifest.contests, of_contests)]
            counted.append(Counted(0, weight, IDENTITY, [multiply(v, BASE) for v in sum(slots, ())]))
        valid = [PartialDecryption(j, {}) for j in (1, 2)]
        found = totals(manifest, Tally(manifest, counted), bytes(32), valid)
        return manifest, [outcome.options for outcome in found.outcomes]

    def test_bounds(self):
        """Every total up to its bound is found, and none above it, for any number of counts in the slot."""
        most = [[1, 1, 0, 0], [5, 2, 0]], [[1, 1, 0, 0], [5, 0, 0]]
        above = (0, [0, 2, 0, 0]), (0, [0, 0, 0, 2]), (1, [6, 0, 0]), (1, [0, 6, 0]), (1, [0, 0, 2])
        for total, slots in (
            (6, [1, 1]), (100, [1, 1]), (1000, [2, 2]), (2000, [2, 2]), (2**20, [2, 3]), (2**22, [4, 3]),
        ):  # fmt: skip
            with self.subTest(total):
                manifest, (choose, score) = self.totals(total, *most)
                self.assertEqual([contest.rule.slots for contest in manifest.contests], slots)
                self.assertEqual([option["total"] for option in choose + score], [3, 3, 0, 15, 2])
                for contest, counts in above:
                    too_much = list(most[1])
                    too_much[contest] = counts
                    with self.subTest(counts=counts), self.assertRaisesRegex(Refused, "no totals within their bounds"):
                        self.totals(total, too_much, too_much)


class Elections(unittest.TestCase):
    def election(self, votes, manifest, *voters):
        def ballots(forge):
            for number, choices in enumerate(votes):
                voter = [weight for _, _, weight in forge.voters].index(number + 1)
                forge.vote(voter, json.loads(choices))

        forge = small_election(
            None, one_trustee(manifest), roll=lambda f: f.roll([*voters]), ballots=ballots,
            statements=lambda f: f.statement(1), decryptions=lambda f: f.decryption(1),
        )  # fmt: skip
        return self.report(forge)

    def report(self, forge):
        with tempfile.TemporaryDirectory() as scratch:
            report = verify(Record(write(forge, os.path.join(scratch, "record"))))
            self.assertTrue(report.verdict() == "holds", report.text())
            return report

    def test_all_kinds(self):
        """Three voters of the weights 1, 2 and 3, with totals computed by hand. Many, three, two or no counts share a slot."""
        for total, in_slots in ((6, [11, 7, 8, 7]), (1000, [3, 2, 2, 2]), (2000, [2] * 4), (2**22, [1] * 4)):
            with self.subTest(total):
                self.all_kinds({"unit": {"en": "votes"}, "max": 5, "total": total}, in_slots)

    def all_kinds(self, weights, in_slots):
        names = [name for name in RULES if f'"{name}"' in VOTES[0]]
        privacy = {"minimum_counted_ballots": 2, "minimum_ballots_per_weight": 1}
        manifest = manifest_of(*names, privacy=privacy, weights=weights)
        next(contest for contest in manifest["contests"] if contest["id"] == "choose")["winners"] = {"number": 1}
        rules = {contest.id: contest.rule for contest in Forge(one_trustee(manifest)).manifest.contests}
        shared = [rules[name].per_slot for name in ("choose", "exactly", "quadratic", "truncated")]
        self.assertEqual(shared, in_slots)
        report = self.election(VOTES, manifest, ("all", 1), ("all", 2), ("all", 3))
        results = {contest.pop("id"): contest for contest in report.result["contests"]}
        for contest in results.values():
            shared = [contest.pop(name) for name in ("ballots", "weight", "withheld")]
            self.assertEqual(shared, [3, 6, None])
            self.assertEqual(list(contest)[:3], ["options", "blank", "ranked_by"])
        expected = {
            "choose": ({"a": 1, "b": 3, "c": 3}, 2, [["b", "c"], ["a"]]),
            "exactly": ({"a": 9, "b": 7}, 2, [["a"], ["b"]]),
            "free": ({"a": 9, "b": 5}, None, [["a"], ["b"]]),
            "split": ({"yes": 2, "no": 4}, None, [["no"], ["yes"]]),
            "quadratic": ({"a": 2, "b": 7}, 2, [["b"], ["a"]]),
            "lists": ({"north": 1, "ada": 1, "bob": 1, "south": 3, "eve": 3}, 2, [["south"], ["north"]]),
            "positional": ({"a": 3, "b": 10, "c": 3}, 2, [["b"], ["a", "c"]]),
            "truncated": ({"a": 9, "b": 6, "c": 6}, 2, [["a"], ["b", "c"]]),
        }
        for name, (totals, blank, ranking) in expected.items():
            with self.subTest(name):
                found = results[name]
                self.assertEqual({option["id"]: option["total"] for option in found["options"]}, totals)
                self.assertEqual((found["blank"], found["ranking"]), (blank, ranking))
        self.assertEqual(results["choose"]["winners"], {
            "number": 1, "elected": [], "passed_over": [], "tied": ["b", "c"], "open": 1, "because": "tie", "reserves": [["a"]],
        })
        self.assertEqual([o["average"] for o in results["exactly"]["options"]], [[9, 4], [7, 4]])
        self.assertEqual([o["average"] for o in results["free"]["options"]], [[3, 2], [5, 6]])
        nobody = {"by_lot": 0, "elected": [], "tied": [], "open": 0, "because": None, "reserves": []}
        eve = [{"id": "eve", "by": "preferences"}]
        lists = [
            nobody | {"id": "north", "seats": 0, "reserves": [["ada", "bob"]]},
            nobody | {"id": "south", "seats": 2, "elected": eve, "open": 1, "because": "no_candidates"},
        ]
        seats = {"number": 3, "method": "dhondt", "people": "preferences", "lists": lists}
        seats |= {"tied": ["north", "south"], "open": 1, "because": "tie"}
        self.assertEqual(results["lists"]["seats"], seats)
        grades = [{"id": "a", "grades": [1, 0, 3], "grade": "bad"}, {"id": "b", "grades": [0, 4, 0], "grade": "fair"}]
        self.assertEqual(results["grades"], {"options": grades, "blank": 2, "ranked_by": "majority_judgment", "ranking": [["b"], ["a"]]})
        pairs = {
            "matrix": [[0, 1, 1], [3, 0, 4], [3, 0, 0]],
            "condorcet_winner": "b",
            "schulze": [["b"], ["c"], ["a"]],
            "ranked_pairs": [["b"], ["c"], ["a"]],
            "copeland": [["b"], ["c"], ["a"]],
        }
        options = [{"id": name} for name in "abc"]
        expected = {"options": options, "blank": 2, "ranked_by": "ranked_pairs", "ranking": [["b"], ["c"], ["a"]], "pairs": pairs}
        self.assertEqual(results["pairs"], expected)
        self.assertEqual(results["ties"]["pairs"]["matrix"], [[0, 1, 1], [3, 0, 3], [0, 0, 0]])
        self.assertEqual(results["ties"]["ranking"], [["b"], ["a"], ["c"]])

    def test_withheld(self):
        """A rare weight withholds a contest, unless its rule does not multiply by weights."""
        privacy = {"minimum_counted_ballots": 2, "minimum_ballots_per_weight": 2}
        votes = ['{"choose":"blank","split":{"points":{"yes":1}}}', '{"choose":"blank","split":{"points":{"no":2}}}']
        manifest = manifest_of("choose", "split", privacy=privacy)
        report = self.election(votes, manifest, ("all", 1), ("all", 2))
        choose, split = report.result["contests"]
        expected = {"id": "choose", "ballots": 2, "weight": 3, "withheld": "rare_weight"}
        self.assertEqual(choose, expected | {"options": [], "blank": None, "ranked_by": "totals", "ranking": []})
        self.assertEqual([option["total"] for option in split["options"]], [1, 2])

    def test_weights(self):
        """A ballot with another weight than on the roll, and a ballot that divides more than its weight."""
        cases = {
            "ballot.style": lambda f: f.cast(1, f.bits, weight=3, unadmitted=True),
            "ballot.argument": lambda f: f.cast(1, f.bits, unadmitted=True),
        }
        for check, more in cases.items():
            manifest = one_trustee(manifest_of("split"))

            def ballots(forge):
                forge.bits = bits_of_mark(forge.manifest.contests[0], {"points": {"yes": 3}}, 3)
                for voter in (0, 1):
                    forge.vote(voter, {"split": {"points": {"yes": 2}}})
                more(forge)

            forge = small_election(
                None, manifest, roll=lambda f: f.roll([("all", 2), ("all", 2)]), ballots=ballots,
                statements=lambda f: f.statement(1), decryptions=lambda f: f.decryption(1),
            )  # fmt: skip
            with tempfile.TemporaryDirectory() as scratch:
                report = verify(Record(write(forge, os.path.join(scratch, "record"))))
                self.assertEqual([failure.check for failure in report.failures], [check])
                self.assertEqual([o["total"] for o in report.result["contests"][0]["options"]], [4, 0])
                self.assertEqual(len([w for w in report.warnings if "split" in w]), 1)

    def test_roll_too_heavy(self):
        """The sum of the weights must not be above the limit of the manifest; every line at which it is above is named."""
        score = {"s": ("a b", {"kind": "score", "max": 1_000_000, "blank": False})}
        most = 2**44 // 10**6
        manifest = kinds_manifest(score, weights={"unit": {"en": "votes"}, "max": most, "total": most})
        for weights, failures in (((most - 1, 1), []), ((most, 1), [3]), ((most, most, 1), [3, 4])):
            forge = small_election(
                None, one_trustee(manifest), roll=lambda f: f.roll([("all", weight) for weight in weights]),
                ballots=lambda f: None, statements=lambda f: f.statement(1), decryptions=lambda f: f.decryption(1),
            )  # fmt: skip
            with tempfile.TemporaryDirectory() as scratch:
                report = verify(Record(write(forge, os.path.join(scratch, "record"))))
                lines = [failure.place["roll_line"] for failure in report.failures if failure.check == "roll.lines"]
                self.assertEqual((lines, report.holds()), (failures, not failures))


if __name__ == "__main__":
    unittest.main()
