import { unwrap } from '../../common/index.js';
import type { Vitals } from '../vitals/vitals.js';
import { diagnose } from './diagnosis.js';
import { defaultHealingFile, readHealingRules } from './healing-rules.js';

const rules = unwrap(readHealingRules(defaultHealingFile()));

const well: Vitals = {
  at: 0,
  cpu: { machine: 0.3, process: 0.1 },
  memory: { total: 100, used: 40, share: 0.4 },
  heap: { total: 10, used: 3, share: 0.3 },
  disk: { total: 100, free: 60, share: 0.4 },
  eventLoop: { mean: 1, worst: 5 },
  pool: { most: 12, open: 3, idle: 2, waiting: 0 },
  database: { awayMs: 0, detail: 'answers' },
  engine: { running: true, silentMs: 0 },
  caches: { experts: 0, kv: 0 },
  log: { waiting: 0, lagMs: 0 },
  crashes: [],
  ends: [],
  workers: { brokenMs: 0, queue: '', detail: '' },
  damaged: [],
  readiness: { status: 'ok', detail: '' },
};
const causes = (changes: Partial<Vitals>) =>
  diagnose({ ...well, ...changes }, rules).map(({ cause }) => cause);

describe('diagnose', () => {
  it('finds nothing wrong with a server that is well', () => expect(causes({})).toEqual([]));

  it.each<[string, Partial<Vitals>]>([
    ['cpu_high', { cpu: { machine: 0.95, process: 0.1 } }],
    ['memory_high', { memory: { total: 100, used: 93, share: 0.93 } }],
    ['memory_high', { heap: { total: 10, used: 9.5, share: 0.95 } }],
    ['disk_high', { disk: { total: 100, free: 5, share: 0.95 } }],
    ['engine_crashed', { crashes: ['thread 1 ended with code 1'] }],
    ['kernel_hung', { engine: { running: true, silentMs: 9_000 } }],
    ['pool_exhausted', { pool: { most: 12, open: 12, idle: 0, waiting: 5 } }],
    ['database_away', { database: { awayMs: 6_000, detail: 'refused' } }],
    ['log_lag', { log: { waiting: 3, lagMs: 20_000 } }],
    ['process_crashed', { ends: ['SIGKILL', 'SIGKILL', 'exit code 1'] }],
    ['workers_down', { workers: { brokenMs: 25_000, queue: 'stemma_step', detail: 'refused' } }],
    ['blob_corrupt', { damaged: [{ block: 'ab', name: 'expert 3', detail: 'altered' }] }],
  ])('knows %s', (cause, changes) => expect(causes(changes)).toEqual([cause]));

  it('says whether the machine’s memory or what its own JavaScript may hold is short', () => {
    const said = (changes: Partial<Vitals>) =>
      diagnose({ ...well, ...changes }, rules).map(({ summary }) => summary);
    expect(said({ memory: { total: 100, used: 93, share: 0.93 } })).toEqual(['93 % of the memory is used']);
    expect(said({ heap: { total: 10, used: 9.5, share: 0.95 } })).toEqual([
      "95 % of what the server's own JavaScript may hold is used",
    ]);
  });

  it('does not take its own work for trouble, unless the event loop starves', () => {
    const cpu = { machine: 1, process: 0.9 };
    expect(causes({ cpu })).toEqual([]);
    expect(causes({ cpu, eventLoop: { mean: 300, worst: 900 } })).toEqual(['cpu_high']);
  });

  it('does not take a busy moment for an exhausted pool', () =>
    expect(causes({ pool: { most: 12, open: 11, idle: 0, waiting: 9 } })).toEqual([]));

  it('names the database alone where it explains the rest', () =>
    expect(
      causes({
        database: { awayMs: 9_000, detail: 'gone' },
        pool: { most: 12, open: 12, idle: 0, waiting: 9 },
        log: { waiting: 9, lagMs: 60_000 },
        workers: { brokenMs: 25_000, queue: 'stemma_step', detail: 'gone' },
        readiness: { status: 'failed', detail: 'database' },
      }),
    ).toEqual(['database_away']));

  it('says that it does not know', () =>
    expect(causes({ readiness: { status: 'failed', detail: 'chain: gone' } })).toEqual(['unknown']));
});
