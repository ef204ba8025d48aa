/** The stable names of all errors of this package. */
export type ErrorCode =
  // Calls and their arguments.
  | 'invalid-input'
  | 'bad-voting-code'
  | 'typing-slip'
  | 'secret-code'
  | 'bad-text'
  | 'choices-not-allowed'
  | 'ballot-used'
  | 'gone'
  | 'busy'
  // The source of the record.
  | 'network'
  | 'aborted'
  | 'missing-file'
  | 'unreadable-file'
  | 'record-changed'
  // The content of the record.
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
  | 'forked-board'
  | 'older-board'
  | 'close-not-signed'
  | 'not-own-ballot'
  | 'bad-light-file'
  | 'bad-proof'
  // Receipts.
  | 'bad-receipt'
  | 'receipt-of-other'
  // Voting.
  | 'not-open'
  | 'closed'
  | 'cancelled'
  | 'bad-credential'
  | 'wrong-number-of-codes'
  | 'repeated-code'
  | 'unknown-credential'
  | 'unknown-codes'
  | 'unknown-number'
  | 'ballot-limit'
  | 'revoked-credential'
  | 'change-not-shown'
  // The second device.
  | 'bad-opening'
  | 'other-tracker'
  | 'other-voter'
  | 'opening-not-explained'
  | 'ballot-mismatch'
  | 'number-revoked'
  | 'code-replaced'
  // The machine.
  | 'no-webassembly'
  | 'no-randomness'
  | 'no-worker'
  | 'internal';

/** The error that every function of this package throws, and with which every promise is rejected. */
export class BallottaError extends Error {
  override readonly name = 'BallottaError';

  constructor(
    /** The stable name of the error: programs compare this, never the message. */
    readonly code: ErrorCode,
    message: string,
    /**
     * What the error is about: an argument, a file of the record, `contest` or `contest/option`, an argument and the group of
     * letters with a typing slip, such as `tracker/3`; empty if nothing in particular.
     */
    readonly field: string = '',
    options?: {
      /** The error of the platform that is the reason, if there is one. */
      readonly cause?: unknown;
    },
  ) {
    super(message, options);
  }
}

/** The error for an argument that is refused. */
export function invalid(field: string, message: string): BallottaError {
  return new BallottaError('invalid-input', `${field}: ${message}`, field);
}
