import { receiptSigner } from '../../../test/factories/receipt.js';
import { bytesToHex, unwrap } from '../../common/index.js';
import { checkEd25519 } from '../../common/ed25519.js';
import { digestsOf, digestRow, valueOf, valueRow } from './rows.js';
import { readTestimony, signTestimony, type Testimony } from './testimony.js';

const receipt = `rcpt_${'1'.repeat(32)}`;
const question = { of: 'states', first: 0, end: 2 } as const;
const rows = [digestRow([new Uint8Array(32).fill(1)]), digestRow([new Uint8Array(32).fill(2)])];
const signed = signTestimony(receipt, question, rows, receiptSigner);
const asked = { receipt, question, node: bytesToHex(receiptSigner.publicKey) };

it('is read as it was signed', () => {
  const arrived: unknown = JSON.parse(JSON.stringify(signed));
  expect(unwrap(readTestimony(arrived, asked, checkEd25519))).toEqual(rows);
});

it.each<[string, unknown]>([
  ['nothing', null],
  ['a list', [signed]],
  ['the version before', { ...signed, version: 1 }],
  ['another receipt', { ...signed, receipt: `rcpt_${'2'.repeat(32)}` }],
  ['another question', { ...signed, question: { ...question, end: 3 } }],
  ['a question with more to it', { ...signed, question: { ...question, section: 1 } }],
  ['fewer rows', signTestimony(receipt, question, rows.slice(1), receiptSigner)],
  ['rows that are no text', { ...signed, rows: [1, 2] }],
  ['rows with a lone surrogate', { ...signed, rows: ['\ud800', rows[1]] }],
  ['rows of other characters', signTestimony(receipt, question, ['\u001b[2J', rows[1]], receiptSigner)],
  ['altered rows', { ...signed, rows: [rows[1], rows[0]] }],
  ['the key of another node', { ...signed, node: 'ab'.repeat(32) }],
  ['no signature', { ...signed, signature: undefined }],
  ['a signature of another length', { ...signed, signature: 'ab' }],
  ['a signature of something else', { ...signed, signature: signOf({ first: 1, end: 3 }).signature }],
])('is nobody’s when it is %s', (_, value) => {
  expect(readTestimony(value, asked, checkEd25519)).toMatchObject({
    ok: false,
    error: { code: 'TESTIMONY_INVALID' },
  });
});

it('is read only from the node that signed the receipt', () => {
  const other = { ...asked, node: 'cd'.repeat(32) };
  expect(readTestimony({ ...signed, node: other.node }, other, checkEd25519).ok).toBe(false);
});

it('writes digests and values as rows and reads them back, bit by bit', () => {
  const digests = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(250)];
  expect(digestsOf(digestRow(digests))?.map(bytesToHex)).toEqual(digests.map(bytesToHex));
  const value = Float32Array.of(-0, 1e-45, NaN, -Infinity, 0.1);
  expect(valueRow(valueOf(valueRow(value)) ?? Float32Array.of())).toBe(valueRow(value));
  expect([digestsOf('ab'), digestsOf('G'.repeat(64)), valueOf('AAA='), valueOf('<b>')]).toEqual(
    Array(4).fill(null),
  );
});

function signOf({ first, end }: { first: number; end: number }): Testimony {
  return signTestimony(receipt, { of: 'states', first, end }, rows, receiptSigner);
}
