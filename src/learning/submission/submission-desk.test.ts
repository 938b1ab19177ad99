import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockPublisher } from '../../chain/index.js';
import { CodedError, err, EventBus, ok } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import type { Transactions } from '../../database/index.js';
import type { ParameterIndex, UploadStore } from '../../experts/index.js';
import type { LogAppender } from '../../log/index.js';
import type { DatasetGate } from '../checks/dataset-gate.js';
import { notAudited, skippedAudit, type CheckOutcome } from '../checks/check-outcome.js';
import type { ExampleSources } from '../evaluation/example-sources.js';
import type { ReleaseGrowth } from '../growth/growth.js';
import type { SubmissionQueue } from '../judging/submission-queue.js';
import type { SubmissionWorker } from '../judging/submission-worker.js';
import type { TrainingAudit } from '../judging/training-audit.js';
import { submissionId, type SubmissionStatement } from './statement.js';
import { SubmissionDesk } from './submission-desk.js';
import { SubmissionFiles } from './submission-files.js';
import type { SubmissionStore } from './submission-store.js';

const statement: SubmissionStatement = {
  ...{ version: 1, model: 'genesis', release: '1'.repeat(64), blocks: [], manifest: '2'.repeat(64) },
  ...{ domains: [], datasets: [], author: `02${'3'.repeat(64)}`, created_at: 1 },
};
const ID = submissionId(statement);
const OUTDATED = new CodedError('SUBMISSION_OUTDATED', 'its place was taken', {}, 409);
const { model, release } = statement;
const own = {
  ...{ statement, signature: '', manifest: {}, inputs: [] },
  facts: { model, release, blocks: [], steps: 0, audit: null },
  isPrivate: false,
};

describe('what the server hands in itself', () => {
  let folder: string;
  let files: SubmissionFiles;
  let rows: string[];
  let checked: (readonly CheckOutcome[])[];
  let told: string[];
  let live: object | null;
  let sut: SubmissionDesk;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-submissions-'));
    files = new SubmissionFiles({ dataDir: folder } as AppConfig);
    [rows, checked, told, live] = [[], [], [], null];
    const view = { model, release, meta: '4'.repeat(64), weights: new Map() };
    const store = {
      find: (id: string) => Promise.resolve(rows.includes(id) ? { id } : null),
      history: () => Promise.resolve([]),
      madeToday: () => Promise.resolve(0),
      insert: (_: unknown, { id, checks }: { id: string; checks: readonly CheckOutcome[] }) => {
        checked.push(checks);
        return Promise.resolve(rows.push(id));
      },
    };
    const transactions = {
      run: (work: (manager: unknown) => Promise<unknown>) => work({ query: () => Promise.resolve([]) }),
    };
    const events = new EventBus();
    events.on('submission.changed', ({ submission, state }) => told.push(`${submission} ${state}`));
    sut = new SubmissionDesk(
      {
        release: () => Promise.resolve(view),
        live: () => Promise.resolve(live),
      } as unknown as ParameterIndex,
      {} as UploadStore,
      { check: () => Promise.resolve(ok()) } as unknown as BlockPublisher,
      store as unknown as SubmissionStore,
      files,
      { ready: () => Promise.resolve(), add: () => Promise.resolve() } as unknown as SubmissionQueue,
      { begin: () => undefined } as unknown as SubmissionWorker,
      { ofRound: () => notAudited('made of a round') } as unknown as TrainingAudit,
      { check: () => Promise.resolve(ok()) } as unknown as DatasetGate,
      { of: () => Promise.resolve(err(OUTDATED)) } as unknown as ReleaseGrowth,
      transactions as unknown as Transactions,
      { append: () => Promise.resolve(), committed: () => undefined } as unknown as LogAppender,
      events,
      {} as ExampleSources,
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is stored with what changes besides it, and told of', async () => {
    expect(await sut.submitOwn('round_1', own, () => Promise.resolve(true))).toEqual(ok(true));
    expect([rows, told, await files.kept()]).toEqual([[ID], [`${ID} received`], [ID]]);
    expect(skippedAudit(checked[0])).toBe('made of a round');
  });

  it('is refused at once where the live release cannot become a model with it', async () => {
    live = { model, release, version: '1.0.0', weights: new Map() };
    expect(await sut.submitOwn('round_1', own, () => Promise.resolve(true))).toEqual(err(OUTDATED));
    expect([rows, told, await files.kept()]).toEqual([[], [], []]);
  });

  it('leaves nothing behind where nothing is to be stored', async () => {
    expect(await sut.submitOwn('round_1', own, () => Promise.resolve(false))).toEqual(ok(false));
    expect([rows, told, await files.kept()]).toEqual([[], [], []]);
  });

  it('keeps the files where somebody was faster, and leaves it to them to tell', async () => {
    rows.push(ID);
    expect(await sut.submitOwn('round_1', own, () => Promise.resolve(true))).toEqual(ok(false));
    expect([rows, told, await files.kept()]).toEqual([[ID], [], [ID]]);
  });
});
