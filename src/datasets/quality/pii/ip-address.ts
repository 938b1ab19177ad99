const V4 = /(?<![\p{L}\p{N}.])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}]|\.\d)/gu;
const V6 = /(?<![\p{L}\p{N}:.])[0-9a-fA-F]{1,4}:[0-9a-fA-F:]{4,40}(?![\p{L}\p{N}:])/gu;
/** A version is written like an address; the word before tells. */
const VERSION = /(?:v|version|release|build|ver\.?|firmware|§|section|chapter)\s?$/i;
const REACH = 12;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const V6_GROUPS = 8;

/** Addresses of machines on the public internet; private, reserved and documentation ranges are nobody's. */
export function* ipAddresses(text: string): Generator<{ start: number; end: number }, void> {
  for (const { 0: match, index } of text.matchAll(V4)) {
    if (isPublicV4(match) && !VERSION.test(text.slice(Math.max(0, index - REACH), index)))
      yield { start: index, end: index + match.length };
  }
  for (const { 0: match, index } of text.matchAll(V6)) {
    if (isPublicV6(match)) yield { start: index, end: index + match.length };
  }
}

function isPublicV4(text: string): boolean {
  const parts = text.split('.').map(Number);
  const [a, b, c] = parts;
  if (parts.some((part) => part > 255) || /(?:^|\.)0\d/.test(text)) return false;
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if ((a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)) return false;
  if (a === 100 && b >= 64 && b <= 127) return false;
  // Documentation and benchmarks: RFC 5737, RFC 2544.
  if ((a === 192 && b === 0) || (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))))
    return false;
  return !(a === 203 && b === 0 && c === 113);
}

function isPublicV6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => GROUP.test(group))) return false;
  if (halves.length === 1 ? groups.length !== V6_GROUPS : groups.length < 3 || groups.length >= V6_GROUPS)
    return false;
  // Global unicast is 2000::/3; 2001:db8::/32 is for documentation (RFC 3849).
  return /^[23][0-9a-f]{3}$/i.test(groups[0]) && !(groups[0] === '2001' && /^0?db8$/i.test(groups[1]));
}
