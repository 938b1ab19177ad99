import { CodedError, type Result } from '../../common/index.js';
import {
  agreeing,
  disagreeing,
  parseEvidence,
  parseLogProof,
  parseReceipt,
  type PartReport,
  type ReceiptEvidence,
} from '../receipt/index.js';
import { checkStatement, type PresentedReceipt } from '../replay/check-statement.js';
import { BUNDLE, BUNDLE_VERSION } from './bundle-layout.js';
import type { ZipReader } from './zip-reader.js';

const LARGEST_STATEMENT = 256 << 20;

/** What a bundle states; `log` is null where its proof is malformed. */
export interface StatedAnswer extends PresentedReceipt {
  readonly evidence: ReceiptEvidence;
}

/** The statement of a bundle: what it claims, and what was found about the claim itself. */
export interface BundleStatement {
  readonly parts: readonly PartReport[];
  /** Null when a file is missing or malformed, which `parts` then says. */
  readonly statement: StatedAnswer | null;
}

/** Reads receipt, private part and log proof of a bundle and checks them. */
export async function readStatement(zip: ZipReader): Promise<BundleStatement> {
  const manifest = await readJson(zip, BUNDLE.manifest, parseManifest);
  const receipt = await readJson(zip, BUNDLE.receipt, parseReceipt);
  const evidence = await readJson(zip, BUNDLE.evidence, parseEvidence);
  const log = await readJson(zip, BUNDLE.log, parseLogProof);
  const unreadable = [manifest, receipt, evidence, log].flatMap(({ report }) =>
    report === null ? [] : [report],
  );
  if (receipt.value === null || evidence.value === null) return { parts: unreadable, statement: null };
  const statement = { receipt: receipt.value, evidence: evidence.value, log: log.value };
  const readable = agreeing('bundle', `version ${BUNDLE_VERSION}`);
  return {
    parts: [...(unreadable.length === 0 ? [readable] : unreadable), ...checkStatement(statement)],
    statement,
  };
}

async function readJson<T>(
  zip: ZipReader,
  name: string,
  parse: (value: unknown) => Result<T>,
): Promise<{ value: T | null; report: PartReport | null }> {
  const part = name.replace('.json', '');
  const wrong = (detail: string) => ({ value: null, report: disagreeing(part, detail) });
  const bytes = await zip.read(name, LARGEST_STATEMENT);
  if (!bytes.ok) return wrong(bytes.error.message);
  if (bytes.value === null) return wrong(`${name} is missing`);
  try {
    const parsed = parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value)));
    return parsed.ok ? { value: parsed.value, report: null } : wrong(parsed.error.message);
  } catch {
    return wrong(`${name} is not JSON in UTF-8`);
  }
}

function parseManifest(value: unknown): Result<object> {
  const { version } = (value ?? {}) as { version?: unknown };
  if (version === BUNDLE_VERSION) return { ok: true, value: value as object };
  const error = `this is no bundle of version ${BUNDLE_VERSION}`;
  return { ok: false, error: new CodedError('BUNDLE_VERSION', error) };
}
