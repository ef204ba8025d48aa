// The texts and rules of an election, from a manifest that the library has read and checked.

import { invalid } from './errors.js';
import type { Attachment, Contest, GradesRule, MotionRule, Rule, Style, WinnersRule } from './types.js';

type Text = Readonly<Record<string, string>>;

interface Described {
  readonly id: string;
  readonly title: Text;
  readonly description?: Text;
  readonly attachments?: readonly (Omit<Attachment, 'title' | 'path'> & { readonly title: Text })[];
}

/** A rule with its texts in all languages. */
type ManifestRule = Exclude<Rule, GradesRule> | (Omit<GradesRule, 'grades'> & { readonly grades: readonly Described[] });

/** The groups of winners with their titles in all languages. */
type ManifestWinners = Omit<WinnersRule, 'groups'> & { readonly groups?: readonly (Omit<NonNullable<WinnersRule['groups']>[number], 'title'> & Described)[] };

interface Manifest {
  readonly kind: 'real' | 'rehearsal';
  readonly languages: readonly string[];
  readonly title: Text;
  readonly description?: Text;
  readonly attachments?: Described['attachments'];
  readonly ballots_per_credential: number;
  readonly credential_authorities: readonly { readonly name: string }[];
  readonly weights: { readonly unit: Text; readonly max: number };
  readonly contests: readonly (Described & {
    readonly rule: ManifestRule;
    readonly winners?: ManifestWinners;
    readonly passes?: MotionRule;
    readonly order?: Contest['order'];
    readonly options: readonly Described[];
  })[];
  readonly styles: readonly Style[];
}

/** The texts of an election, in every language of the manifest. */
export class Texts {
  private readonly manifest: Manifest;

  /** @internal */
  constructor(
    /** The manifest as it was published, as a JSON value. */
    readonly manifestText: string,
    private readonly preferred: string | undefined,
  ) {
    this.manifest = JSON.parse(manifestText, bare) as Manifest;
    this.language(preferred);
  }

  /** Whether the election is real or a rehearsal, whose result means nothing. */
  get kind(): 'real' | 'rehearsal' {
    return this.manifest.kind;
  }

  /** The languages of all texts. */
  get languages(): readonly string[] {
    return [...this.manifest.languages];
  }

  /** The largest number of ballots of one credential that are admitted. The last one counts; with 1, nobody votes again. */
  get ballotsPerCredential(): number {
    return this.manifest.ballots_per_credential;
  }

  /** The ballot styles, with the contests of each. */
  get styles(): readonly Style[] {
    return structuredClone(this.manifest.styles) as Style[];
  }

  /** The names of the credential authorities: a voter needs one voting code of each. Usually there is one. */
  get authorities(): readonly string[] {
    return this.manifest.credential_authorities.map(({ name }) => name);
  }

  /** The title of the election. */
  title(language?: string): string {
    return this.manifest.title[this.language(language)] ?? '';
  }

  /** The files about the election. Those of contests and options are in {@link contests}. */
  attachments(language?: string): readonly Attachment[] {
    const chosen = this.language(language);
    return (this.manifest.attachments ?? []).map((file) => shown(file, chosen));
  }

  /** The unit of weights, such as "shares". */
  weightUnit(language?: string): string {
    return this.manifest.weights.unit[this.language(language)] ?? '';
  }

  /** The largest weight of a voter: 1 if all ballots count the same. */
  get maxWeight(): bigint {
    return BigInt(this.manifest.weights.max);
  }

  /** The contests with their rules and options, in the order of the manifest; only those of a style, if one is given. */
  contests(language?: string, style?: string): readonly Contest[] {
    const chosen = this.language(language);
    const of = (text: Text | undefined) => text?.[chosen] ?? null;
    const described = ({ id, title, description, attachments }: Described) => ({
      id, title: of(title) ?? '', description: of(description),
      ...(attachments && { attachments: attachments.map((file) => shown(file, chosen)) }),
    });
    const rule = (rule: ManifestRule): Rule => {
      if (rule.kind !== 'grades') return structuredClone(rule);
      return { ...rule, grades: rule.grades.map(({ id, title }) => ({ id, title: of(title) ?? '' })) };
    };
    const winners = ({ number, groups }: ManifestWinners): WinnersRule => ({
      number,
      ...(groups && { groups: groups.map((group) => ({ ...group, title: of(group.title) ?? '' })) }),
    });
    const all = this.manifest.contests.map((contest) => ({
      ...described(contest),
      rule: rule(contest.rule),
      ...(contest.winners && { winners: winners(contest.winners) }),
      ...(contest.passes && { passes: structuredClone(contest.passes) }),
      ...(contest.order && { order: contest.order }),
      options: contest.options.map(described),
    }));
    if (style === undefined) return all;
    const named = this.manifest.styles.find(({ id }) => id === style);
    if (named === undefined) throw invalid('style', 'the election has no such ballot style');
    return all.filter(({ id }) => named.contests.includes(id));
  }

  private language(asked: string | undefined): string {
    const language = asked ?? this.preferred ?? this.manifest.languages[0];
    if (language === undefined || !this.manifest.languages.includes(language)) {
      throw invalid('language', `the election has texts in ${this.manifest.languages.join(', ')}`);
    }
    return language;
  }
}

/** An attachment with its title in one language, and the path of its file. */
function shown(file: NonNullable<Described['attachments']>[number], language: string): Attachment {
  const { type, length, sha256 } = file;
  return { title: file.title[language] ?? '', type, length, sha256, path: `attachments/${sha256}` };
}

/** Returns objects without a prototype, so that a field that the manifest leaves out is not found elsewhere. */
function bare(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.assign(Object.create(null), value) : value;
}
