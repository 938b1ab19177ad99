import { createPublicKey, verify } from 'node:crypto';
import {
  bytesToHex,
  canonicalJson,
  CodedError,
  err,
  hashJson,
  hexToBytes,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import type { Ed25519Signer } from '../../keys/index.js';
import { REPORT_FORMAT, type MirrorReport, type ReportBody } from './mirror-report.js';

/** Signs a report with the key of the node's receipts. Same body, same signature. */
export function signReport(body: ReportBody, signer: Ed25519Signer): MirrorReport {
  return { ...body, signature: bytesToHex(signer.sign(message(body))) };
}

/**
 * Checks a report that somebody presents: `REPORT_SHAPE`, `REPORT_FIGURES` (they are not those their hash names),
 * `REPORT_SIGNATURE`. Whether the key is that of a certain node is for the reader to know.
 */
export function verifyReport(value: unknown): Result<MirrorReport> {
  const report = value as MirrorReport;
  if (!hasShape(report)) return err(refused('REPORT_SHAPE', 'this is no report of a truth mirror'));
  const { signature, ...body } = report;
  if (hashJson(body.figures) !== body.figures_hash)
    return err(refused('REPORT_FIGURES', 'the figures were altered'));
  return isSigned(body, signature)
    ? ok(report)
    : err(refused('REPORT_SIGNATURE', 'the signature does not match'));
}

const MEMBERS = ['figures', 'figures_hash', 'format', 'measured_at', 'node', 'run', 'signature'];

function hasShape(report: MirrorReport | null): report is MirrorReport {
  return (
    typeof report === 'object' &&
    report !== null &&
    Object.keys(report).sort().join() === MEMBERS.join() &&
    report.format === REPORT_FORMAT &&
    typeof report.figures === 'object' &&
    /^[0-9a-f]{64}$/.test(String(report.node)) &&
    /^[0-9a-f]{128}$/.test(String(report.signature))
  );
}

function isSigned(body: ReportBody, signature: string): boolean {
  const x = Buffer.from(body.node, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message(body), key, hexToBytes(signature));
}

function message(body: ReportBody): Uint8Array {
  return utf8ToBytes(canonicalJson(body as unknown as Json));
}

function refused(code: string, detail: string): CodedError {
  return new CodedError(code, detail);
}
