const LOCAL = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
/** Names that are kept for documentation (RFC 2606, RFC 6761): nobody's address. */
const RESERVED = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)$/i;
const HOST =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:\p{L}{2,24}|xn--[a-z0-9-]{1,59})$/u;
const SPELT_AT = /\[at\]|\(at\)|\{at\}/gi;
const SPELT_DOT = / ?(?:\[dot\]|\(dot\)|\{dot\}) ?/iy;
/** A letter, a point and a top-level domain of two letters. */
const SHORTEST_DOMAIN = 4;

/** Mail addresses (RFC 5321, without quoted local parts), `name [at] domain [dot] com` too. */
export function* emails(text: string): Generator<{ start: number; end: number }, void> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const found = addressAround(text, at, at + 1);
    if (found !== null) yield found;
  }
  for (const { 0: sign, index } of text.matchAll(SPELT_AT)) {
    const end = index + sign.length;
    const found = addressAround(
      text,
      text[index - 1] === ' ' ? index - 1 : index,
      text[end] === ' ' ? end + 1 : end,
    );
    if (found !== null) yield found;
  }
}

function addressAround(
  text: string,
  localEnd: number,
  domainStart: number,
): { start: number; end: number } | null {
  // What is cheap to see comes first: most at signs are none of an address.
  if (localEnd === 0 || !isOf(LOCAL, text, localEnd - 1) || !isOf(DOMAIN, text, domainStart)) return null;
  const { domain, end } = readDomain(text, domainStart);
  if (domain.length < SHORTEST_DOMAIN || !domain.includes('.')) return null;
  const start = localStart(text, localEnd);
  return start < localEnd && HOST.test(domain) && !RESERVED.test(domain) ? { start, end } : null;
}

/** Where the local part begins; `end` where there is none that could be one. */
function localStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && end - start < LONGEST_LOCAL && isOf(LOCAL, text, start - 1)) start--;
  const local = text.slice(start, end);
  const begins = /[^.'`*_-]/.exec(local)?.index;
  return begins === undefined || local.endsWith('.') || local.includes('..', begins) ? end : start + begins;
}

/** The domain from a place on; a full stop that ends a sentence is none of its. */
function readDomain(text: string, start: number): { domain: string; end: number } {
  let place = start;
  while (place < text.length && place - start < LONGEST_DOMAIN && isOf(DOMAIN, text, place)) place++;
  let domain = text.slice(start, place);
  while (place < text.length && domain.length < LONGEST_DOMAIN) {
    if (isOf(DOMAIN, text, place)) domain += text[place++];
    else {
      SPELT_DOT.lastIndex = place;
      if (!' [({'.includes(text[place]) || !SPELT_DOT.test(text)) break;
      domain += '.';
      place = SPELT_DOT.lastIndex;
    }
  }
  const trimmed = /[.-]$/.test(domain) ? domain.replace(/[.-]{1,253}$/, '') : domain;
  return { domain: trimmed, end: place - (domain.length - trimmed.length) };
}

/** Whether the code unit at a place is of a class; letters and digits of ASCII are in both classes. */
function isOf(characters: RegExp, text: string, place: number): boolean {
  const code = text.charCodeAt(place);
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57)) return true;
  return code !== 32 && code !== 64 && characters.test(text[place]);
}
