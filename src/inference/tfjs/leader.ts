import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { FileBlockSource } from '../kernel/node/file-source.js';
import { Outbox } from '../kernel/node/outbox.js';
import { toPlain, type FromLeader, type Reply, type ToLeader } from '../kernel/node/protocol.js';
import type { GenerateEvent } from '../kernel/requests.js';
import type { SelfTestResult } from '../kernel/self-test.js';
import { openBackend, type Backend } from './backend.js';
import { laneOf, type FastThreadData } from './lane.js';
import { multiplies } from './self-test.js';
import { TensorCore } from './tensor-core.js';

/** The thread that computes with TensorFlow.js: opens a backend, takes requests, runs batches. */
class FastLeader {
  /** Messages that have come; they are taken between steps, as a step is not to be disturbed. */
  private readonly inbox: ToLeader[] = [];
  private readonly outbox: Outbox;
  private working = false;

  private constructor(
    private readonly port: MessagePort,
    private readonly backend: Result<Backend>,
    private readonly core: TensorCore | null,
  ) {
    this.outbox = new Outbox((message) => this.post(message));
    port.on('message', (message: ToLeader) => {
      this.inbox.push(message);
      void this.work();
    });
  }

  /** Messages that come before the backend is open wait in the port. */
  static async start(port: MessagePort, { wish, limits }: FastThreadData): Promise<void> {
    const backend = await openBackend(wish);
    const blockFailed: ConstructorParameters<typeof TensorCore>[0]['blockFailed'] = (
      { block, name, path, payloadHash },
      { code, message },
    ) => {
      const failure = { block, name, code, detail: message, path, payloadHash };
      port.postMessage({ type: 'blockFailed', failure } satisfies FromLeader);
    };
    const core = backend.ok
      ? new TensorCore(
          {
            tf: backend.value.tf,
            source: new FileBlockSource(),
            kernelHash: laneOf(backend.value).hash,
            sha256: nativeSha256,
            now: () => performance.now(),
            blockFailed,
            memoryBytes: backend.value.memoryBytes,
          },
          limits,
        )
      : null;
    new FastLeader(port, backend, core);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    do {
      for (const message of this.inbox.splice(0)) await this.handle(message);
      if (!this.core?.busy) continue;
      await this.core.step();
      this.outbox.flushIfDue(performance.now());
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.inbox.length > 0 || this.core?.busy);
    this.outbox.flush(performance.now());
    this.working = false;
  }

  private async handle(message: ToLeader): Promise<void> {
    const { id } = message;
    const { core } = this;
    if (message.type === 'selfTest') return this.reply(id, ok(await this.selfTest()));
    if (core === null) return this.reply(id, this.backend as Result<never>);
    if (message.type === 'cancel') core.cancel(id);
    else if (message.type === 'submit') this.submit(core, message);
    else if (message.type === 'stats') this.reply(id, ok(core.stats()));
    else if (message.type === 'trace') this.reply(id, ok(null));
    else if (message.type === 'load') {
      const loaded = core.load(message.model);
      this.reply(id, loaded.ok ? ok(null) : loaded);
    } else {
      core.unload(message.release);
      this.reply(id, ok(null));
    }
  }

  private submit(core: TensorCore, { id, work, waitedMs }: ToLeader & { type: 'submit' }): void {
    const sink = {
      begun: () => this.post({ type: 'begun', id }),
      event: (event: GenerateEvent) => this.outbox.add(id, event),
      done: (result: Result<Reply>) => this.reply(id, result),
    };
    core.submit(id, work, sink, waitedMs);
  }

  private async selfTest(): Promise<SelfTestResult> {
    const none = { expected: '', actual: '' };
    if (!this.backend.ok) return { ok: false, detail: this.backend.error.message, ...none };
    const right = await multiplies(this.backend.value.tf);
    const lane = laneOf(this.backend.value);
    const detail = `${lane.backend} (${lane.device}) ${right ? 'multiplies as it should' : 'gives wrong products'}`;
    return { ok: right, detail, lane, ...none };
  }

  private reply(id: number, result: Result<Reply>): void {
    this.outbox.flush(performance.now());
    this.post({ type: 'reply', id, result: toPlain(result) });
  }

  private post(message: FromLeader): void {
    this.port.postMessage(message);
  }
}

if (!parentPort) throw new Error('the leader runs as a worker thread');
await FastLeader.start(parentPort, workerData as FastThreadData);
