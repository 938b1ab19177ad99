import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockReader } from '../../chain/index.js';
import { ok, systemClock, unwrap, type Json } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import type { AppConfig } from '../../config/index.js';
import type { ParameterIndex } from '../../experts/index.js';
import { TrainingAuditRunner } from '../audit/node/audit-runner.js';
import { skippedAudit, unpaidAudit, type CheckOutcome } from '../checks/check-outcome.js';
import { planJson } from '../run/plan-json.js';
import { parseManifest } from '../submission/manifest-facts.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { SubmissionStore } from '../submission/submission-store.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import { trainingKernelPath } from '../trainer/node/training-kernel-path.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import type { DataSets } from './data-sets.js';
import { TrainingAudit } from './training-audit.js';

const hash = (digit: string) => digit.repeat(64);
const ID = `submission_${'a'.repeat(32)}`;
const row = { id: ID, checks: [], statement: { release: hash('1') } } as unknown as SubmissionRow;
const beacon = { submission_index: 1, nonce_index: 2, size: 3, root: hash('b') };
const plan: TrainingPlan = {
  blocks: ['layer3.expert5'],
  ...{ seed: '1', batchTokens: 2048, microBatchTokens: 1024, balance: 0 },
  schedule: { peak: 0.001, floor: 0.05, warmUp: 5, steps: 100 },
  adam: ADAM_DEFAULTS,
};

