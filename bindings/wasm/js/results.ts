// The result as the verifier computes it: see spec/record.md#result. Totals and weights are exact.

/** Options from the first place to the last; those that tie stand together. */
export type Ranking = readonly (readonly string[])[];

/** The result of one option. Which fields it has depends on the kind of the contest. */
export interface OptionResult {
  readonly id: string;
  /** The total, of all kinds but `grades` and `pairs`. */
  readonly total?: bigint;
  /** The average of a `score`: numerator and denominator, reduced. */
  readonly average?: readonly [bigint, bigint];
  /** The totals of the grades, the best first. */
  readonly grades?: readonly bigint[];
  /** The majority grade; `null` if nobody voted. */
  readonly grade?: string | null;
}

/** Who is elected, where the rule says how many are. */
export interface Winners {
  /** How many are to be elected. */
  readonly number: number;
  /** Who is, in the order of the ranking. */
  readonly elected: readonly string[];
  /** Who ties for the places that are left: nobody draws lots here. */
  readonly tied: readonly string[];
}

/** Who stands above whom, in a contest of the kind `pairs`. */
export interface PairsResult {
  /** For each option, in the order of the manifest, the weight that ranks it above each other one; 0 for itself. */
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
  /** How many seats stay open. */
  readonly open: number;
}

/** The result of one contest. Totals are exact. */
export interface ContestResult {
  readonly id: string;
  readonly ballots: bigint;
  readonly weight: bigint;
  /** Why the totals are withheld, if they are: then `options` is empty, and nobody can decrypt them. */
  readonly withheld: 'too_few_ballots' | 'rare_weight' | null;
  readonly options: readonly OptionResult[];
  /** The blank votes, where the rule has them. */
  readonly blank: bigint | null;
  /** The options, or of `lists` the lists; empty where the totals are withheld. */
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
  readonly counted_ballots: bigint;
  readonly counted_weight: bigint;
  readonly quorum: { readonly counted: bigint; readonly base: bigint; readonly fraction: readonly [number, number]; readonly rule: string; readonly reached: boolean } | null;
  readonly contests: readonly ContestResult[];
}
