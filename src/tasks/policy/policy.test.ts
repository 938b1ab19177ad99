import { sha256Hex } from '../../common/index.js';
import { keptVersion, policyVersion } from './policy-files.js';
import { isWithinHours, parseHours } from './policy-hours.js';
import { NOTHING_ALLOWED, parsePolicyFile, type PolicySet } from './policy-rules.js';
import { askPolicies, ruleFor, type PolicyQuestion } from './policy-verdict.js';

const rules = (...lines: readonly string[]): PolicySet => {
  const parsed = parsePolicyFile(
    'test.yaml',
    `version: 1\nrules:\n${lines.map((line) => `  - ${line}\n`).join('')}`,
  );
  if (!parsed.ok) throw parsed.error;
  return parsed.value;
};
const question: PolicyQuestion = {
  ...{ actionType: 'onchain_action.transfer', risk: 'low', movesValue: true, alwaysApproval: false },
  ...{ amount: '100', roles: ['user'], at: Date.UTC(2026, 0, 5, 12) },
};

describe('policies', () => {
  it('let the most specific rule decide', () => {
    const policies = rules(
      '{action_type: "*", allowed: false}',
      '{action_type: "onchain_action.*", allowed: true}',
      '{action_type: "*.transfer", allowed: false}',
    );
    expect(ruleFor(policies, 'onchain_action.transfer')?.action_type).toBe('onchain_action.*');
    expect(ruleFor(policies, 'http_probe')?.action_type).toBe('*');
    const exact = [...policies, ...rules('{action_type: onchain_action.transfer, allowed: true}')];
    expect(ruleFor(exact, 'onchain_action.transfer')?.action_type).toBe('onchain_action.transfer');
    expect(ruleFor(rules('{action_type: "a*b*c", allowed: true}'), 'a-c')).toBeNull();
  });

  it('deny what moves value and no rule allows, and allow the rest', () => {
    expect(askPolicies([], question)).toMatchObject({ allowed: false, rule: null });
    expect(askPolicies([], { ...question, movesValue: false })).toMatchObject({ allowed: true });
  });

  it.each([
    ['{action_type: "*", allowed: true, max_amount: "99"}', 'at most 99'],
    ['{action_type: "*", allowed: true, roles: [guardian]}', 'needs the role guardian'],
    ['{action_type: "*", allowed: true, hours: {zone: UTC, from: "13:00", to: "14:00"}}', '13:00 to 14:00'],
    ['{action_type: "*", allowed: false}', 'forbids'],
  ])('deny by %s', (rule, reason) => {
    expect(askPolicies(rules(rule), question)).toMatchObject({
      allowed: false,
      reason: expect.stringContaining(reason),
    });
  });

  it('are the same again after they were kept, or none where they are not what their hash says', () => {
    const { hash, content, policies } = policyVersion(
      rules(
        '{action_type: "*", allowed: false}',
        '{action_type: a.b, allowed: true, risk: high, four_eyes: true, max_amount: "1", daily_amount: "2", roles: [user]}',
        '{action_type: c, allowed: true, hours: {zone: Europe/Berlin, from: "08:00", to: "18:00", days: [mon]}}',
      ),
    );
    expect(keptVersion(hash, content)).toEqual({ hash, content, policies });
    expect(keptVersion(hash, content.replace('false', 'true'))).toBeNull();
    for (const broken of ['', '{}', '[null]', '[{"action_type":"*"}]'])
      expect(keptVersion(sha256Hex(broken), broken)).toBeNull();
    // As written before rules had hours.
    const older = content.replaceAll('"hours":null,', '');
    expect(older).not.toBe(content);
    expect(keptVersion(sha256Hex(older), older)).toEqual({
      hash: sha256Hex(older),
      content: older,
      policies,
    });
  });

  it('allow nobody anything where none are known', () => {
    const anything = { ...question, movesValue: false, amount: null, roles: ['admin'] as const };
    expect(askPolicies(NOTHING_ALLOWED, anything)).toMatchObject({ allowed: false, rule: '*' });
  });

  it('compare amounts beyond what numbers hold', () => {
    const policies = rules('{action_type: "*", allowed: true, max_amount: "9007199254740993"}');
    expect(askPolicies(policies, { ...question, amount: '9007199254740993' }).allowed).toBe(true);
    expect(askPolicies(policies, { ...question, amount: '9007199254740994' }).allowed).toBe(false);
  });

  it('ask for approval by rule, by risk, and always where the handler says so', () => {
    const plain = rules('{action_type: "*", allowed: true}');
    expect(askPolicies(plain, question).requires_approval).toBe(false);
    expect(askPolicies(plain, { ...question, risk: 'high' }).requires_approval).toBe(true);
    expect(askPolicies(plain, { ...question, alwaysApproval: true }).requires_approval).toBe(true);
    const eyes = askPolicies(rules('{action_type: "*", allowed: true, four_eyes: true}'), question);
    expect(eyes).toMatchObject({ requires_approval: true, four_eyes: true });
  });

  it.each([
    ['not: [yaml', 'test.yaml'],
    ['version: 2\nrules: []', 'version: 1'],
    ['version: 1\nrules: [{action_type: "*"}]', 'allowed is true or false'],
    ['version: 1\nrules: [{action_type: "*", allowed: true, max_amount: 5}]', 'in quotes'],
    ['version: 1\nrules: [{action_type: "*", allowed: true, typo: 1}]', 'unknown member "typo"'],
    [
      'version: 1\nrules: [{action_type: a, allowed: true}, {action_type: a, allowed: true}]',
      'a second rule',
    ],
    [
      'version: 1\nrules: [{action_type: a, allowed: true, hours: {zone: Mars, from: "1", to: "2"}}]',
      'time zone',
    ],
  ])('are refused when broken: %s', (text, reason) => {
    const parsed = parsePolicyFile('test.yaml', text);
    expect(parsed).toMatchObject({
      ok: false,
      error: { code: 'POLICY_INVALID', message: expect.stringContaining(reason) },
    });
  });
});

describe('hours of a policy', () => {
  const hours = (raw: object) => {
    const parsed = parseHours(raw);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };

  it('are local, in summer and in winter', () => {
    const berlin = hours({ zone: 'Europe/Berlin', from: '08:00', to: '18:00' });
    expect(isWithinHours(berlin, Date.UTC(2026, 0, 5, 7, 0))).toBe(true);
    expect(isWithinHours(berlin, Date.UTC(2026, 0, 5, 6, 59))).toBe(false);
    expect(isWithinHours(berlin, Date.UTC(2026, 6, 6, 6, 0))).toBe(true);
    expect(isWithinHours(berlin, Date.UTC(2026, 6, 6, 16, 0))).toBe(false);
  });

  it('span midnight, counted to the day they begin on', () => {
    const night = hours({ zone: 'UTC', from: '22:00', to: '06:00', days: ['mon'] });
    expect(isWithinHours(night, Date.UTC(2026, 0, 5, 23))).toBe(true);
    expect(isWithinHours(night, Date.UTC(2026, 0, 6, 5))).toBe(true);
    expect(isWithinHours(night, Date.UTC(2026, 0, 6, 23))).toBe(false);
    expect(isWithinHours(night, Date.UTC(2026, 0, 5, 5))).toBe(false);
  });
});
