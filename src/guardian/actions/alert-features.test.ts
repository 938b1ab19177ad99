import { unwrap } from '../../common/index.js';
import { FEATURE_MODELS, rawConfidence } from '../../decision/index.js';
import { alertEvidence, type AlertHistory } from './alert-features.js';

const HOUR_MS = 3_600_000;
type Known = AlertHistory['known'][number];

const alert = (changes: Partial<Known> = {}): Known => ({
  ...{ state: 'resolved', acknowledgedBy: null, returns: 0, source: 'performance' },
  ...changes,
});
const agents = (...statuses: AlertHistory['seen'][number]['status'][]) =>
  statuses.map((status, i) => ({ agent: `agent ${i}`, at: 5 * HOUR_MS, status }));
const history = (changes: Partial<AlertHistory> = {}): AlertHistory => ({
  ...{ known: [], seen: [], now: 5 * HOUR_MS + 1_000 },
  ...changes,
});
const confidence = (louder: boolean, facts: AlertHistory) =>
  unwrap(rawConfidence(FEATURE_MODELS.monitoring, alertEvidence(louder, facts).features)).value;

describe('what a change of an alert is judged by', () => {
  const flaps = history({
    known: Array.from({ length: 8 }, (_, i) => alert({ returns: 8 - i })),
    seen: agents('ok', 'ok', 'ok'),
  });
  const matters = history({
    known: Array.from({ length: 8 }, () => alert({ acknowledgedBy: 'ada' })),
    seen: agents('warning', 'critical', 'ok'),
  });

  it('makes silence certain for what comes and goes by itself, and doubtful for what people had to see to', () => {
    expect(confidence(false, flaps)).toBeGreaterThan(0.9);
    expect(confidence(false, matters)).toBeLessThan(0.15);
  });

  it('makes noise certain for what people had to see to while others see trouble, and doubtful for what flaps', () => {
    expect(confidence(true, matters)).toBeGreaterThan(0.85);
    expect(confidence(true, flaps)).toBeLessThan(0.1);
  });

  it('is undecided about what nothing is known of', () => {
    expect(alertEvidence(true, history()).features).toEqual({});
    for (const louder of [true, false]) expect(confidence(louder, history())).toBeCloseTo(0.56, 2);
  });

  it('counts what it says', () => {
    const facts = history({
      known: [
        alert({ state: 'firing', returns: 1 }),
        alert({ acknowledgedBy: 'ada' }),
        alert({ returns: 1 }),
        alert(),
      ],
      seen: [
        ...agents('warning', 'ok', 'unknown'),
        { agent: 'performance', at: 5 * HOUR_MS, status: 'critical' },
        { agent: 'an hour ago', at: 4 * HOUR_MS, status: 'critical' },
      ],
    });
    const evidence = {
      alerts: 4,
      over: 3,
      over_by_themselves: 2,
      returned: 2,
      other_agents: 2,
      with_trouble: 1,
    };
    expect(alertEvidence(false, facts)).toEqual({
      features: { evidence: 0.6, agreement: 0.5, flapping: 0.5 },
      evidence,
    });
    expect(alertEvidence(true, facts)).toEqual({
      features: { evidence: 0.4, agreement: 0.5, flapping: 0.5 },
      evidence,
    });
  });
});
