import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { CodedError, err, ok, type Result } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { EngineCore } from '../engine-core.js';
import { Kernel } from '../kernel.js';
import type { GenerateEvent } from '../requests.js';
import { selfTestSteps, type SelfTestResult, type SelfTestSteps } from '../self-test.js';
import { FileBlockSource } from './file-source.js';
import { ThreadLoader } from './thread-loader.js';
import { letOthersGoFirst } from './thread-priority.js';
import { Outbox } from './outbox.js';
import { toPlain, type FromLeader, type Reply, type ThreadData, type ToLeader } from './protocol.js';

/** How long batches run before the event loop gets a turn; messages are taken between any two batches. */
const TURN_MS = 20;

/** The thread that leads: takes requests, forms batches, runs them with the helpers and samples. */
class Leader {
  private readonly kernel: Kernel;
  private readonly core: EngineCore;
  private readonly outbox: Outbox;
  private scheduled = false;
  /** A self-test that goes on while nothing else is to be computed, and the calls that wait for it. */
  private test: { readonly steps: SelfTestSteps; readonly calls: number[] } | null = null;

  constructor(
    private readonly port: MessagePort,
    { module, memory, threads, kernelHash, limits, loader }: ThreadData,
  ) {
    this.kernel = Kernel.create(module, memory, threads);
    this.outbox = new Outbox((message) => this.post(message));
    this.core = new EngineCore(
      {
        kernel: this.kernel,
        source: new FileBlockSource(),
        kernelHash,
        sha256: nativeSha256,
        background: loader && new ThreadLoader(loader),
        now: () => performance.now(),
        blockFailed: ({ block, name, path, payloadHash }, { code, message }) =>
          this.post({
            type: 'blockFailed',
            failure: { block, name, code, detail: message, path, payloadHash },
          }),
      },
      limits,
    );
    port.on('message', (message: ToLeader) => {
      this.handle(message);
      this.schedule();
    });
  }

  private handle(message: ToLeader): void {
    const { id } = message;
    if (message.type === 'cancel') this.core.cancel(id);
    else if (message.type === 'submit') this.submit(message);
    else if (message.type === 'load') this.load(message);
    else if (message.type === 'stats') this.reply(id, toPlain(ok(this.core.stats())));
    else if (message.type === 'trace') this.reply(id, toPlain(ok(this.core.trace(message.release))));
    else if (message.type === 'selfTest') this.beginTest(id);
    else {
      this.core.unload(message.release);
      this.reply(id, toPlain(ok(null)));
    }
  }

  private load({ id, model }: ToLeader & { type: 'load' }): void {
    const loaded = this.core.load(model);
    this.reply(id, toPlain(loaded.ok ? ok(null) : loaded));
  }

  private submit({ id, work, waitedMs }: ToLeader & { type: 'submit' }): void {
    const sink = {
      begun: () => this.post({ type: 'begun', id }),
      event: (event: GenerateEvent) => this.outbox.add(id, event),
      done: (result: Result<Reply>) => this.reply(id, toPlain(result)),
    };
    this.core.submit(id, work, sink, waitedMs);
  }

  private reply(id: number, result: ReturnType<typeof toPlain<Reply>>): void {
    this.outbox.flush(performance.now());
    this.post({ type: 'reply', id, result });
  }

  private post(message: FromLeader): void {
    this.port.postMessage(message);
  }

  /** Whoever asks while a self-test goes on shares it. */
  private beginTest(id: number): void {
    this.test ??= { steps: selfTestSteps(this.kernel, nativeSha256), calls: [] };
    this.test.calls.push(id);
  }

  /** One piece of the self-test: what comes meanwhile waits for no more than that. */
  private goOnTesting(): void {
    if (this.test === null) return;
    const { steps, calls } = this.test;
    const result = nextOf(steps);
    if (result === null) return;
    this.test = null;
    for (const id of calls) this.reply(id, toPlain(result));
  }

  private schedule(): void {
    if (this.scheduled || (!this.core.busy && this.test === null)) return;
    this.scheduled = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    this.scheduled = false;
    const end = performance.now() + TURN_MS;
    while (this.core.busy) {
      this.core.step();
      const now = performance.now();
      this.outbox.flushIfDue(now);
      if (now > end) break;
      for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
        this.handle(next.message as ToLeader);
      }
    }
    if (!this.core.busy) {
      this.outbox.flush(performance.now());
      this.goOnTesting();
    }
    this.schedule();
  }
}

/** What came of a self-test by its next piece; null: it goes on. */
function nextOf(steps: SelfTestSteps): Result<SelfTestResult> | null {
  try {
    const step = steps.next();
    return step.done === true ? ok(step.value) : null;
  } catch (thrown) {
    if (thrown instanceof CodedError) return err(thrown);
    throw thrown;
  }
}

if (!parentPort) throw new Error('the leader runs as a worker thread');
letOthersGoFirst();
new Leader(parentPort, workerData as ThreadData);
