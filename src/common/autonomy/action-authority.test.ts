import { ActionAuthority, type Authority, type ProposedAction } from './action-authority.js';
import { AutonomyGate } from './autonomy-gate.js';

const restart: ProposedAction = {
  type: 'healing',
  action: 'restart-engine',
  parameters: {},
  idempotencyKey: 'incident-1',
  features: {},
  why: 'the kernel answers no more',
  blastRadius: 'running answers',
  blastShare: 1,
  expectedEffect: 'the self-test passes',
  undo: 'none needed',
};

const refusing: Authority = {
  ask: async () => ({ answer: 'wait', reason: 'a guardian was asked', decision: 'd1' }),
  report: async () => undefined,
  withdraw: async () => undefined,
  refuse: async () => undefined,
  stateOf: async () => null,
};

describe('action authority', () => {
  it('lets the gate alone decide while nobody judges', async () => {
    const gate = new AutonomyGate();
    const sut = new ActionAuthority(gate);
    expect((await sut.ask(restart)).answer).toBe('go');
    const open = gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    expect(await sut.ask(restart)).toEqual({ answer: 'no', reason: 'stopped by ada', decision: null });
    open();
    expect((await sut.ask(restart)).answer).toBe('go');
  });

  it('asks whoever judges, but never past a closed gate', async () => {
    const gate = new AutonomyGate();
    const sut = new ActionAuthority(gate);
    const leave = sut.use(refusing);
    expect((await sut.ask(restart)).answer).toBe('wait');
    gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
    expect((await sut.ask(restart)).answer).toBe('no');
    gate.guardBy(() => ({ allowed: true, reason: '' }));
    leave();
    expect((await sut.ask(restart)).answer).toBe('go');
  });
});
