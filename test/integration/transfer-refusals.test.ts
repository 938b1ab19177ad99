import { jest } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import type { Identity } from '../../src/auth/index.js';
import { SafetyFigures } from '../../src/common/autonomy/safety-figures.js';
import { unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { EvmNode } from '../../src/evm/evm-node.js';
import { TransactionStore } from '../../src/evm/transactions.js';
import { EmergencyStop, GuardianTrail } from '../../src/guardian/index.js';
import { ApprovalService, PlanService, TaskService, TaskStore } from '../../src/tasks/index.js';
import { startAnvil, type Anvil } from '../support/anvil.js';
import { answerOnce, createTestDatabase, testConfig, until } from '../support/index.js';

const ALICE: Identity = { subject: 'alice', roles: ['user'] };
const GRACE: Identity = { subject: 'grace', roles: ['guardian'] };
const TO = '0x00000000000000000000000000000000000000BB';
const ETHER = 10n ** 18n;
/** Code that takes nothing: PUSH1 0, PUSH1 0, REVERT. */
const REVERTS = '0x60006000fd';

describe('a transfer that must not be', () => {
  let anvil: Anvil;
  let app: INestApplicationContext;
  let drop: () => Promise<void>;
  let from: string;
  let security: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    anvil = await startAnvil();
    const database = await createTestDatabase();
    drop = () => database.drop();
    const config = testConfig({
      ...{ evmRpcUrl: anvil.url, evmChainId: 31337, taskWorkers: 2, taskRetryMs: 10 },
      monitoringMinutes: 0,
    });
    app = await NestFactory.createApplicationContext(
      AppModule.forRoot(config, externalDatabase(database.url)),
      { logger: false, abortOnError: false },
    );
    from = unwrap(await app.get(EvmNode).account());
    app.get(SafetyFigures).provideSecurity(async () => security);
  });
  afterAll(async () => {
    await app?.close();
    await anvil?.kill();
    await drop?.();
  });
  beforeEach(async () => {
    security = 1;
    await anvil.rpc('anvil_setCode', TO, '0x');
    await anvil.fund(from, ETHER);
  });

  const start = async (wei: bigint) => {
    const parameters = { action: 'transfer', to: TO, value_wei: String(wei) };
    const plan = unwrap(await app.get(PlanService).create('onchain_action', parameters, ALICE));
    return unwrap(await app.get(TaskService).start(plan, { description: '', key: null }, ALICE)).id;
  };
  const reaches = (id: string, ...states: string[]) =>
    answerOnce(
      async () => unwrap(await app.get(TaskStore).task(id)),
      ({ state }) => states.includes(state),
    );
  /** Starts a transfer whose simulation is fine, and waits until a guardian is asked. */
  const asked = async (wei: bigint) => {
    const id = await start(wei);
    expect(await reaches(id, 'waiting_approval', 'failed')).toMatchObject({ state: 'waiting_approval' });
    return id;
  };
  const approve = async (id: string) =>
    unwrap(
      await app
        .get(ApprovalService)
        .answer(id, { approved: true, reason: 'agreed', step: null, planHash: null }, GRACE),
    );
  const states = async (id: string) => (await app.get(TaskStore).steps(id)).map(({ state }) => state);
  const sent = async () => BigInt(await anvil.rpc('eth_getTransactionCount', from, 'pending'));
  const received = async () => BigInt(await anvil.rpc('eth_getBalance', TO, 'latest'));

  it('is blocked below the lowest security score, although a guardian has approved it', async () => {
    const id = await asked(5n);
    security = 0.49;
    await approve(id);
    const over = await reaches(id, 'completed', 'failed');
    expect(over).toMatchObject({ state: 'failed', code: 'SAFETY_BLOCKED' });
    expect(await states(id)).toEqual(['completed', 'completed', 'failed']);
    expect(await sent()).toBe(0n);
  });

  it('is refused by the simulation where the receiver takes nothing', async () => {
    await anvil.rpc('anvil_setCode', TO, REVERTS);
    const id = await start(5n);
    const over = await reaches(id, 'waiting_approval', 'failed');
    expect(over).toMatchObject({ state: 'failed', code: 'EVM_REFUSED' });
    expect(over.reason).toMatch(/revert/i);
    expect(await states(id)).toEqual(['completed', 'failed', expect.not.stringMatching('completed')]);
    expect(await sent()).toBe(0n);
  });

  it('is simulated once more after the approval', async () => {
    const id = await asked(5n);
    await anvil.rpc('anvil_setCode', TO, REVERTS);
    await approve(id);
    expect(await reaches(id, 'completed', 'failed')).toMatchObject({ state: 'failed', code: 'EVM_REFUSED' });
    expect(await sent()).toBe(0n);
  });

  it('is refused by the simulation where the wallet cannot pay it, or not its fee', async () => {
    for (const has of [4n, 5n]) {
      await anvil.fund(from, has);
      const over = await reaches(await start(5n), 'waiting_approval', 'failed');
      expect(over).toMatchObject({ state: 'failed' });
      // What the wallet has does not pay the gas: some nodes say so themselves when they are asked for an estimate.
      expect(over.code).toMatch(
        has === 4n ? /^EVM_INSUFFICIENT_FUNDS$/ : /^EVM_(INSUFFICIENT_FUNDS|REFUSED)$/,
      );
    }
    expect(await sent()).toBe(0n);
  });

  it('fails where the chain reverts it after all, and nothing is moved', async () => {
    const id = await asked(5n);
    await anvil.rpc('evm_setAutomine', false);
    await approve(id);
    await until('it is sent', async () => (await sent()) === 1n);
    await anvil.rpc('anvil_setCode', TO, REVERTS);
    await anvil.rpc('evm_mine');
    const over = await reaches(id, 'completed', 'failed');
    expect(over).toMatchObject({ state: 'failed', code: 'EVM_REVERTED' });
    expect(await received()).toBe(0n);
    await anvil.rpc('evm_setAutomine', true);
  });

  it('goes to its end after a stop that came when it was signed and not noted yet', async () => {
    const [store, stop, had] = [app.get(TransactionStore), app.get(EmergencyStop), await received()];
    const prepare = store.prepare.bind(store);
    const signing = jest.spyOn(store, 'prepare').mockImplementationOnce(async (...transfer) => {
      const stored = await prepare(...transfer);
      await stop.stop('grace', 'a drill', false);
      return stored;
    });
    const before = await sent();
    const id = await asked(5n);
    await approve(id);
    const step = async () => (await app.get(TaskStore).steps(id))[2];
    await until(
      'the step to be given back',
      async () => signing.mock.calls.length === 1 && (await step()).state === 'ready',
    );
    expect([(await step()).kept, await sent()]).toEqual([null, before]);
    await anvil.rpc('evm_setAutomine', false);
    await stop.resume('grace', 'it is over');
    await until('it is sent', async () => (await sent()) === before + 1n);
    expect((await step()).kept).toMatchObject({ nonce: Number(before) });
    await stop.stop('grace', 'another drill', false);
    await anvil.rpc('evm_mine');
    expect(await reaches(id, 'completed', 'failed')).toMatchObject({ state: 'completed' });
    expect(await received()).toBe(had + 5n);
    await anvil.rpc('evm_setAutomine', true);
    await stop.resume('grace', 'it is over');
    signing.mockRestore();
  });

  describe('that was signed, and whose approval expired before it was noted', () => {
    const expire = (id: string) =>
      app
        .get(DataSource)
        .query(`UPDATE task_approvals SET expires_at = now() - interval '1 second' WHERE task_id = $1`, [id]);
    const ready = async (id: string) => (await app.get(TaskStore).steps(id))[2].state === 'ready';
    /** Nothing is left waiting in the pool of the chain. */
    const queued = async () => await anvil.rpc<{ queued: object }>('txpool_content');

    it('leaves its nonce to the next one, and never happens', async () => {
      const [store, stop, had] = [app.get(TransactionStore), app.get(EmergencyStop), await received()];
      const prepare = store.prepare.bind(store);
      const signing = jest.spyOn(store, 'prepare').mockImplementationOnce(async (...transfer) => {
        const stored = await prepare(...transfer);
        await stop.stop('grace', 'a drill', false);
        return stored;
      });
      const [before, first] = [await sent(), await asked(5n)];
      await approve(first);
      await until(
        'the step to be given back',
        async () => signing.mock.calls.length === 1 && (await ready(first)),
      );
      await expire(first);
      await stop.resume('grace', 'it is over');
      expect(await reaches(first, 'completed', 'failed')).toMatchObject({
        ...{ state: 'failed', code: 'APPROVAL_EXPIRED' },
      });
      const second = await asked(7n);
      await approve(second);
      expect(await reaches(second, 'completed', 'failed')).toMatchObject({ state: 'completed' });
      expect([await sent(), await received()]).toEqual([before + 1n, had + 7n]);
      signing.mockRestore();
    });

    it('does not hold up one that was signed behind it', async () => {
      const [store, stop, had] = [app.get(TransactionStore), app.get(EmergencyStop), await received()];
      const prepare = store.prepare.bind(store);
      let goOn: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      let isSigned = false;
      const signing = jest.spyOn(store, 'prepare').mockImplementationOnce(async (...transfer) => {
        const stored = await prepare(...transfer);
        isSigned = true;
        await held;
        return stored;
      });
      const [before, first, second] = [await sent(), await asked(5n), await asked(7n)];
      await approve(first);
      await until('the first to be signed', async () => isSigned);
      await approve(second);
      await until('the second to wait', async () => Object.keys((await queued()).queued).length === 1);
      await stop.stop('grace', 'a drill', false);
      await until('the step to be given back', () => ready(first));
      await expire(first);
      await stop.resume('grace', 'it is over');
      expect(await reaches(first, 'completed', 'failed')).toMatchObject({
        ...{ state: 'failed', code: 'APPROVAL_EXPIRED' },
      });
      expect(await reaches(second, 'completed', 'failed')).toMatchObject({ state: 'completed' });
      goOn();
      expect([await sent(), await received()]).toEqual([before + 2n, had + 7n]);
      const [block] = (await app.get(TaskStore).steps(second)).slice(2).map(({ output }) => output);
      expect(block).toMatchObject({ nonce: Number(before + 1n) });
      const filler = await store.find(`filler:${first}/2`);
      expect(
        await anvil.rpc<{ from: string; to: string; value: string }>(
          'eth_getTransactionByHash',
          filler?.hash,
        ),
      ).toMatchObject({ from: from.toLowerCase(), to: from.toLowerCase(), value: '0x0' });
      signing.mockRestore();
    });
  });

  describe('that the node refuses for good, with another one signed behind it', () => {
    it('holds up neither that one nor later ones, and what fills its nonce is on record', async () => {
      const [store, had, before] = [app.get(TransactionStore), await received(), await sent()];
      const prepare = store.prepare.bind(store);
      const [signed, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const signing = jest.spyOn(store, 'prepare').mockImplementationOnce(async (...transfer) => {
        const stored = await prepare(...transfer);
        signed.resolve();
        await goOn.promise;
        return stored;
      });
      const [first, second] = [await asked(5n), await asked(7n)];
      await approve(first);
      await signed.promise;
      await approve(second);
      const queued = async () => (await anvil.rpc<{ queued: string }>('txpool_status')).queued;
      await until('the second to wait', async () => (await queued()) === '0x1');
      await anvil.fund(from, 1n);
      goOn.resolve();
      const refused = await reaches(first, 'completed', 'failed');
      expect(refused).toMatchObject({ state: 'failed', code: 'EVM_REFUSED' });
      expect(refused.reason).toMatch(/insufficient funds/i);
      expect(await store.find(`${first}/2`)).toBeNull();
      await anvil.fund(from, ETHER);
      expect(await reaches(second, 'completed', 'failed')).toMatchObject({ state: 'completed' });
      const third = await asked(11n);
      await approve(third);
      expect(await reaches(third, 'completed', 'failed')).toMatchObject({ state: 'completed' });
      expect([await sent(), await received()]).toEqual([before + 3n, had + 18n]);
      const step = `${first}/2`;
      const records = (await app.get(GuardianTrail).newest(100)).map(({ record }) => record);
      const filler = await store.find(`filler:${step}`);
      const facts = { chain_id: '31337', address: from, nonce: Number(before), hash: filler?.hash, step };
      expect(records.filter((record) => record.facts.step === step)).toMatchObject([
        { event: 'nonce.filled', actor: 'server', decision: null, facts },
      ]);
      signing.mockRestore();
    });

    it('leaves its nonce to the next one where none waits yet', async () => {
      const [store, signer] = [app.get(TransactionStore), unwrap(await app.get(EvmNode).key())];
      const fees = { gas: 21_000n, maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };
      // A chain of its own: nothing of it is ever sent.
      const transfer = { chainId: 99n, chainNonce: 0n, from, to: TO, value: 1n, ...fees };
      const sign = async (key: string) => (await store.prepare(key, transfer, signer)).nonce;
      expect([await sign('first'), await sign('second')]).toEqual([0, 1]);
      await store.withdraw('first');
      expect(await store.find('first')).toBeNull();
      expect([await sign('third'), await sign('fourth')]).toEqual([0, 2]);
      await store.withdraw('fourth');
      expect(await sign('fifth')).toBe(2);
    });
  });
});
