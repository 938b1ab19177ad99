import { parse } from 'yaml';
import { isLicence } from '../../common/licence/judge-licence.js';
import { PROVENANCE_LIMITS, parseProvenance, type Provenance } from './provenance.js';

/** Front matter begins the file and is at most this long, in characters. */
const LONGEST = 8 * 1024;
/** Name of a data set on the hub: `name` or `owner/name`. */
const HUB_NAME = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/;
const FENCED = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;

/**
 * What the front matter of a model card (`README.md`, Hugging Face's layout) says of licence and data: `license` where it is an
 * SPDX expression, and `datasets`, which are names on the hub. Whatever else is there, or cannot be read, says nothing: a card
 * is written for people, and an import does not fail for it. @returns null where it says nothing of both
 */
export function provenanceOfCard(text: string): Provenance | null {
  const fenced = FENCED.exec(text.slice(0, LONGEST).replace(/^\uFEFF/, ''));
  if (fenced === null) return null;
  const card = frontMatter(fenced[1]);
  const license = typeof card.license === 'string' && isLicence(card.license) ? card.license : undefined;
  const names = Array.isArray(card.datasets) ? (card.datasets as unknown[]) : [card.datasets];
  const data = names
    .filter((name) => typeof name === 'string' && HUB_NAME.test(name))
    .slice(0, PROVENANCE_LIMITS.data)
    .map((name) => ({ name, url: `https://huggingface.co/datasets/${String(name)}` }));
  const parsed = parseProvenance({ license, ...(data.length === 0 ? {} : { data }) });
  return parsed.ok ? parsed.value : null;
}

function frontMatter(text: string): Readonly<Record<string, unknown>> {
  try {
    // Looking for keys that are there twice takes quadratic time.
    const value: unknown = parse(text, { maxAliasCount: 0, uniqueKeys: false, logLevel: 'silent' });
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
