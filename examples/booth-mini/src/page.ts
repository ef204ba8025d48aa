// The code that both pages share: elements with text that is never markup, the configuration, and the language.

import { loadLight } from 'ballotta/light';
import lightModule from 'ballotta/light.wasm?url';
import { BallottaError, type LightWorker, WorkerElection, WorkerLightElection, loadLightWorker, loadWorker } from 'ballotta/worker';
import { type Words, spoken, words } from './words.js';

/** The configuration that the organiser puts next to the page, as `booth.json`. */
export interface Configuration {
  /** The folder of the record, on this server. */
  readonly record: string;
  /** The fingerprint of the election, or `unpinned` if the voter compares it. */
  readonly fingerprint: string;
  /** The address on this server to which ballots are posted. Without it, the voter saves a file. */
  readonly endpoint: string | null;
}

type Content = Node | string;

/** Makes an element with attributes and content. Strings become text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | boolean | EventListener>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (typeof value === 'boolean') made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
}

export function byId<Found extends HTMLElement>(id: string): Found {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as Found;
}

/** Makes a label with its text and control. */
export function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  const labelled = element('label', {}, element('span', {}, label), control);
  if (hint === undefined) return element('div', { class: 'field' }, labelled);
  const id = `hint-${control.getAttribute('name') ?? ''}`;
  control.setAttribute('aria-describedby', id);
  return element('div', { class: 'field' }, labelled, element('span', { class: 'hint', id }, hint));
}

/** A page that shows one step at a time. */
export class Page<E extends WorkerElection | WorkerLightElection = WorkerLightElection> {
  language: string;
  private render: () => void = () => undefined;
  private working = false;

  private constructor(
    readonly configuration: Configuration,
    private readonly read: Reader<E>,
    private opened: E,
    private readonly heading: (words: Words) => string,
  ) {
    this.language = preferred(opened.languages);
  }

  /** The election, with the board as it was last read. */
  get election(): E {
    return this.opened;
  }

  /** Whether the configuration has the fingerprint. If not, the voter compares it. */
  get pinned(): boolean {
    return this.configuration.fingerprint !== 'unpinned';
  }

  /** Reads the election again, because the board may have new entries. Objects of the earlier reading are freed. */
  async refresh(): Promise<void> {
    // If any election was accepted at first, only this one is accepted from then on.
    if (this.opened instanceof WorkerLightElection) return this.opened.refresh();
    const next = await this.read(this.opened.fingerprint);
    await this.opened.free();
    this.opened = next;
  }

  static async open<E extends WorkerElection | WorkerLightElection>(reader: (configuration: Configuration) => Promise<Reader<E>>, heading: (words: Words) => string): Promise<Page<E>> {
    const configuration = await configured();
    const read = await reader(configuration);
    const election = await read(configuration.fingerprint);
    const page = new Page(configuration, read, election, heading);
    const select = byId<HTMLSelectElement>('language');
    const names = (language: string) => new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    select.append(...election.languages.map((language) => element('option', { value: language }, names(language))));
    select.value = page.language;
    select.addEventListener('change', () => {
      page.language = select.value;
      page.frame();
      page.render();
    });
    page.frame();
    return page;
  }

  get words(): Words {
    return words(this.language);
  }

  /** Shows a step, and shows it again when the language changes. */
  step(content: () => readonly Node[]): void {
    this.render = () => {
      byId('main').replaceChildren(...content());
      this.name();
      this.say('');
    };
    this.render();
    byId('main').focus();
    window.scrollTo(0, 0);
  }

  /** Shows a message, also to screen readers. */
  say(text: string, problem = false): void {
    const status = byId('status');
    status.className = problem ? 'problem' : '';
    status.textContent = text;
  }

  /** Runs something that takes a moment. The page does nothing else meanwhile. */
  async busy(work: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    const buttons = [...document.querySelectorAll<HTMLButtonElement | HTMLSelectElement>('button, #language')];
    buttons.forEach((button) => (button.disabled = true));
    this.say(this.words.wait);
    try {
      await work();
    } catch (error) {
      this.say(explain(error, this.words), true);
    } finally {
      this.working = false;
      this.name();
      buttons.forEach((button) => (button.disabled = false));
    }
  }

  /** Gives names and titles, which are not translated, the language of the manifest's texts. */
  private name(): void {
    for (const element of document.querySelectorAll<HTMLElement>('[translate=no]')) element.lang = this.language;
  }

