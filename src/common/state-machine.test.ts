import { defineStateMachine } from './state-machine.js';

describe('a state machine as data', () => {
  const door = defineStateMachine('door', 'open', { open: ['shut'], shut: ['open', 'locked'], locked: [] });

  it('makes the moves of its table and refuses all others', () => {
    expect(door.move('open', 'shut')).toEqual({ ok: true, value: 'shut' });
    expect(door.move('open', 'locked')).toMatchObject({ ok: false, error: { code: 'STATE_CONFLICT' } });
    expect(door.states.filter((state) => door.isFinal(state))).toEqual(['locked']);
  });

  it('is refused when a state cannot be reached', () => {
    expect(() => defineStateMachine<'off' | 'on'>('lamp', 'off', { off: [], on: ['off'] })).toThrow(
      'on cannot be reached',
    );
  });

  it('is refused when nothing ends from a state', () => {
    expect(() => defineStateMachine('loop', 'a', { a: ['b', 'c'], b: ['b'], c: [] })).toThrow(
      'nothing ends from b',
    );
  });
});
