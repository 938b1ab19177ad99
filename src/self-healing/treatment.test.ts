import { jest } from '@jest/globals';
import {
  ActionAuthority,
  type Authorization,
  type ProposedAction,
} from '../common/autonomy/action-authority.js';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { HealingFigures } from '../common/autonomy/healing-figures.js';
import { unwrap } from '../common/index.js';
import type { Instance } from '../config/index.js';
import { Incident } from './incidents/incident.js';
import type { Cause } from './patterns/healing-rules.js';
import { defaultHealingFile, readHealingRules } from './patterns/healing-rules.js';
import type { RemedyBox } from './remedies/remedy-box.js';
import { Treatment } from './treatment.js';

const rules = unwrap(readHealingRules(defaultHealingFile()));

/** A treatment whose judge answers when the test says so. */
function setup(cause: Cause) {
  const gate = new AutonomyGate();
  const authority = new ActionAuthority(gate);
  const judged = Promise.withResolvers<Authorization>();
  const judge = (action: ProposedAction) => {
    asked.push(action);
    return judged.promise;
  };
  const nothing = async () => undefined;
  const rest = { report: nothing, withdraw: nothing, refuse: nothing, stateOf: async () => null };
  authority.use({ ask: judge, ...rest });
  const asked: ProposedAction[] = [];
  const box = {
    get: () => ({ expectedEffect: 'e', blastRadius: 'b', blastShare: () => 0.4, undo: 'u' }),
  };
  const instance = { id: '0123456789ab' } as Instance;
  const sut = new Treatment(authority, gate, new HealingFigures(), box as unknown as RemedyBox, instance);
  const symptom = { cause, summary: 's', match: 1, evidence: {} };
  const incident = new Incident(cause, 'critical', 0, symptom);
  const ask = async () => {
    const answer = sut.ask(incident, rules[cause].remedies[0], rules[cause]);
    await jest.advanceTimersByTimeAsync(10_000);
    return answer;
  };
  return { gate, judged, incident, ask, asked };
}

describe('a treatment nobody judges in time', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each<[Cause, string]>([
    ['pool_exhausted', 'go'],
    ['disk_high', 'go'],
    ['database_away', 'go'],
    ['cpu_high', 'no'],
    ['kernel_hung', 'no'],
  ])(
    'of %s: %s, because only what keeps decisions from being recorded may do without',
    async (cause, answer) => {
      expect((await setup(cause).ask()).answer).toBe(answer);
    },
  );

  it('is not begun while automatic action is stopped', async () => {
    const { gate, ask } = setup('pool_exhausted');
    gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    expect(await ask()).toMatchObject({ answer: 'no', reason: 'stopped by ada' });
  });

  it('says which share of the traffic the remedy touches', async () => {
    const { ask, asked } = setup('cpu_high');
    await ask();
    expect(asked).toMatchObject([{ blastRadius: 'b', blastShare: 0.4 }]);
  });

  it('says which server it is for, because limits count for each', async () => {
    const { ask, asked } = setup('cpu_high');
    await ask();
    expect(asked).toMatchObject([{ parameters: { cause: 'cpu_high', subject: '0123456789ab' } }]);
  });

  it('is told of under the decision that was recorded late', async () => {
    const { judged, incident, ask } = setup('pool_exhausted');
    await ask();
    expect(incident.decision).toBeNull();
    judged.resolve({ answer: 'go', reason: 'may', decision: 'd7' });
    await jest.advanceTimersByTimeAsync(1);
    expect(incident.decision).toBe('d7');
  });
});
