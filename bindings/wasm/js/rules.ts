// The rules of contests as they are in the manifest, and the marks for them: see spec/contests.md and spec/ballot.md#choices.

/** The fields that all rules except `lists` and `split` have in common. */
interface Counted {
  /** Whether there is a blank vote, which excludes everything else. */
  readonly blank: boolean;
}

/** Voters choose some of the options. Marked by {@link OptionsMark}. */
export interface ChooseRule extends Counted {
  readonly kind: 'choose';
  /** The smallest number of options that a voter may choose. */
  readonly min: number;
  /** The largest number of options that a voter may choose. */
  readonly max: number;
}

/** Voters give points to each option. Marked by {@link PointsMark}. */
export interface ScoreRule extends Counted {
  readonly kind: 'score';
  /** The most points of one option. */
  readonly max: number;
  /** The points of all options together, if they are limited. */
  readonly total?: { readonly at_most: number } | { readonly exactly: number };
}

/** Voters distribute points over the options. Marked by {@link PointsMark}. */
export interface CumulativeRule extends Counted {
  readonly kind: 'cumulative';
  /** The number of points that a voter has. */
  readonly points: number;
  /** The most points of one option. */
  readonly max: number;
  /** Whether all points have to be given. */
  readonly exact: boolean;
}

/** Voters divide exactly their weight among the options. Marked by {@link PointsMark}. */
export interface SplitRule {
  readonly kind: 'split';
  /** The largest weight that can be divided. A voter divides the weight of the credential. */
  readonly max: number;
}

/** Voters buy votes for options: `v` votes for one option cost `v * v` credits. Marked by {@link PointsMark}. */
export interface QuadraticRule extends Counted {
  readonly kind: 'quadratic';
  /** The number of credits that a voter has. */
  readonly credits: number;
}

/** Voters choose a list, and prefer some of its candidates. Lists and candidates are options. Marked by {@link ListMark}. */
export interface ListsRule {
  readonly kind: 'lists';
  /** The lists with their candidates. */
  readonly lists: readonly { readonly list: string; readonly candidates: readonly string[] }[];
  /** The largest number of preferences. */
  readonly preferences: number;
  /** Whether preferences may be for candidates of other lists than the chosen one. */
  readonly across: boolean;
  /** Groups of candidates, each with the largest number of preferences for its candidates together. */
  readonly groups?: readonly { readonly candidates: readonly string[]; readonly max: number }[];
  /** The seats that the lists compete for. */
  readonly seats?: {
    readonly number: number;
    readonly method: 'dhondt' | 'sainte_lague' | 'largest_remainder';
    /** Who takes the seats of a list. */
    readonly people: 'preferences' | 'preferences_then_order' | 'order';
  };
  /** Whether there is a blank vote, which excludes everything else. */
  readonly blank: boolean;
}

/** A grade that an option can receive. */
export interface Grade {
  readonly id: string;
  /** The title in the requested language: text, never markup. */
  readonly title: string;
}

/** Voters give every option a grade: majority judgment. Marked by {@link GradesMark}. */
export interface GradesRule extends Counted {
  readonly kind: 'grades';
  /** The grades, the best first. */
  readonly grades: readonly Grade[];
}

/** Voters rank options, and each place has a score. Marked by {@link RankingMark}, one option in each place. */
export interface PositionalRule extends Counted {
  readonly kind: 'positional';
  /** The scores of the places, from the first. The number of places is the number of scores. */
  readonly scores: readonly number[];
  /** Whether only the first places may be filled, from none to all. */
  readonly truncated: boolean;
}

/** Voters rank options, and every pair of options is compared. Marked by {@link RankingMark}. */
export interface PairsRule extends Counted {
  readonly kind: 'pairs';
  /** Whether options may share a place. If so, options that are left out share the last place; if not, all options must be ranked. */
  readonly ties: boolean;
  /** The method of the ranking of the result. */
  readonly method: 'schulze' | 'ranked_pairs' | 'copeland';
}

/** How many options are elected, and the limits for groups of them. */
export interface WinnersRule {
  readonly number: number;
  readonly groups?: readonly {
    readonly id: string;
    /** The title in the requested language: text, never markup. */
    readonly title: string;
    readonly options: readonly string[];
    /** The number of places that are kept for the group. */
    readonly at_least?: number;
    /** The largest number of its options that are elected. */
    readonly at_most?: number;
  }[];
}

/** A share of a base. */
export interface Share {
  readonly rule: 'more_than' | 'at_least';
  /** Numerator and denominator. */
  readonly fraction: readonly [number, number];
}

/** A motion passes if the votes for it satisfy all conditions. */
export interface MotionRule {
  readonly for: string;
  readonly against: string;
  readonly conditions: readonly (Share & { readonly of: 'votes' | 'ballots' | 'roll' })[];
}

/** The rule of a contest, as it is in the manifest. The field `kind` tells the kinds apart. */
export type Rule =
  | ChooseRule
  | ScoreRule
  | CumulativeRule
  | SplitRule
  | QuadraticRule
  | ListsRule
  | GradesRule
  | PositionalRule
  | PairsRule;

/** A mark that lists the chosen options. */
export interface OptionsMark {
  readonly options: readonly string[];
}

/** A mark with points or votes for options, as integers. An option that is left out has 0. */
export interface PointsMark {
  readonly points: Readonly<Record<string, number>>;
}

/** A mark with the chosen list and the preferred candidates. */
export interface ListMark {
  readonly list: string;
  readonly preferences: readonly string[];
}

/** A mark with a grade for every option. */
export interface GradesMark {
  readonly grades: Readonly<Record<string, string>>;
}

/** A mark with options from the first place to the last. Options that share a place are in a list; a single option needs no list. */
export interface RankingMark {
  readonly ranking: readonly (string | readonly string[])[];
}

/** The mark in one contest: the blank vote, or an object whose first field says what it contains. */
export type Mark = 'blank' | OptionsMark | PointsMark | ListMark | GradesMark | RankingMark;
