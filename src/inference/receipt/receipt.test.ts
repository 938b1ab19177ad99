import fc from 'fast-check';
import { aReceipt, receiptSigner } from '../../../test/factories/receipt.js';
import {
  bytesToHex,
  canonicalJson,
  concatBytes,
  hexToBytes,
  sha256Hex,
  utf8ToBytes,
  merkleLeafHash,
  merkleNodeHash,
  type Json,
} from '../../common/index.js';
import { formatVerifierKey, signCheckpoint } from '../../log/checkpoint/index.js';
import {
  compareReplay,
  firstDifference,
  parseEvidence,
  parseLogProof,
  parseReceipt,
  receiptHash,
  requestHash,
  verifyEvidence,
  verifyId,
  verifyLogProof,
  verifySignature,
  type Receipt,
  type ReceiptLogProof,
  type ReplayObservation,
} from './index.js';

const { receipt, evidence, states } = aReceipt();
const codeOf = (result: { ok: boolean; error?: { code: string } }) => result.error?.code;
const partsOf = (result: { ok: boolean; error?: { facts: { parts?: unknown } } }) =>
  result.error?.facts.parts;

/** Every path to a leaf of a JSON value. */
function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

function changed(value: unknown, path: readonly string[], to: (leaf: unknown) => unknown): unknown {
  if (path.length === 0) return to(value);
  const [first, ...rest] = path;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  (copy as Record<string, unknown>)[first] = changed((value as Record<string, unknown>)[first], rest, to);
  return copy;
}

const other = (leaf: unknown) => {
  if (typeof leaf === 'number') return leaf + 1;
  const text = String(leaf);
  return text === 'length' ? 'stop' : text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
};

describe('receipt', () => {
  it('is accepted as it was made', () => {
    expect(parseReceipt(JSON.parse(canonicalJson(receipt as unknown as Json)))).toEqual({
      ok: true,
      value: receipt,
    });
    for (const check of [verifyId(receipt), verifySignature(receipt), verifyEvidence(receipt, evidence)]) {
      expect(check.ok).toBe(true);
    }
  });

  it('is noticed when any single field is changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaves(receipt)), (path) => {
        const parsed = parseReceipt(changed(receipt, path, other));
        if (!parsed.ok) return;
        expect([path.join('.'), verifySignature(parsed.value).ok]).toEqual([path.join('.'), false]);
        if (path[0] !== 'signature') expect(verifyId(parsed.value).ok).toBe(false);
      }),
    );
  });

  it('covers bias and constraint where there are any, and is as before where there are none', () => {
    const asBefore = canonicalJson({ prompt_ids: [...evidence.prompt_ids], stop: [] });
    const bytes = concatBytes(hexToBytes(evidence.salt), utf8ToBytes(asBefore));
    expect(requestHash(evidence)).toBe(sha256Hex(bytes));
    const bound = {
      ...evidence,
      logit_bias: [[5, -1.5]] as const,
      constraint: { version: 1 as const, schema: '{"type":"object"}' },
    };
    const stated = aReceipt(40, { evidence: bound });
    expect(verifyEvidence(stated.receipt, bound).ok).toBe(true);
    const changes = [
      { ...bound, logit_bias: [[5, -1]] as const },
      { ...bound, constraint: { version: 1 as const, schema: '{}' } },
      evidence,
    ];
    for (const other of changes) expect(partsOf(verifyEvidence(stated.receipt, other))).toEqual(['prompt']);
    expect(parseEvidence(JSON.parse(canonicalJson(bound as unknown as Json)))).toEqual({
      ok: true,
      value: bound,
    });
    expect(codeOf(parseEvidence({ ...bound, constraint: { version: 2, schema: '' } }))).toBe('RECEIPT_SHAPE');
    expect(codeOf(parseEvidence({ ...bound, logit_bias: [] }))).toBe('RECEIPT_SHAPE');
  });

  it('is refused, never thrown at, when it is not of the form', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaves(receipt)), fc.jsonValue(), (path, value) => {
        const parsed = parseReceipt(changed(receipt, path, () => value));
        if (!parsed.ok) expect(parsed.error.code).toBe('RECEIPT_SHAPE');
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(codeOf(parseReceipt(value))).toBe('RECEIPT_SHAPE');
        expect(codeOf(parseEvidence(value))).toBe('RECEIPT_SHAPE');
        expect(codeOf(parseLogProof(value))).toBe('LOG_PROOF_SHAPE');
      }),
    );
  });

  it('is refused with a field too many, one too few, or another number of commitments', () => {
    expect(codeOf(parseReceipt({ ...receipt, note: '' }))).toBe('RECEIPT_SHAPE');
    const { kernel: _kernel, ...less } = receipt;
    expect(codeOf(parseReceipt(less))).toBe('RECEIPT_SHAPE');
    expect(codeOf(parseReceipt({ ...receipt, commitments: receipt.commitments.slice(1) }))).toBe(
      'RECEIPT_SHAPE',
    );
  });

  it('names the private part that does not belong to it', () => {
    const wrong = (change: object) => partsOf(verifyEvidence(receipt, { ...evidence, ...change }));
    expect(wrong({ text: 'Else.' })).toEqual(['text']);
    expect(wrong({ output_ids: evidence.output_ids.slice(1) })).toEqual(['tokens']);
    expect(wrong({ prompt_ids: [1] })).toEqual(['prompt']);
    expect(wrong({ stop: ['x'] })).toEqual(['prompt']);
    const salt = verifyEvidence(receipt, { ...evidence, salt: 'ff'.repeat(32) });
    expect(!salt.ok && salt.error.facts.part).toBe('salt');
  });
});

