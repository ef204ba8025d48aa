/** The stable names of everything that can go wrong. */
export type ErrorCode =
  // What was called, and with what.
  | 'invalid-input'
  | 'bad-voting-code'
  | 'choices-not-allowed'
  | 'ballot-used'
  | 'gone'
  | 'busy'
  // Where the record comes from.
  | 'network'
  | 'aborted'
  | 'missing-file'
  | 'unreadable-file'
  | 'record-changed'
  // What the record says.
  | 'bad-manifest'
  | 'bad-checkpoint'
  | 'bad-entries'
  | 'bad-root'
  | 'other-file'
  | 'bad-ceremony'
  | 'bad-roll'
  | 'other-election'
  | 'roll-not-signed'
  | 'two-histories'
  // Voting.
  | 'not-open'
  | 'closed'
  | 'bad-credential'
  | 'unknown-credential'
  | 'has-voted'
  // The second device.
  | 'bad-opening'
  | 'other-tracker'
  | 'ballot-mismatch'
  // The machine.
  | 'no-randomness'
  | 'no-worker'
  | 'internal';

/** What every function of this package throws, and every promise is rejected with. */
export class BallottaError extends Error {
  override readonly name = 'BallottaError';

  constructor(
    /** The stable name of the fault: programs compare this, never the message. */
    readonly code: ErrorCode,
    message: string,
    /** What it is about: an argument, a file of the record, `contest` or `contest/option`; empty if nothing in particular. */
    readonly field: string = '',
  ) {
    super(message);
  }
}

/** Refuses an argument. */
export function invalid(field: string, message: string): BallottaError {
  return new BallottaError('invalid-input', `${field}: ${message}`, field);
}
