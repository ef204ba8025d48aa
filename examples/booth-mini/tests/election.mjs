// An election made with the command `ballotta`: two styles, two languages, one witness, and any number of voters.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const command = process.env.BALLOTTA ?? 'ballotta';

/** A text in both languages. */
const text = (en, it) => ({ en, it });

export class Election {
  /** `change` may change the manifest before it is published. */
  constructor(voters, change = () => undefined) {
    this.folder = mkdtempSync(join(tmpdir(), 'booth-'));
    const key = (line) => this.run(line.split(' '));
    const organiser = key('organiser new --out organiser.key');
    const office = key('authority new --out office.key');
    const board = key('board new --name board.example/booth --out board.key');
    const witness = key('witness new --name witness.example --out witness.key');
    const trustee = (number) => {
      writeFileSync(join(this.folder, `pass${number}`), `the passphrase of trustee ${number}\n`);
      return key(`trustee new --out trustee${number}.age --passphrase-file pass${number} --work-factor 4`);
    };
    const trustees = [trustee(1), trustee(2)];
    this.run(['manifest', 'new', '--title', 'Chess club', '--rehearsal', '--language', 'en',
      '--contest', 'chair=Chair', '--option', 'chair/ada=Ada', '--option', 'chair/emmy=Emmy', '--blank',
      '--organiser', organiser, '--authority', `Office=${office}`, '--trustee', `Anna=${trustees[0]}`,
      '--trustee', `Bruno=${trustees[1]}`, '--threshold', '2', '--board', `board.example/booth=${board}`,
      '--witness', `witness.example=${witness}`, '--closing', 'statements', '--minimum-ballots', '2',
      '--out', 'drawn.json']);
    const manifest = JSON.parse(this.read('drawn.json'));
    manifest.languages = ['en', 'it'];
    manifest.title = text('Chess club, spring', 'Circolo degli scacchi, primavera');
    manifest.weights = { unit: text('votes', 'voti'), max: 3, total: 1000 };
    const option = (id, en, it, description) => ({ id, title: text(en, it), ...(description ? { description } : {}) });
    manifest.contests = [
      {
        id: 'chair',
        title: text('Who chairs the club?', 'Chi presiede il circolo?'),
        rule: { kind: 'choose', min: 1, max: 1, blank: true },
        options: [
          option('ada', 'Ada', 'Ada', text('Chair since last year', 'Presiede dall’anno scorso')),
          option('emmy', 'Emmy', 'Emmy'),
          option('bobby', '<img src=x onerror="document.title=\'owned\'">', '<b>Bobby</b>'),
        ],
      },
      {
        id: 'days',
        title: text('On which days shall we play?', 'In quali giorni giochiamo?'),
        rule: { kind: 'choose', min: 0, max: 2, blank: true },
        options: [option('monday', 'Monday', 'lunedì'), option('friday', 'Friday', 'venerdì'), option('sunday', 'Sunday', 'domenica')],
      },
      {
        id: 'statute',
        title: text('Do you approve the new statute?', 'Approvi il nuovo statuto?'),
        rule: { kind: 'choose', min: 1, max: 1, blank: false },
        options: [option('yes', 'Yes', 'Sì'), option('no', 'No', 'No')],
      },
    ];
    manifest.styles = [{ id: 'members', contests: ['chair', 'days', 'statute'] }, { id: 'juniors', contests: ['chair', 'days'] }];
    change(manifest);
    writeFileSync(join(this.folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    this.manifest = manifest;
    key('record new --manifest manifest.json --board-key board.key record');
    for (const round of [1, 2, 3, 4]) {
      for (const number of [1, 2]) {
        key(`trustee ceremony record --key trustee${number}.age --passphrase-file pass${number} --out trustee${number}.${round}`);
        this.add(`trustee${number}.${round}`);
      }
    }
    this.voters = voters;
    writeFileSync(join(this.folder, 'list.csv'), `style,weight\n${voters.map(({ style, weight }) => `${style},${weight}\n`).join('')}`);
    this.fingerprint = JSON.parse(key('credentials issue record --list list.csv --codes codes.csv --json')).fingerprint;
    const letters = this.read('codes.csv').trim().split('\n').slice(1).map((line) => line.split(','));
    // What the credential authority prints in the letter of each voter.
    [this.codes, this.numbers] = [1, 2].map((column) => letters.map((letter) => letter[column]));
    key(`authority sign record --key office.key --fingerprint ${this.fingerprint} --out roll.signature`);
    this.add('roll.signature');
    key('organiser open record --key organiser.key --out opening');
    this.add('opening');
  }

  run(words) {
    return execFileSync(command, words, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  }

  read(name) {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  add(...files) {
    this.run(['board', 'add', 'record', '--board-key', 'board.key', '--receipts', 'receipts', ...files]);
  }

  /** The receipt of the ballot with this tracker in its written form, and one that the board signs for the entry before it. */
  receipts(written) {
    const texts = readdirSync(join(this.folder, 'receipts')).map((name) => this.read(`receipts/${name}`));
    const kept = texts.find((text) => this.run(['inspect', this.keep('asked.receipt', text), '--json']).includes(written));
    const [text, line] = kept.split('\n\n');
    const lines = text.split('\n');
    lines[3] = String(Number(lines[3]) - 1);
    const changed = `${lines.join('\n')}\n`;
    const seed = Buffer.from(this.read('board.key').split('\n')[1], 'hex');
    const key = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
    const [dash, name, signed] = line.trim().split(' ');
    const id = Buffer.from(signed, 'base64').subarray(0, 4);
    const signature = Buffer.concat([id, sign(null, Buffer.from(changed), key)]).toString('base64');
    return { kept, broken: `${changed}\n${dash} ${name} ${signature}\n` };
  }

  keep(name, text) {
    writeFileSync(join(this.folder, name), text);
    return name;
  }

  /** Closes, decrypts, publishes, and returns the report of `ballotta verify`. */
  finish() {
    const run = (line) => this.run(line.split(' '));
    run('organiser close record --key organiser.key --out closing');
    this.add('closing');
    run('witness cosign record --key witness.key --out cosignature');
    this.add('cosignature');
    for (const duty of ['state', 'decrypt']) {
      for (const number of [1, 2]) {
        run(`trustee ${duty} record --key trustee${number}.age --passphrase-file pass${number} --out ${duty}${number}`);
      }
      this.add(`${duty}1`, `${duty}2`);
    }
    run('result publish record --board-key board.key');
    return JSON.parse(run('verify record --json'));
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
