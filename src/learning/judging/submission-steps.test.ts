import { CodedError, err, EventBus, unwrap } from '../../common/index.js';
import type { DatasetGate } from '../checks/dataset-gate.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { Publication } from './publication.js';
import { SubmissionSteps } from './submission-steps.js';

const unused = {} as never;
const row = {
  ...{ id: `submission_${'a'.repeat(32)}`, model: 'genesis', state: 'evaluating', checks: [] },
  ...{ beacon: { root: 'ab' }, statement: { datasets: ['cd'.repeat(32)] } },
} as unknown as SubmissionRow;

describe('the steps of a submission', () => {
  it('end where its data was withdrawn meanwhile, which trust does not look at', async () => {
    const asked: (readonly string[])[] = [];
    const gate = {
      check: (datasets: readonly string[]) => {
        asked.push(datasets);
        return Promise.resolve(err(new CodedError('SUBMISSION_DATASET', 'dataset ds_1 is withdrawn')));
      },
    } as unknown as DatasetGate;
    const rejected: unknown[][] = [];
    const publication = {
      reject: (...told: unknown[]) => Promise.resolve(void rejected.push(told)),
    } as unknown as Publication;
    const events = new EventBus();
    const told: string[] = [];
    events.on('submission.changed', ({ state }) => told.push(state));
    const steps = new SubmissionSteps(
      ...([unused, unused, unused, unused, unused, gate, unused, unused, unused] as const),
      publication,
      events,
    );
    expect(unwrap(await steps.step(row, AbortSignal.timeout(60_000)))).toBe('wait');
    expect(asked).toEqual([row.statement.datasets]);
    const why = { code: 'SUBMISSION_DATASET', detail: 'dataset ds_1 is withdrawn' };
    expect(rejected).toEqual([[row, why, { checks: [], counts: false }]]);
    expect(told).toEqual(['rejected']);
  });
});
