import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { isLicence } from '../../common/licence/judge-licence.js';

/** Something a model was trained on. */
export interface TrainingData {
  readonly name: string;
  /** Where it can be found. */
  readonly url?: string;
  /** SPDX expression. */
  readonly license?: string;
}

/** Where a release comes from, as somebody says; every member may be unknown. */
export interface Provenance {
  /** SPDX expression of the weights. */
  readonly license?: string;
  /** Who made the model: a person or an organisation. */
  readonly author?: string;
  /** What it was trained on; never empty. */
  readonly data?: readonly TrainingData[];
}

/** Bounds of a statement: characters of a line, and sets of data. */
export const PROVENANCE_LIMITS = { author: 200, name: 300, url: 2000, license: 512, data: 32 } as const;

const MEMBERS = ['license', 'author', 'data'] as const;
/** Version of the member `provenance` of a release block's metadata (docs/formats/release.md). */
const VERSION = 1;
const CONTROL = /\p{Cc}/u;

/**
 * Checks a statement that came from outside. `IMPORT_OPTION` names the member that is wrong; members that are absent or null
 * are unknown, other members are refused. @returns null where nothing is stated
 */
export function parseProvenance(value: unknown): Result<Provenance | null> {
  const members = membersOf(value, MEMBERS);
  if (members === null) return wrong('provenance', `must be an object of ${MEMBERS.join(', ')}`);
  const { license, author, data } = members;
  if (license !== undefined && !isLicenceText(license)) return wrong('license', LICENCE_RULE);
  if (author !== undefined && !isLine(author, PROVENANCE_LIMITS.author))
    return wrong('author', `must be one line of at most ${PROVENANCE_LIMITS.author} characters`);
  const sources = data === undefined ? ok(undefined) : parseData(data);
  if (!sources.ok) return sources;
  const stated: Provenance = {
    ...(license === undefined ? {} : { license }),
    ...(author === undefined ? {} : { author }),
    ...(sources.value === undefined ? {} : { data: sources.value }),
  };
  return ok(Object.keys(stated).length === 0 ? null : stated);
}

const LICENCE_RULE =
  'must be an SPDX expression, such as Apache-2.0, or LicenseRef-… for a licence of its own';

/** Checks a list of what a model was trained on; `IMPORT_OPTION`. */
export function parseData(value: unknown): Result<readonly TrainingData[]> {
  const { data: most } = PROVENANCE_LIMITS;
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    return wrong('data', `must be 1 to ${most} of {name, url, license}`);
  const sources: TrainingData[] = [];
  for (const each of value as unknown[]) {
    const members = membersOf(each, ['name', 'url', 'license']);
    if (members === null) return wrong('data', 'must be a list of {name, url, license}');
    const { name, url, license } = members;
    if (!isLine(name, PROVENANCE_LIMITS.name))
      return wrong('data', `needs a name of one line, at most ${PROVENANCE_LIMITS.name} characters`);
    if (url !== undefined && !isWebAddress(url)) return wrong('data', `${name}: url must be http or https`);
    if (license !== undefined && !isLicenceText(license))
      return wrong('data', `${name}: license ${LICENCE_RULE}`);
    sources.push({
      name,
      ...(url === undefined ? {} : { url }),
      ...(license === undefined ? {} : { license }),
    });
  }
  return ok(sources);
}

/** A statement as the member `provenance` of a release block's metadata. */
export function provenanceJson(provenance: Provenance): Json {
  return { version: VERSION, ...provenance } as unknown as Json;
}

/** What a release block's metadata states; null where it states nothing, or in words of a later version. */
export function provenanceIn(metadata: Readonly<Record<string, unknown>>): Provenance | null {
  const { version, ...stated } = (metadata.provenance ?? {}) as Record<string, unknown>;
  if (version !== VERSION) return null;
  const parsed = parseProvenance(stated);
  return parsed.ok ? parsed.value : null;
}

/** What a statement leaves unsaid. */
export function unstated(provenance: Provenance | null): ('licence' | 'data' | 'author')[] {
  const { license, data, author } = provenance ?? {};
  const missing = { licence: license, data, author };
  return (['licence', 'data', 'author'] as const).filter((what) => missing[what] === undefined);
}

function membersOf<T extends string>(
  value: unknown,
  names: readonly T[],
): Readonly<Partial<Record<T, unknown>>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const given = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  if (given.some(([name]) => !names.includes(name as T))) return null;
  return Object.fromEntries(given) as Partial<Record<T, unknown>>;
}

function isLicenceText(value: unknown): value is string {
  return isLine(value, PROVENANCE_LIMITS.license) && isLicence(value);
}

function isWebAddress(value: unknown): value is string {
  if (!isLine(value, PROVENANCE_LIMITS.url) || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function isLine(value: unknown, longest: number): value is string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > longest) return false;
  return value.isWellFormed() && !CONTROL.test(value);
}

function wrong(option: string, what: string): Result<never> {
  return err(new CodedError('IMPORT_OPTION', `${option} ${what}`, { option }));
}
