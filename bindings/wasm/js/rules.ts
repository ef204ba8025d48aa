// The rules of contests as they stand in the manifest, and what is marked in them: see spec/contests.md and spec/ballot.md#choices.

/** What all rules but `lists` and `split` have in common. */
interface Counted {
  /** Whether there is a blank vote, which excludes everything else. */
  readonly blank: boolean;
  /** How many options are elected, if the manifest says so. */
  readonly winners?: number;
}

/** Choose some of the options. Marked by {@link OptionsMark}. */
export interface ChooseRule extends Counted {
  readonly kind: 'choose';
  /** At least so many. */
  readonly min: number;
  /** At most so many. */
  readonly max: number;
}

/** Give each option points. Marked by {@link PointsMark}. */
export interface ScoreRule extends Counted {
  readonly kind: 'score';
  /** The most points of one option. */
  readonly max: number;
  /** How many points all options have together, if that is limited. */
  readonly total?: { readonly at_most: number } | { readonly exactly: number };
}

/** Distribute points over the options. Marked by {@link PointsMark}. */
export interface CumulativeRule extends Counted {
  readonly kind: 'cumulative';
  /** How many points a voter has. */
  readonly points: number;
  /** The most points of one option. */
  readonly max: number;
  /** Whether all points have to be given. */
  readonly exact: boolean;
}

/** Divide the own weight, exactly, among the options. Marked by {@link PointsMark}. */
export interface SplitRule {
  readonly kind: 'split';
  /** The largest weight that can be divided. What a voter divides is the weight of the credential. */
  readonly max: number;
  /** How many options are elected, if the manifest says so. */
  readonly winners?: number;
}

/** Buy votes for options: `v` votes for one option cost `v * v` credits. Marked by {@link PointsMark}. */
export interface QuadraticRule extends Counted {
  readonly kind: 'quadratic';
  /** How many credits a voter has. */
  readonly credits: number;
}

/** Choose a list, and prefer some of its candidates. Lists and candidates are options. Marked by {@link ListMark}. */
export interface ListsRule {
  readonly kind: 'lists';
  /** The lists with their candidates. */
  readonly lists: readonly { readonly list: string; readonly candidates: readonly string[] }[];
  /** At most so many preferences. */
  readonly preferences: number;
  /** Whether preferences may be for candidates of other lists than the chosen one. */
  readonly across: boolean;
  /** Of which candidates only so many may be preferred together. */
  readonly groups?: readonly { readonly candidates: readonly string[]; readonly max: number }[];
  /** The seats that the lists compete for. */
  readonly seats?: { readonly number: number; readonly method: 'dhondt' | 'sainte_lague' | 'largest_remainder' };
  /** Whether there is a blank vote, which excludes everything else. */
  readonly blank: boolean;
}

/** A grade. */
export interface Grade {
  readonly id: string;
  /** In the language that was asked for: text, never markup. */
  readonly title: string;
}

/** Give every option a grade: majority judgment. Marked by {@link GradesMark}. */
export interface GradesRule extends Counted {
  readonly kind: 'grades';
  /** The grades, the best first. */
  readonly grades: readonly Grade[];
}

/** Rank options; each place has a score. Marked by {@link RankingMark}, one option a place. */
export interface PositionalRule extends Counted {
  readonly kind: 'positional';
  /** What the places count, from the first: there are as many as scores. */
  readonly scores: readonly number[];
  /** Whether only the first places may be filled, from none to all. */
  readonly truncated: boolean;
}

/** Rank options; who stands above whom is counted. Marked by {@link RankingMark}. */
export interface PairsRule extends Counted {
  readonly kind: 'pairs';
  /** Whether options may share a place. Then those that are left out share the last; else every option is ranked. */
  readonly ties: boolean;
  /** What the ranking of the result is. */
  readonly method: 'schulze' | 'ranked_pairs' | 'copeland';
}

/** The rule of a contest, as it stands in the manifest. Its `kind` says which one. */
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

/** Options that are chosen. */
export interface OptionsMark {
  readonly options: readonly string[];
}

/** Points of options, or votes: integers. An option that is left out has 0. */
export interface PointsMark {
  readonly points: Readonly<Record<string, number>>;
}

/** A list, and the candidates that are preferred. */
export interface ListMark {
  readonly list: string;
  readonly preferences: readonly string[];
}

/** The grade of every option. */
export interface GradesMark {
  readonly grades: Readonly<Record<string, string>>;
}

/** Options from the first place to the last. Those that share a place stand in a list; one alone may stand without. */
export interface RankingMark {
  readonly ranking: readonly (string | readonly string[])[];
}

/** What is marked in one contest: the blank vote, or an object that is named after what it holds. */
export type Mark = 'blank' | OptionsMark | PointsMark | ListMark | GradesMark | RankingMark;
