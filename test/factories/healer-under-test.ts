import { jest } from '@jest/globals';
import {
  ActionAuthority,
  type Authorization,
  type DecisionStanding,
  type ProposedAction,
} from '../../src/common/autonomy/action-authority.js';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { HealingFigures } from '../../src/common/autonomy/healing-figures.js';
import { EventBus, unwrap } from '../../src/common/index.js';
import type { AppConfig, Instance } from '../../src/config/index.js';
import type { AlertBook } from '../../src/monitoring/index.js';
import { Healer } from '../../src/self-healing/healer.js';
import type { Attempt, IncidentStore } from '../../src/self-healing/incidents/incident-store.js';
import { defaultHealingFile, readHealingRules } from '../../src/self-healing/patterns/healing-rules.js';
import type { RemedyBox } from '../../src/self-healing/remedies/remedy-box.js';
import { Treatment } from '../../src/self-healing/treatment.js';
import type { Vitals } from '../../src/self-healing/vitals/vitals.js';

/** The rules of the installation. */
export const rules = unwrap(readHealingRules(defaultHealingFile()));
/** Vitals with which nothing is wrong. */
export const well: Vitals = {
  at: 0,
  cpu: { machine: 0, process: 0 },
  memory: { total: 1, used: 0, share: 0 },
  heap: { total: 1, used: 0, share: 0 },
  disk: { total: 1, free: 1, share: 0 },
  eventLoop: { mean: 0, worst: 0 },
  pool: { most: 12, open: 1, idle: 1, waiting: 0 },
  database: { awayMs: 0, detail: '' },
  engine: { running: true, silentMs: 0 },
  caches: { experts: 0, kv: 0 },
  log: { waiting: 0, lagMs: 0 },
  crashes: [],
  ends: [],
  workers: { brokenMs: 0, queue: '', detail: '' },
  damaged: [],
  readiness: { status: 'ok', detail: '' },
};
/** A decision that stands for what was asked. */
export const standing = (state: string): DecisionStanding => ({ state, action: 'restart_engine' });
/** An engine that hangs. */
export const hung = { engine: { running: true, silentMs: 20_000 } };
/** A database that is away. */
export const away = { database: { awayMs: 20_000, detail: 'gone' } };

/** A healer whose judge gives the same answer to every question, with one remedy for all names. */
export function setup(
  answer: Authorization | Error = { answer: 'go', reason: 'may', decision: 'd1' },
  mode = 'auto',
) {
  const act = jest.fn(async (_why: string) => 'done');
  const texts = { expectedEffect: 'e', blastRadius: 'b', undo: 'u' };
  const endsServer = (name: string) => (name === 'restart_server' ? { endsServer: true as const } : {});
  const get = (name: string) => ({ ...texts, blastShare: () => 0, act, ...endsServer(name) });
  const gate = new AutonomyGate();
  const authority = new ActionAuthority(gate);
  const report = jest.fn(async (_decision: string, _came: { helped: boolean; detail: string }) => undefined);
  const ask = jest.fn(async (_action: ProposedAction) => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const withdraw = jest.fn(async () => undefined);
  const refuse = jest.fn(async () => undefined);
  /** What the database says of the decision. */
  const stateOf = jest.fn(async (_decision: string): Promise<DecisionStanding | null> => standing('waiting'));
  authority.use({ ask, report, withdraw, refuse, stateOf });
  const instance = {
    id: 'here',
    label: 'stemma on web-2',
    own: (name: string) => `${name}@here`,
  } as Instance;
  const box = { get } as unknown as RemedyBox;
  const treatment = new Treatment(authority, gate, new HealingFigures(), box, instance);
  const store = { save: jest.fn(), add: jest.fn((_attempt: Attempt, _known?: object) => undefined) };
  const book = { raise: jest.fn(async () => 'alert'), clear: jest.fn(async (_fingerprint: string) => true) };
  const events = new EventBus();
  const states: string[] = [];
  events.on('incident.changed', ({ state }) => states.push(state));
  const sut = new Healer(
    { healing: mode } as AppConfig,
    { current: rules },
    treatment,
    store as unknown as IncidentStore,
    book as unknown as AlertBook,
    events,
    instance,
  );
  sut.onModuleInit();
  /** One look; what runs beside it is over afterwards. */
  const look = async (changes: Partial<Vitals>, at = 0) => {
    sut.look({ ...well, ...changes, at });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sut, act, ask, report, withdraw, refuse, stateOf, gate, store, book, events, states, look };
}
