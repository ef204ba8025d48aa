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

/** Why places or seats stay open. */
export type OpenBecause = 'no_quorum' | 'tie' | 'groups' | 'no_votes';

/** Who is elected, if the contest has winners. */
export interface Winners {
  /** The number of options to elect. */
  readonly number: number;
  /** The elected options, in the order in which they took their places, each with the part of the rule that elected it. */
  readonly elected: readonly { readonly id: string; readonly by: 'ranking' | 'moved_up' | 'lot' }[];
  /** The options that the limit of a group kept from a place. */
  readonly passed_over: readonly { readonly id: string; readonly group: string }[];
  /** The options that tie for the places that stay open. */
  readonly tied: readonly string[];
  /** The number of places that stay open. */
  readonly open: number;
  readonly because: OpenBecause | null;
  /** The other options with a vote, from the one that moves up first. */
  readonly reserves: Ranking;
}

/** Whether a motion passes. */
export interface MotionResult {
  readonly for: bigint;
  readonly against: bigint;
  readonly conditions: readonly {
    readonly of: 'votes' | 'ballots' | 'roll';
    readonly base: bigint;
    readonly fraction: readonly [number, number];
    readonly rule: 'more_than' | 'at_least';
    readonly reached: boolean;
  }[];
  readonly passed: boolean;
  /** Why it does not pass; `null` if it passes. */
  readonly because: 'no_quorum' | 'no_votes' | 'condition' | null;
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
  readonly number: number;
  readonly method: 'dhondt' | 'sainte_lague' | 'largest_remainder';
  readonly people: 'preferences' | 'preferences_then_order' | 'order';
  readonly lists: readonly ListSeats[];
  /** The lists with equal claims to the seats that no list gets. */
  readonly tied: readonly string[];
  /** The number of seats that no list gets. */
  readonly open: number;
  readonly because: OpenBecause | null;
}

/** The seats of a list, and the people who take them. */
export interface ListSeats {
  readonly id: string;
  readonly seats: number;
  /** How many of the seats the list has by lot. */
  readonly by_lot: number;
  /** The candidates who take the seats, each with the part of the rule that decided it. */
  readonly elected: readonly { readonly id: string; readonly by: 'preferences' | 'order' | 'lot' }[];
  /** The candidates who tie for the seats of the list that stay open. */
  readonly tied: readonly string[];
  readonly open: number;
  readonly because: 'tie' | 'no_candidates' | null;
  /** The other candidates, from the one that moves up first. */
  readonly reserves: Ranking;
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
  /** What ranks the options. */
  readonly ranked_by: 'totals' | 'majority_judgment' | 'schulze' | 'ranked_pairs' | 'copeland';
  /** The ranking of the options, or for the kind `lists` of the lists; empty if the totals are withheld. */
  readonly ranking: Ranking;
  readonly winners?: Winners;
  readonly passes?: MotionResult;
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
  /** The seed of the lot that decides ties, if the manifest asks for one. */
  readonly lot: string | null;
  readonly contests: readonly ContestResult[];
}