describe('log proof of a receipt', () => {
  const log = { name: 'test.example', ...receiptSigner };
  const leaf = canonicalJson({
    ...{ actor: receipt.node, data: {}, hash: receiptHash(receipt), kind: 'receipt' },
    ...{ subject: receipt.id, time: 5 },
  });
  const sibling = merkleLeafHash(utf8ToBytes('another leaf'));
  const root = merkleNodeHash(sibling, merkleLeafHash(utf8ToBytes(leaf)));
  const proof: ReceiptLogProof = {
    index: 1,
    leaf,
    size: 2,
    proof: [bytesToHex(sibling)],
    checkpoint: signCheckpoint({ size: 2, root: bytesToHex(root) }, log),
    log_key: formatVerifierKey(log),
  };

  it('holds', () => {
    expect(parseLogProof(proof).ok).toBe(true);
    expect(verifyLogProof(receipt, proof).ok).toBe(true);
  });

  it.each<[string, Partial<ReceiptLogProof>, string]>([
    ['another leaf', { leaf: leaf.replace('"time":5', '"time":6') }, 'LOG_INCLUSION'],
    ['a leaf that is not canonical', { leaf: leaf.replace('{', '{ ') }, 'LOG_LEAF'],
    ['a leaf about something else', { leaf: leaf.replace('"receipt"', '"block"') }, 'LOG_LEAF'],
    ['no leaf', { leaf: 'x' }, 'LOG_LEAF'],
    ['another place', { index: 0 }, 'LOG_INCLUSION'],
    ['another size', { size: 3 }, 'LOG_INCLUSION'],
    ['another path', { proof: ['00'.repeat(32)] }, 'LOG_INCLUSION'],
    ['another checkpoint', { checkpoint: proof.checkpoint.replace('\n2\n', '\n3\n') }, 'LOG_CHECKPOINT'],
    ['another key', { log_key: proof.log_key.replace(/.{4}$/, 'AAAA') }, 'LOG_KEY'],
  ])('does not hold with %s', (_, change, code) => {
    expect(codeOf(verifyLogProof(receipt, { ...proof, ...change }))).toBe(code);
  });

  it('does not hold for another receipt', () => {
    expect(codeOf(verifyLogProof(aReceipt(41).receipt, proof))).toBe('LOG_LEAF');
  });
});

describe('replay', () => {
  const agreed: ReplayObservation = {
    picks: evidence.output_ids,
    states,
    experts: [{ layer: 0, expert: 1, tokens: 7 }],
    text: { text: evidence.text, tokens: 40, stopped: false },
    stopIds: [3],
  };
  const compare = (changes: Partial<ReplayObservation>, of: Receipt = receipt) =>
    compareReplay(of, evidence, { ...agreed, ...changes }).filter(({ agrees }) => !agrees);

  it('agrees', () => {
    expect(compare({})).toEqual([]);
    expect(firstDifference(compareReplay(receipt, evidence, agreed))).toBeNull();
  });

  it('tells the first token that is not the one the sampler picks', () => {
    const picks = evidence.output_ids.map((id, i) => (i >= 35 ? 0 : id));
    expect(compare({ picks })).toMatchObject([{ part: 'tokens', token: 35 }]);
  });

  it('tells the 32 tokens in which the logits part', () => {
    const from = (at: number) => states.map((state, i) => (i >= at ? state.map((byte) => byte ^ 1) : state));
    expect(compare({ states: from(33) })).toMatchObject([{ part: 'commitments', token: 32 }]);
    expect(compare({ states: from(3) })).toMatchObject([{ part: 'commitments', token: 0 }]);
    expect(firstDifference(compare({ states: from(33), text: { ...agreed.text, text: 'x' } }))).toEqual({
      part: 'commitments',
      token: 32,
    });
  });

  it('tells experts that are not named, or named with too few or too many tokens', () => {
    const [use] = agreed.experts;
    for (const experts of [[use, { ...use, expert: 2 }], [{ ...use, tokens: 8 }], [{ ...use, tokens: 6 }]]) {
      expect(compare({ experts }).map(({ part }) => part)).toEqual(['experts']);
    }
    const cut = aReceipt(40, { finish: 'cancelled', maxTokens: 80 }).receipt;
    expect(compare({ experts: [{ ...use, tokens: 6 }] }, cut)).toEqual([]);
  });

  it('tells another text and another end', () => {
    expect(compare({ text: { ...agreed.text, text: 'Else.' } }).map(({ part }) => part)).toEqual(['text']);
    expect(compare({ stopIds: [evidence.output_ids[39]] }).map(({ part }) => part)).toEqual(['finish']);
    expect(compare({ stopIds: [evidence.output_ids[9]] }).map(({ part }) => part)).toEqual(['finish']);
    const stopped = aReceipt(40, { finish: 'stop' }).receipt;
    expect(compare({}, stopped).map(({ part }) => part)).toEqual(['finish']);
    expect(compare({ stopIds: [evidence.output_ids[39]] }, stopped)).toEqual([]);
    expect(compare({ text: { ...agreed.text, stopped: true } }, stopped)).toEqual([]);
  });
});
