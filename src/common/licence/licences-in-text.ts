/** An SPDX tag as source files carry it (SPDX specification 2.3, annex E); at most 200 characters of expression. */
const TAG = /SPDX-License-Identifier:[ \t]{0,4}([A-Za-z0-9.+:() -]{1,200})/g;
const MOST_TAGS = 64;

/** The licence expressions that a text says it is under, at most 64. */
export function licencesIn(text: string): string[] {
  const found: string[] = [];
  for (const [, expression] of text.matchAll(TAG)) {
    found.push(expression.trim());
    if (found.length === MOST_TAGS) break;
  }
  return found;
}
