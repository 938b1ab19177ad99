const NAME = 'stemma_refresh';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const LONGEST_HEADER = 8192;

/** The `Set-Cookie` that gives a browser its refresh token: scripts cannot read it, other sites cannot send it. */
export function refreshCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  const attributes = `Path=/api; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${NAME}=${token}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** The `Set-Cookie` that takes it away. */
export function clearedCookie(secure: boolean): string {
  return refreshCookie('', 0, secure);
}

/** The refresh token in a `Cookie` header; null when there is none of the right shape. */
export function refreshTokenIn(header: string | undefined): string | null {
  if (header === undefined || header.length > LONGEST_HEADER) return null;
  const pair = header
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${NAME}=`));
  const token = pair?.slice(NAME.length + 1) ?? '';
  return TOKEN.test(token) ? token : null;
}
