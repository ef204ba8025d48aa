// Files that people hand on: a line that says what they are, and base64. See spec/command-line.md#files.

const PREFIX = 'ballotta/v1-draft.3/';

export function write(kind: 'ballot' | 'ballot-opening', bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `${PREFIX}${kind}\n${btoa(binary)}\n`;
}

export function read(kind: string, text: string): Uint8Array | null {
  const [header, body = ''] = text.split('\n');
  if (header !== PREFIX + kind) return null;
  try {
    return Uint8Array.from(atob(body.trim()), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
