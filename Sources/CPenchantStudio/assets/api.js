// Calls to the studio, and what can come of them.

/// A call that did not succeed. `status` is 0 where the studio was not reached.
export class Failure extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /// Whether the same request may succeed later: the studio is away, busy or cannot write.
  get isPassing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /// Whether this browser is not, or no longer, known to the studio.
  get isStranger() {
    return this.status === 401;
  }
}

const PATIENCE = 15000;

/// Sends a request and reads its JSON. Anything but success throws a `Failure`.
export async function call(method, path, body) {
  const request = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE),
  };
  if (method !== 'GET') {
    request.headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(body ?? {});
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Failure(0, 'unreachable', 'The studio does not answer.');
  }
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    if (response.ok) throw new Failure(0, 'unreadable', 'The studio’s answer broke off.');
  }
  if (response.ok) return answer;
  const error = answer?.error ?? {};
  throw new Failure(response.status, error.code ?? 'unknown', error.message ?? `The studio answered ${response.status}.`);
}

/// A random identifier (version 4). `crypto.randomUUID` exists only on encrypted or loopback pages; this works on a LAN too.
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
