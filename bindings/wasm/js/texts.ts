// What an election is, for people: from a manifest that the library has read and whose rules hold.

import { invalid } from './errors.js';
import type { Contest, Style } from './types.js';

type Text = Readonly<Record<string, string>>;

interface Described {
  readonly id: string;
  readonly title: Text;
  readonly description?: Text;
}

interface Manifest {
  readonly kind: 'real' | 'rehearsal';
  readonly languages: readonly string[];
  readonly title: Text;
  readonly description?: Text;
  readonly revoting: 'last_counts' | 'not_allowed';
  readonly weights: { readonly unit: Text; readonly max: number };
  readonly contests: readonly (Described & { readonly rule: Contest['rule']; readonly options: readonly Described[] })[];
  readonly styles: readonly Style[];
}

/** The texts of an election. */
export class Texts {
  private readonly manifest: Manifest;

  /** @internal */
  constructor(
    /** The manifest as it was published. */
    readonly manifestText: string,
    private readonly preferred: string | undefined,
  ) {
    this.manifest = JSON.parse(manifestText, bare) as Manifest;
    this.language(preferred);
  }

  /** Whether the result means something, or nothing: a rehearsal. */
  get kind(): 'real' | 'rehearsal' {
    return this.manifest.kind;
  }

  /** The languages of all texts. */
  get languages(): readonly string[] {
    return [...this.manifest.languages];
  }

  /** Whether a further ballot takes the place of the one before. */
  get revoting(): boolean {
    return this.manifest.revoting === 'last_counts';
  }

  /** The ballot styles: which contests a voter gets. */
  get styles(): readonly Style[] {
    return structuredClone(this.manifest.styles) as Style[];
  }

  /** What the election is called. */
  title(language?: string): string {
    return this.manifest.title[this.language(language)] ?? '';
  }

  /** The contests with their rules and options, in the order of the manifest; of one style, if one is named. */
  contests(language?: string, style?: string): readonly Contest[] {
    const chosen = this.language(language);
    const of = (text: Text | undefined) => text?.[chosen] ?? null;
    const described = ({ id, title, description }: Described) => ({ id, title: of(title) ?? '', description: of(description) });
    const all = this.manifest.contests.map((contest) => ({
      ...described(contest),
      rule: structuredClone(contest.rule),
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

/** Objects without a prototype: what the manifest leaves out is not looked up elsewhere. */
function bare(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.assign(Object.create(null), value) : value;
}