describe('the audit of submissions', () => {
  let folder: string;
  let kernel: string;

  beforeAll(async () => (kernel = nativeSha256Hex(await readFile(trainingKernelPath()))));
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-audit-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const manifestOf = (changes: Record<string, Json> = {}, of: TrainingPlan = plan): Json => ({
    ...{ version: 2, model: 'genesis', release: hash('1'), kernel, initial: hash('3') },
    data: { hash: hash('4'), bytes: 10, learnt: 30, unseen: 3, root: hash('5'), datasets: [] },
    plan: planJson(of),
    blocks: [{ name: 'layer3.expert5', parent: hash('7'), payload_hash: hash('8') }],
    steps: Array.from({ length: 100 }, () => ({ hash: hash('a'), tokens: 50, examples: 3, loss: 1 })),
    ...changes,
  });
  /** How far the database's clock is ahead of this machine's, ms. */
  let ahead = 0;
  const create = (manifest: Json, updates = 8, whose: AppConfig['learningAudit'] = 'required') => {
    const config = {
      dataDir: folder,
      learningAudit: whose,
      learningAuditUpdates: updates,
      learningOpeningSeconds: 60,
    } as AppConfig;
    const store = {
      manifest: () => Promise.resolve(manifest),
      now: () => Promise.resolve(systemClock.now() + ahead),
    } as unknown as SubmissionStore;
    const none = {} as unknown;
    return new TrainingAudit(
      config,
      store,
      new SubmissionFiles(config),
      none as ParameterIndex,
      none as BlockReader,
      new TrainingAuditRunner(),
      none as DataSets,
    );
  };
  const admit = async (manifest: Json, updates?: number) => {
    const found = await create(manifest, updates).admit(unwrap(parseManifest(manifest)), false);
    return found.ok ? null : found.error.code;
  };

  it('admits what can be replayed, and anything where nothing is', async () => {
    const { data: _data, plan: _plan, ...first } = manifestOf() as Record<string, Json>;
    const old = { ...first, version: 1 };
    expect(await admit(manifestOf())).toBeNull();
    expect(await admit(old)).toBe('SUBMISSION_NOT_AUDITABLE');
    expect(await admit(old, 0)).toBeNull();
    const unplayable: Record<string, Json>[] = [{ kernel: hash('f') }, { steps: [] }];
    for (const changes of unplayable)
      expect(await admit(manifestOf(changes))).toBe('SUBMISSION_NOT_AUDITABLE');
    // Of the second one eight updates would do, and with the first and the last it is ten.
    const tooLarge = [{ batchTokens: 1 << 20 }, { batchTokens: 1 << 19 }, { microBatchTokens: 1 << 15 }];
    for (const changes of tooLarge)
      expect(await admit(manifestOf({}, { ...plan, ...changes }))).toBe('SUBMISSION_NOT_AUDITABLE');
  });

  it('tells beforehand whom it asks', () => {
    expect(create(manifestOf()).terms()).toEqual({ required: true, updates: 8 });
    expect(create(manifestOf(), 8, 'offered').terms()).toEqual({ required: false, updates: 8 });
    expect(create(manifestOf(), 0).terms()).toEqual({ required: false, updates: 0 });
  });

  it('judges without an audit where none is offered or possible, notes why, and asks for nothing then', async () => {
    const offeredTo = (changes: Record<string, Json>, offered: boolean) => {
      const manifest = manifestOf(changes);
      return create(manifest, 8, 'offered').admit(unwrap(parseManifest(manifest)), offered);
    };
    expect(await offeredTo({}, true)).toEqual(ok(null));
    const kept = unwrap(await offeredTo({}, false))!;
    const detail = 'not audited: the contributor does not show the training';
    expect(kept).toMatchObject({ name: 'audit', passed: true, code: null, detail });
    const other = unwrap(await offeredTo({ kernel: hash('f') }, true))!;
    expect(skippedAudit([other])).toContain('another training kernel');
    // It was another one before anything was shown: nothing is paid.
    expect(unpaidAudit([other])).toContain('another training kernel');
    const asked = (checks: readonly CheckOutcome[]) =>
      create(manifestOf(), 8, 'offered').ask({ ...row, checks }, beacon);
    expect(await asked([kept])).toBeNull();
    expect(await asked([])).toMatchObject({ of: 100 });
  });

  it('asks for updates that follow from the beacon', async () => {
    const before = systemClock.now();
    const asked = await create(manifestOf()).ask(row, beacon);
    expect(asked).toMatchObject({ of: 100, share: 0.1 });
    expect(asked?.updates).toHaveLength(10);
    expect(asked?.until).toBeGreaterThanOrEqual(before + 60_000);
    expect((await create(manifestOf()).ask(row, beacon))?.updates).toEqual(asked?.updates);
    const other = await create(manifestOf()).ask(row, { ...beacon, root: hash('c') });
    expect(other?.updates).not.toEqual(asked?.updates);
    expect(await create(manifestOf(), 0).ask(row, beacon)).toBeNull();
  });

  it('waits for an opening as long as there is time, and then no longer', async () => {
    const sut = create(manifestOf());
    const work = { signal: new AbortController().signal, progress: () => undefined };
    const asked = { updates: [1], of: 100, share: 0.01 };
    const waiting = unwrap(await sut.check(row, { ...asked, until: systemClock.now() + 600_000 }, work));
    expect(waiting).toEqual({ waitMs: expect.any(Number) as number });
    const late = unwrap(await sut.check(row, { ...asked, until: systemClock.now() - 1 }, work));
    expect(late).toMatchObject({ check: { name: 'audit', passed: false, code: 'OPENING_LATE' } });
  });

  it('goes by the clock of the database, however wrong the own one is', async () => {
    const work = { signal: new AbortController().signal, progress: () => undefined };
    const sut = create(manifestOf());
    ahead = -2 * 3_600_000;
    const asked = (await sut.ask(row, beacon))!;
    expect(asked.until).toBeLessThan(systemClock.now() - 3_600_000);
    expect(unwrap(await sut.check(row, asked, work))).toMatchObject({ waitMs: expect.any(Number) as number });
    ahead = 0;
    expect(unwrap(await sut.check(row, asked, work))).toMatchObject({ check: { code: 'OPENING_LATE' } });
  });

  it('does not hold the training answerable for another kernel since it was handed in', async () => {
    await mkdir(join(folder, 'submissions', ID), { recursive: true });
    await writeFile(new SubmissionFiles({ dataDir: folder } as AppConfig).openingPath(ID).whole, 'shown');
    const work = { signal: new AbortController().signal, progress: () => undefined };
    const asked = { updates: [1], of: 100, share: 0.01, until: systemClock.now() + 600_000 };
    const found = await create(manifestOf({ kernel: hash('f') })).check(row, asked, work);
    expect(found).toMatchObject({ error: { code: 'SUBMISSION_NOT_AUDITABLE' } });
    const offered = create(manifestOf({ kernel: hash('f') }), 8, 'offered');
    const left = unwrap(await offered.check(row, asked, work));
    expect(left).toMatchObject({
      check: { passed: true, figures: { skipped: expect.any(String) as string, shown: true } },
    });
  });

  it('notes that results of rounds are not audited, where others are', () => {
    expect(skippedAudit([create(manifestOf()).ofRound(false)!])).toContain('anybody can make again');
    expect(skippedAudit([create(manifestOf()).ofRound(true)!])).toContain('nobody else');
    expect(create(manifestOf(), 0).ofRound(true)).toBeNull();
  });

  it('does not hold the training answerable for an audit that was stopped', async () => {
    const runner = new TrainingAuditRunner();
    const input = { facts: {}, drawn: [], path: '', model: {}, kernelPath: '' };
    const stopped = await runner.run(input as never, AbortSignal.abort(), () => undefined);
    expect(stopped).toMatchObject({ error: { code: 'AUDIT_STOPPED', status: 503 } });
  });
});
