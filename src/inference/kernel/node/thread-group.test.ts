import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { jest } from '@jest/globals';
import { ok } from '../../../common/index.js';
import { GREEDY } from '../../sampler/index.js';
import type { Work } from '../requests.js';
import type { FromLeader } from './protocol.js';
import { ThreadGroup } from './thread-group.js';

/** A thread that does nothing by itself; it ends when the test lets it. */
class SilentThread extends EventEmitter {
  readonly postMessage = jest.fn();
  private end: () => void = () => undefined;
  private readonly gone = new Promise<void>((resolve) => (this.end = resolve));

  terminate(): Promise<void> {
    return this.gone;
  }

  says(message: FromLeader): void {
    this.emit('message', message);
  }

  ends(): void {
    this.end();
    this.emit('exit', 1);
  }
}

describe('a group of threads of which one has died', () => {
  const work: Work = {
    ...{ kind: 'generate', release: 'r', promptIds: [1], maxTokens: 1, stopIds: [], sampling: GREEDY },
  };
  const setup = () => {
    const [leader, helper] = [new SilentThread(), new SilentThread()];
    const crashes: string[] = [];
    const start = () =>
      [leader, helper].map((thread, i) => ({ label: String(i), worker: thread as unknown as Worker }));
    const sut = new ThreadGroup(
      start,
      () => undefined,
      (detail) => crashes.push(detail),
    );
    const submit = () => sut.call({ type: 'submit', work, waitedMs: 0 });
    return { sut, leader, helper, crashes, submit };
  };

  it('hears the others out before it says what is lost, and who had begun', async () => {
    const { leader, helper, crashes, submit } = setup();
    const [answered, begun, waiting] = [submit(), submit(), submit()];
    helper.ends();
    leader.says({ type: 'begun', id: begun.id });
    leader.says({ type: 'reply', id: answered.id, result: { ok: true, value: null } });
    leader.ends();
    expect(await answered.done).toEqual(ok(null));
    expect(await begun.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(await waiting.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect([begun.begun(), waiting.begun()]).toEqual([true, false]);
    expect(crashes).toEqual(['thread 1 ended with code 1']);
  });

  it('takes no more calls, and does not wait for a thread that hangs', async () => {
    const { helper, leader, submit } = setup();
    const waiting = submit();
    helper.ends();
    const late = submit();
    expect(await late.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(await waiting.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(leader.postMessage).toHaveBeenCalledTimes(1);
  });
});
