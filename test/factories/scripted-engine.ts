import { CodedError, err, ok, type Result } from '../../src/common/index.js';
import type { EnginePort, EngineRequest, EngineResult } from '../../src/inference/engine/engine-port.js';

/** A generation in the hands of a test. */
export interface ScriptedGeneration {
  readonly request: EngineRequest;
  /** Whether the server has asked to stop it. */
  readonly cancelled: boolean;
  /** Makes these tokens, in one message. */
  tokens(...ids: readonly number[]): void;
  /** Ends it. */
  finish(finish: EngineResult['finish']): void;
  /** Ends it by a refusal. */
  fail(error: CodedError): void;
}

/** The experts of every token where they are asked for: 0 and 1 of the first of six layers, 2 and 3 of the next, and so on. */
const SCRIPTED_ROUTE = Uint16Array.from({ length: 12 }, (_, i) => i);

/** An engine that does what a test says, token by token: for tests of what happens around the engine. */
export class ScriptedEngine {
  readonly generations: ScriptedGeneration[] = [];
  readonly loaded: string[] = [];
  readonly unloaded: string[] = [];
  private waiting: (() => void)[] = [];

  /** The generation of that number, as soon as it was asked for. */
  async generation(index: number): Promise<ScriptedGeneration> {
    while (this.generations.length <= index) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.generations[index];
  }

  /** The engine as the server sees it. */
  port(): EnginePort {
    return {
      kernelHash: 'ab'.repeat(32),
      lane: null,
      load: (model) => {
        this.loaded.push(model.release);
        return Promise.resolve(ok());
      },
      unload: (release) => {
        this.unloaded.push(release);
        return Promise.resolve();
      },
      generate: (request, on) => this.generate(request, on),
      replay: () => Promise.resolve(err(new CodedError('NOT_SCRIPTED', 'no replay is scripted'))),
      logits: () => Promise.resolve(err(new CodedError('NOT_SCRIPTED', 'no logits are scripted'))),
      embed: () => Promise.resolve(err(new CodedError('NOT_SCRIPTED', 'no embedding is scripted'))),
      score: ({ ids, top }) => Promise.resolve(ok(ids.slice(1).map((id) => scoreOf(id, top)))),
      stats: () => Promise.resolve(err(new CodedError('NOT_SCRIPTED', 'no figures are scripted'))),
      selfTest: () => Promise.resolve({ ok: true, detail: 'nothing is computed', expected: '', actual: '' }),
      trace: () => Promise.resolve(ok(null)),
      on: () => undefined,
      stop: () => Promise.resolve(),
    };
  }

  private generate(request: EngineRequest, on: Parameters<EnginePort['generate']>[1]) {
    const made: number[] = [];
    const states: Uint8Array[] = [];
    let end: (result: Result<EngineResult>) => void = () => undefined;
    const done = new Promise<Result<EngineResult>>((resolve) => (end = resolve));
    const timings = { queuedMs: 0, prefillMs: 1, decodeMs: 2, firstTokenMs: 1 };
    const scripted = {
      request,
      cancelled: false,
      tokens: (...ids: readonly number[]) => {
        for (const id of ids) {
          const state = new Uint8Array(32).fill(made.length + 1);
          states.push(state);
          const routed = request.routes === true ? { route: SCRIPTED_ROUTE } : {};
          on({ type: 'token', id, index: made.push(id) - 1, state, logprob: -0.5, top: [], ...routed });
        }
      },
      finish: (finish: EngineResult['finish']) =>
        end(
          ok({
            tokens: made,
            finish,
            states,
            experts: [{ layer: 0, expert: 1, tokens: 3 }],
            cachedTokens: 0,
            timings,
          }),
        ),
      fail: (error: CodedError) => end(err(error)),
    };
    this.generations.push(scripted);
    this.waiting.forEach((resolve) => resolve());
    this.waiting = [];
    const cancel = () => {
      scripted.cancelled = true;
    };
    return { id: this.generations.length, cancel, done };
  }
}

/** Scores that tell the token they are of: the log-probability of token 7 is -7. */
function scoreOf(id: number, top: number) {
  return { id, logprob: -id, top: Array.from({ length: top }, (_, rank) => ({ id: rank, logprob: -rank })) };
}