  private frame(): void {
    const { election, words } = this;
    document.documentElement.lang = spoken(this.language);
    document.title = `${election.title(this.language)} · ${this.heading(words)}`;
    document.querySelector('header')!.hidden = false;
    byId('title').textContent = election.title(this.language);
    byId('language-label').textContent = words.language;
    const rehearsal = byId('rehearsal');
    rehearsal.hidden = election.kind !== 'rehearsal';
    rehearsal.textContent = words.rehearsal;
    const compare = byId('compare');
    compare.hidden = this.pinned;
    compare.replaceChildren(words.compareFingerprint, ' ', fingerprint(election));
    byId('fingerprint-label').textContent = words.fingerprint;
    byId('fingerprint').replaceChildren(fingerprint(election));
    this.name();
  }
}

/** Runs a page, or shows why it cannot run. */
export async function run(start: () => Promise<void>): Promise<void> {
  byId('status').textContent = words(navigator.language).wait;
  try {
    await start();
  } catch (error) {
    console.error(error);
    const status = byId('status');
    status.className = 'problem';
    status.textContent = explain(error, words(navigator.language));
  }
}

/** Describes an error. Common errors are described in the reader's language. */
export function explain(error: unknown, words: Words): string {
  // A mistake of this program means nothing to a voter; the console has it.
  if (!(error instanceof BallottaError)) return error instanceof Error && error.constructor === Error ? error.message : words.faults.internal!;
  if (error.code === 'number-revoked') return words.numberRevoked;
  if (error.code === 'code-replaced') return words.codeReplaced;
  return words.faults[error.code] ?? error.message;
}

/** Divides digits into groups of four, which are easier to compare. */
export function grouped(hash: string): string {
  return hash.replace(/(.{4})(?=.)/g, '$1 ');
}

/** The fingerprint in the form that people compare, and the whole value below it. */
function fingerprint({ writtenFingerprint, fingerprint }: WorkerElection | WorkerLightElection): DocumentFragment {
  const both = document.createDocumentFragment();
  both.append(element('code', { translate: 'no' }, written(writtenFingerprint)), element('br'),
    element('small', {}, element('code', { translate: 'no' }, grouped(fingerprint))));
  return both;
}

/** A tracker or a voter number, which may be broken into lines after its hyphens only. */
export function written(text: string): DocumentFragment {
  const parts = document.createDocumentFragment();
  for (const group of text.split(/(?<=-)/)) parts.append(group, element('wbr'));
  return parts;
}

/** Saves a file that the person gives to somebody else. */
export function save(name: string, content: string | Uint8Array): void {
  const type = typeof content === 'string' ? 'text/plain' : 'application/octet-stream';
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type }));
  element('a', { href: url, download: name }).click();
  // The address is revoked later, since some browsers read it with a delay.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The time that a server may take to send the record, in milliseconds. */
const PATIENCE = 120_000;

/** Opens the election with this fingerprint. */
type Reader<E> = (fingerprint: string) => Promise<E>;

/** The light client. The page fetches and compiles it while the worker starts and `booth.json` is read. */
const light: Promise<LightWorker> = loadLightWorker({
  module: loadLight(fetch(lightModule, { credentials: 'same-origin' })).then(({ module }) => module),
});
// An error is shown by whoever waits for it.
light.catch(() => undefined);

/** The reader of small parts. */
export async function inParts({ record }: Configuration): Promise<Reader<WorkerLightElection>> {
  const library = await light;
  return (fingerprint) => library.openElection({ url: here(record) }, { fingerprint });
}

/** The reader of the whole board, which says why a ballot does not count. */
export async function whole({ record }: Configuration): Promise<Reader<WorkerElection>> {
  const library = await loadWorker();
  return (fingerprint) => library.openElection({ url: here(record), signal: AbortSignal.timeout(PATIENCE) }, { fingerprint });
}

/** The language of the election that the reader prefers. */
function preferred(languages: readonly string[]): string {
  const base = (language: string) => language.split('-')[0];
  for (const liked of navigator.languages) {
    const found = languages.find((language) => language === liked) ?? languages.find((language) => base(language) === base(liked));
    if (found !== undefined) return found;
  }
  return languages[0] ?? 'en';
}

async function configured(): Promise<Configuration> {
  const response = await fetch('booth.json', { cache: 'no-cache' });
  if (!response.ok) throw new Error('booth.json is missing: it says where the record is');
  const { record, fingerprint, endpoint = null } = (await response.json()) as Partial<Configuration>;
  if (typeof record !== 'string' || typeof fingerprint !== 'string') throw new Error('booth.json names no record');
  return { record, fingerprint, endpoint };
}

/** Resolves an address on this server, and refuses any other server. */
export function here(address: string): string {
  const url = new URL(address, document.baseURI);
  if (url.origin !== location.origin) throw new Error(`${url.origin} is another server`);
  return url.href;
}
