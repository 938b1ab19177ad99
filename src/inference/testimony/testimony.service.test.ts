import { jest } from '@jest/globals';
import { aReceipt, receiptSigner, statesOf } from '../../../test/factories/receipt.js';
import { genesisModel } from '../../../test/factories/served-model.js';
import { LOCAL_ADMIN } from '../../auth/identity.js';
import { ANONYMOUS, type Identity } from '../../auth/index.js';
import { bytesToHex, ok, unwrap } from '../../common/index.js';
import { checkEd25519 } from '../../common/ed25519.js';
import type { NodeKeys } from '../../keys/index.js';
import type { AnswerMeter } from '../answers/answer-meter.js';
import type { EngineHost } from '../engine/engine-host.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { ReceiptStore } from '../receipts/receipt-store.js';
import { OwnTestimony } from './own-testimony.js';
import { readTestimony } from './testimony.js';
import { TestimonyService } from './testimony.service.js';

const { receipt, evidence } = aReceipt();
const model = genesisModel();
const states = statesOf(40);
const question = { of: 'states', first: 1, end: 3 } as const;
/** Somebody who does not leave. */
const { signal } = new AbortController();
const owner: Identity = { subject: 'owner', roles: ['user'] };

function setUp({ kernel = receipt.kernel, lane = null as object | null, stored = receipt as object } = {}) {
  const engine = { kernelHash: kernel, lane, replay: async () => ok({ states }) };
  const release = jest.fn();
  const sut = new TestimonyService(
    {
      find: async (id: string) => (id === receipt.id ? { receipt: stored, evidence, owner: 'owner' } : null),
    } as unknown as ReceiptStore,
    { release: async () => ok(model) } as unknown as ModelCatalog,
    { use: (_: object, work: (port: object) => unknown) => work(engine) } as unknown as EngineHost,
    { queue: { admit: () => ok({ release }) } } as unknown as AnswerMeter,
    { receiptSigner } as unknown as NodeKeys,
  );
  return { sut, release };
}

it('gives the states of the kernel, signed, and makes room for others', async () => {
  const { sut, release } = setUp();
  const testimony = unwrap(await sut.testimony(receipt.id, question, owner, signal));
  const asked = { receipt: receipt.id, question, node: bytesToHex(receiptSigner.publicKey) };
  const rows = unwrap(readTestimony(testimony, asked, checkEd25519));
  expect(rows).toEqual(states.slice(1, 3).map(bytesToHex));
  expect(release).toHaveBeenCalledTimes(1);
});

it.each<[string, Identity]>([
  ['somebody else', { subject: 'other', roles: ['user'] }],
  ['everybody', ANONYMOUS],
])('tells %s nothing', async (_, viewer) => {
  expect(await setUp().sut.rows(receipt.id, question, viewer, signal)).toMatchObject({
    error: { code: 'RECEIPT_PRIVATE', status: 403 },
  });
});

it('tells admins as much as the owner', async () => {
  expect((await setUp().sut.rows(receipt.id, question, LOCAL_ADMIN, signal)).ok).toBe(true);
});

it.each<[string, Parameters<typeof setUp>[0]]>([
  ['DISPUTE_KERNEL', { kernel: '12'.repeat(32) }],
  ['ENGINE_NOT_EXACT', { lane: { backend: 'cpu', device: 'here' } }],
  ['RECEIPT_NOT_EXACT', { stored: { ...receipt, exact: false, backend: 'cpu', device: 'here' } }],
])('refuses with %s what it cannot compute again', async (code, changes) => {
  expect(await setUp(changes).sut.rows(receipt.id, question, owner, signal)).toMatchObject({
    error: { code },
  });
});

it('refuses what the answer does not have, and answers it does not have', async () => {
  const { sut } = setUp();
  const beyond = { ...question, end: 41 };
  expect(await sut.rows(receipt.id, beyond, owner, signal)).toMatchObject({
    error: { code: 'TESTIMONY_QUESTION' },
  });
  const unknown = await sut.rows(`rcpt_${'0'.repeat(32)}`, question, owner, signal);
  expect(unknown).toMatchObject({ error: { code: 'RECEIPT_NOT_FOUND' } });
});

it('does not begin plain arithmetic that would take minutes', async () => {
  const config = { ...model.engine.config, hiddenSize: 4_096, expertHiddenSize: 16_384, layers: 64 };
  const statement = { promptIds: [1, 2, 3, 4], outputIds: [5] } as unknown as ConstructorParameters<
    typeof OwnTestimony
  >[1];
  const sut = new OwnTestimony({ ...model.engine, config }, statement, states);
  expect(await sut.rows({ of: 'positions', first: 0, end: 4 })).toMatchObject({
    error: { code: 'TESTIMONY_TOO_LONG', status: 409 },
  });
});
