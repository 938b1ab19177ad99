import { secp256k1Signer } from '../../keys/index.js';
import { bytesToHex, type Json } from '../../common/index.js';
import type { BlockHeader } from '../../chain/index.js';
import type { ReleaseView } from '../../experts/index.js';
import { checkCurrent, checkForm, type NamedHeader, type SubmissionParts } from '../checks/form.js';
import { parseManifest } from './manifest-facts.js';
import { SUBMISSION_STATES } from './states.js';
import {
  checkStatementSignature,
  parseStatement,
  statementBytes,
  submissionId,
  type SubmissionStatement,
} from './statement.js';

const signer = secp256k1Signer(new Uint8Array(32).fill(3));
const author = bytesToHex(signer.publicKey);
const hash = (digit: string) => digit.repeat(64);
const [RELEASE, META, PARENT, PAYLOAD, BLOCK] = ['1', '2', '3', '4', '5'].map(hash);

const statement: SubmissionStatement = {
  ...{ version: 1, model: 'genesis', release: RELEASE, blocks: [BLOCK], manifest: hash('6') },
  ...{ domains: ['arithmetic', 'story'], datasets: [], author, created_at: 1 },
};
const manifest = {
  ...{ version: 1, model: 'genesis', release: RELEASE, steps: [{ hash: hash('7') }] },
  blocks: [{ name: 'layer0.expert1', parent: PARENT, payload_hash: PAYLOAD }],
};

describe('a statement', () => {
  it('is read as it was written, and has an id of its own', () => {
    expect(parseStatement(JSON.parse(JSON.stringify(statement)))).toEqual({ ok: true, value: statement });
    expect(submissionId(statement)).toMatch(/^submission_[0-9a-f]{32}$/);
    expect(submissionId({ ...statement, created_at: 2 })).not.toBe(submissionId(statement));
  });

  it.each<[string, unknown]>([
    ['version', 2],
    ['model', '../genesis'],
    ['release', 'abc'],
    ['blocks', []],
    ['blocks', [BLOCK, BLOCK]],
    ['blocks', [BLOCK, RELEASE]],
    ['blocks', Array.from({ length: 33 }, (_, i) => i.toString(16).padStart(64, '0'))],
    ['manifest', null],
    ['domains', ['story', 'arithmetic']],
    ['domains', ['a b']],
    ['datasets', ['x']],
    ['author', `04${'a'.repeat(64)}`],
    ['created_at', -1],
    ['created_at', 1.5],
  ])('with a wrong %s is refused: %p', (member, value) => {
    const found = parseStatement({ ...statement, [member]: value });
    expect(found).toMatchObject({ ok: false, error: { code: 'SUBMISSION_STATEMENT', facts: { member } } });
  });

  it.each([[null], [[]], ['text'], [{ ...statement, more: 1 }], [{ version: 1 }]])('is not %p', (value) =>
    expect(parseStatement(value).ok).toBe(false),
  );

  it('is signed by its author, or refused', () => {
    const signature = bytesToHex(signer.sign(statementBytes(statement)));
    expect(checkStatementSignature(statement, signature).ok).toBe(true);
    for (const [forged, by] of [
      [{ ...statement, domains: [] }, signature],
      [statement, `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`],
      [statement, ''],
      [
        { ...statement, author: bytesToHex(secp256k1Signer(new Uint8Array(32).fill(4)).publicKey) },
        signature,
      ],
    ] as const)
      expect(checkStatementSignature(forged, by)).toMatchObject({ error: { code: 'SUBMISSION_SIGNATURE' } });
  });
});

describe('a manifest', () => {
  it('says what was trained from what', () =>
    expect(parseManifest(manifest)).toMatchObject({ ok: true, value: { release: RELEASE, steps: 1 } }));

  it.each<[string, Json]>([
    ['of another version', { ...manifest, version: 2 }],
    ['without blocks', { ...manifest, blocks: [] }],
    ['with a block that is none', { ...manifest, blocks: [null] }],
    ['with a step without hash', { ...manifest, steps: [{}] }],
    ['that is a list', []],
  ])('%s is refused', (_, value) =>
    expect(parseManifest(value)).toMatchObject({ error: { code: 'SUBMISSION_MANIFEST' } }),
  );
});

describe('the form of a submission', () => {
  const header = {
    ...{ name: 'layer0.expert1', miner_pub: author, depends_on: [META, PARENT], payload_hash: PAYLOAD },
    metadata: { model: 'genesis', parent: PARENT },
  } as unknown as BlockHeader;
  const weights = new Map([['layer0.expert1', { block: PARENT }]]) as unknown as ReleaseView['weights'];
  const parent = { model: 'genesis', release: RELEASE, meta: META, weights };
  const facts = parseManifest(manifest);
  if (!facts.ok) throw facts.error;
  const parts: SubmissionParts = {
    ...{ statement, manifest: facts.value, parent },
    headers: [{ hash: BLOCK, header }],
  };
  const headers = (changes: Partial<BlockHeader>): NamedHeader[] => [
    { hash: BLOCK, header: { ...header, ...changes } },
  ];

  it('holds together', () => expect(checkForm(parts).ok).toBe(true));

  it.each<[string, Partial<SubmissionParts>, string]>([
    ['another release', { manifest: { ...facts.value, release: META } }, 'another release'],
    ['another model', { parent: { ...parent, model: 'other' } }, 'not all of the model'],
    ['other blocks', { headers: [{ hash: META, header }] }, 'not those of the statement'],
    ['another author', { headers: headers({ miner_pub: 'x' }) }, 'another key'],
    ['no parent', { headers: headers({ metadata: { model: 'genesis' } }) }, 'metadata.parent'],
    ['no dependency', { headers: headers({ depends_on: [META] }) }, 'depend on its parent'],
    ['a dataset left out', { statement: { ...statement, datasets: ['9'.repeat(64)] } }, 'depend on dataset'],
    ['another payload', { headers: headers({ payload_hash: META }) }, 'another payload'],
    ['an unknown expert', { headers: headers({ name: 'layer9.expert9' }) }, 'no layer9.expert9'],
  ])('with %s is refused', (_, changes, detail) => {
    const found = checkForm({ ...parts, ...changes });
    expect(found).toMatchObject({ ok: false, error: { code: 'SUBMISSION_FORM' } });
    expect(found.ok ? '' : found.error.message).toContain(detail);
  });

  it('is outdated once the expert was replaced, and not by others', () => {
    const live = (block: string) => ({
      version: '1.0.1',
      weights: new Map([
        ['layer0.expert1', { block }],
        ['layer0.expert2', { block: META }],
      ]) as unknown as ReleaseView['weights'],
    });
    expect(checkCurrent(parts.headers, live(PARENT)).ok).toBe(true);
    expect(checkCurrent(parts.headers, live(META))).toMatchObject({
      error: { code: 'SUBMISSION_OUTDATED', status: 409 },
    });
  });
});

it('ends in one of three ways', () =>
  expect(SUBMISSION_STATES.states.filter((state) => SUBMISSION_STATES.isFinal(state))).toEqual([
    ...['rejected', 'released', 'superseded'],
  ]));
