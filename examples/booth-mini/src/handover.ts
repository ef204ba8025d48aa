// Sends a ballot to the ballot box, as the text of a message file. See spec/command-line.md#files.

/** The outcome of sending bytes to the ballot box. */
export type Sent =
  /** The ballot box says that it accepted them. */
  | 'taken'
  /** The ballot box says that it refused them. */
  | 'refused'
  /** The outcome is unknown: the connection broke, or something else answered. */
  | 'unknown';

/** Sends a ballot to the ballot box. Sending the same bytes again is harmless, because a ballot counts once. */
export async function send(endpoint: string, text: string): Promise<Sent> {
  try {
    const answer = await fetch(endpoint, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'text/plain' },
      // A server that answers 200 or redirects is not a ballot box.
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(60_000),
    });
    if (answer.status === 204) return 'taken';
    return answer.status >= 400 && answer.status < 500 ? 'refused' : 'unknown';
  } catch {
    return 'unknown';
  }
}
