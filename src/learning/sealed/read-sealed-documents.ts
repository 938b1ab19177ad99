import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { documentOf, JSONL_LIMITS, linesOf, parseLine, type Content } from '../../datasets/jsonl/index.js';
import { isDomainName, SEALED_LIMITS } from './sealed-set.js';

/** A document that a model is to be judged by. */
export interface DomainDocument {
  /** From 1. */
  readonly line: number;
  readonly domain: string;
  readonly content: Content;
}

/** The domain of documents that name none, where none is given besides. */
const ONLY_DOMAIN = 'general';
const BLANK = /^[ \t\r]*$/;

/**
 * The documents of a file of JSON lines, each of the domain in its member `domain`. Refuses with `DATASET_…` as datasets are refused, and
 * with `SEALED_SET_DOMAIN`, each with the line, and with `SEALED_SET_TOO_LARGE`.
 * @param names domains there may be; with a single one, lines need not name it. None: whatever the lines name
 */
export async function readDomainDocuments(
  source: AsyncIterable<Uint8Array>,
  names: readonly string[],
): Promise<Result<DomainDocument[]>> {
  const documents: DomainDocument[] = [];
  const limits = { lineBytes: JSONL_LIMITS.lineBytes, totalBytes: SEALED_LIMITS.bytes };
  for await (const line of linesOf(source, limits)) {
    if (!line.ok) return line;
    if (BLANK.test(Buffer.from(line.value.bytes).toString('latin1'))) continue;
    const { number } = line.value;
    const value = parseLine(line.value, JSONL_LIMITS.depth);
    if (!value.ok) return value;
    const document = documentOf(value.value, number);
    if (!document.ok) return document;
    const domain = domainOf(value.value, names);
    if (domain === null) return noDomain(number, names);
    documents.push({ line: number, domain, content: document.value.content });
    if (documents.length > SEALED_LIMITS.examples) {
      const message = `a sealed set has ${SEALED_LIMITS.examples} examples at most`;
      return err(new CodedError('SEALED_SET_TOO_LARGE', message, { line: number }));
    }
  }
  return ok(documents);
}

function domainOf(value: Json, names: readonly string[]): string | null {
  const { domain } = value as { readonly domain?: Json };
  const named = domain ?? (names.length === 0 ? ONLY_DOMAIN : names.length === 1 ? names[0] : null);
  if (!isDomainName(named)) return null;
  return names.length === 0 || names.includes(named) ? named : null;
}

function noDomain(line: number, names: readonly string[]): Result<never> {
  const which = names.length === 0 ? 'a name of small letters, digits, _ and -' : names.join(', ');
  return err(new CodedError('SEALED_SET_DOMAIN', `line ${line} must have a domain: ${which}`, { line }));
}
