/** Lengths by country, of the IBAN registry (SWIFT). */
const LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 ' +
    'MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 ' +
    'TL23 TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const SPACE = 32;
const BEGINNING = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}/gu;

/** Account numbers of ISO 13616: the country's length, and 1 modulo 97 with the first four characters at the end. */
export function* ibans(text: string): Generator<{ start: number; end: number }, void> {
  for (const { 0: beginning, index } of text.matchAll(BEGINNING)) {
    const length = LENGTHS.get(beginning.slice(0, 2));
    const end = length === undefined ? null : endOf(text, index, length);
    if (end !== null) yield { start: index, end };
  }
}

/** Reads on over single spaces until there are enough characters. @returns null where they are too few, too many, or wrong */
function endOf(text: string, start: number, length: number): number | null {
  let rest = 0;
  let count = 4;
  let place = start + 4;
  for (; count < length; place++) {
    const value = valueAt(text, place);
    if (value >= 0) {
      rest = append(rest, value);
      count++;
    } else if (text.charCodeAt(place) !== SPACE || text.charCodeAt(place - 1) === SPACE) return null;
  }
  for (let i = start; i < start + 4; i++) rest = append(rest, valueAt(text, i));
  return rest === 1 && valueAt(text, place) < 0 ? place : null;
}

function append(rest: number, value: number): number {
  return (rest * (value > 9 ? 100 : 10) + value) % 97;
}

/** What a character counts: digits themselves, A to Z 10 to 35; -1 for any other. */
function valueAt(text: string, place: number): number {
  const code = text.charCodeAt(place);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 65 && code <= 90 ? code - 55 : -1;
}
