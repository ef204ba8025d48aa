// The result as the verifier computes it: see spec/record.md#result. Totals and weights are exact.

/** Options from the first place to the last; options that tie are in one list. */
export type Ranking = readonly (readonly string[])[];

/** The result of one option. Its fields depend on the kind of the contest. */
export interface OptionResult {
  readonly id: string;
  /** The total, for all kinds except `grades` and `pairs`. */
  readonly total?: bigint;
  /** The average for the kind `score`: numerator and denominator, reduced. */
  readonly average?: readonly [bigint, bigint];
  /** The totals of the grades, the best first. */
  readonly grades?: readonly bigint[];
  /** The majority grade; `null` if nobody voted. */
  readonly grade?: string | null;
}

/** The elected options, if the rule says how many options are elected. */
export interface Winners {
  /** The number of options to elect. */
  readonly number: number;
  /** The elected options, in the order of the ranking. */
  readonly elected: readonly string[];
  /** The options that tie for the places that are left. The tie is not broken here. */
  readonly tied: readonly string[];
}

/** The comparison of every pair of options, in a contest of the kind `pairs`. */
export interface PairsResult {
  /** For each option, in the order of the manifest, the weight of the ballots that rank it above each other one; 0 for itself. */
  readonly matrix: readonly (readonly bigint[])[];
  /** The option that beats all others, if there is one. */
  readonly condorcet_winner: string | null;
  readonly schulze: Ranking;
  readonly ranked_pairs: Ranking;
  readonly copeland: Ranking;
}

/** The seats of the lists, in a contest of the kind `lists` with seats. */
export interface SeatsResult {
  readonly lists: readonly { readonly id: string; readonly seats: number }[];
  /** The lists with equal claims to the seats that stay open. */
  readonly tied: readonly string[];
  /** The number of seats that stay open. */
  readonly open: number;
}

/** The result of one contest, with exact totals. */
export interface ContestResult {
  readonly id: string;
  readonly ballots: bigint;
  readonly weight: bigint;
  /** The reason why the totals are withheld, if they are. Then `options` is empty, and the trustees do not decrypt them. */
  readonly withheld: 'too_few_ballots' | 'rare_weight' | null;
  readonly options: readonly OptionResult[];
  /** The total of blank votes, if the rule has them. */
  readonly blank: bigint | null;
  /** The ranking of the options, or for the kind `lists` of the lists; empty if the totals are withheld. */
  readonly ranking: Ranking;
  readonly winners?: Winners;
  readonly pairs?: PairsResult;
  readonly seats?: SeatsResult;
}

/** The result that the verifier computed. */
export interface ElectionResult {
  readonly format: string;
  readonly fingerprint: string;
  readonly eligible_voters: bigint;
  readonly eligible_weight: bigint;
  /** How often the roll was changed during the voting, if the manifest allows changes. */
  readonly roll_changes?: { readonly lost_code: number; readonly late_member: number; readonly error: number; readonly left: number };
  readonly counted_ballots: bigint;
  readonly counted_weight: bigint;
  readonly quorum: { readonly counted: bigint; readonly base: bigint; readonly fraction: readonly [number, number]; readonly rule: string; readonly reached: boolean } | null;
  readonly contests: readonly ContestResult[];
}
