import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { EngineHost, type EngineSize } from '../../inference/index.js';
import { MachineVitals } from '../../monitoring/index.js';
import { ActionRegistry } from './action-registry.js';
import type { ActionParameters, DecisionAction, Proposal } from './decision-action.js';
import { EngineSizing, type SizeSetting } from './engine-sizing.js';
import { numberIn, optional, readParameters } from './parameter-rules.js';
import { scalingFeatures, touchedShare } from './scaling-features.js';
import { evidenceOf, ServiceEvidence } from './service-evidence.js';

const TIMEOUT_MS = 60_000;
/** Of the memory: what must stay free when caches grow. */
const LEAST_FREE = 0.1;

interface SizeParameters extends Readonly<Record<string, unknown>> {
  readonly threads?: number;
  readonly streams?: number;
  readonly expert_cache_mb?: number;
  readonly kv_cache_mb?: number;
}

/** Makes the engine larger or smaller. Answers under way are finished first; no bit of any answer depends on it. */
@Injectable()
export class ScalingActions implements OnModuleInit {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly sizing: EngineSizing,
    private readonly host: EngineHost,
    private readonly evidence: ServiceEvidence,
    private readonly machine: MachineVitals,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.resize('scale_up', 'gives the engine more threads, streams or memory'));
    this.registry.register(this.resize('scale_down', 'gives the engine fewer threads, streams or memory'));
  }

  private resize(name: 'scale_up' | 'scale_down', summary: string): DecisionAction {
    return {
      ...{ type: 'scaling', name, summary, timeoutMs: TIMEOUT_MS },
      parameters: {
        threads: 'threads of the kernel',
        streams: 'answers computed at once',
        expert_cache_mb: 'memory for experts, MiB',
        kv_cache_mb: 'memory for keys and values, MiB',
      },
      propose: async (parameters) => {
        const wanted = readSize(parameters);
        return wanted.ok ? this.proposal(name, wanted.value) : wanted;
      },
      prepare: async () => ok(this.sizing.setting as unknown as Json),
      execute: async (parameters, plan, { actor, begin }) => {
        const wanted = readSize(parameters);
        if (!wanted.ok) return wanted;
        const { size } = plan as unknown as SizeSetting;
        // What another decision has changed meanwhile stays.
        return this.sizing.set({ ...this.sizing.setting.size, ...wanted.value }, actor, size, begin);
      },
      verify: async (parameters) => {
        const engine = await this.host.engine();
        const stats = engine.ok ? await engine.value.stats() : engine;
        if (!stats.ok) return { helped: false, detail: `${stats.error.code}: ${stats.error.message}` };
        const size = this.sizing.current as unknown as Record<string, number>;
        const wanted = Object.entries(unwrapSize(parameters));
        const helped = wanted.every(([field, value]) => size[field] === value);
        return { helped, detail: `the engine passed its self-test and runs with ${JSON.stringify(size)}` };
      },
      undo: (parameters, plan, actor) => {
        const { size, before } = oldSizeOf(plan);
        const changed = new Set(Object.keys(unwrapSize(parameters)));
        const others = Object.entries(this.sizing.setting.size).filter(([field]) => !changed.has(field));
        const own = Object.entries(size).filter(([field]) => changed.has(field));
        return this.sizing.set(Object.fromEntries([...others, ...own]), actor, before);
      },
    };
  }

  private async proposal(name: string, wanted: Partial<EngineSize>): Promise<Result<Proposal>> {
    const now = this.sizing.current;
    const changes = Object.entries(wanted) as [keyof EngineSize, number][];
    if (changes.length === 0) return refuse('nothing is to be changed');
    const up = name === 'scale_up';
    const wrong = changes.find(([field, value]) => (up ? value < now[field] : value > now[field]));
    if (wrong !== undefined)
      return refuse(`${wrong[0]} is ${now[wrong[0]]} now: ${name} cannot make it ${wrong[1]}`);
    const problem = this.sizing.problem(wanted);
    if (problem !== null) return refuse(problem);
    const more = moreBytes(now, wanted);
    // Within a control group the next thing beyond its limit is the end of the process, however much the machine has.
    const { total, used } = await this.machine.memory(more);
    const free = total - used - more;
    if (up && free < LEAST_FREE * total) return refuse('there is not enough memory for it');
    const words = changes.map(([field, value]) => `${field} ${now[field]} → ${value}`).join(', ');
    const [service, history] = await Promise.all([this.evidence.service(), this.evidence.history(name)]);
    return ok({
      ...{ subject: 'engine', release: null, what: words, why: 'asked for' },
      blastRadius: touchedShare(now, wanted, service.load),
      features: scalingFeatures(up, service, history, free / total),
      touches:
        'answers wait while the engine starts again, about a second; those under way are finished first',
      expectedEffect: up ? 'more answers at once, or faster' : 'memory and processors become free',
      undo: 'the engine gets its size of before',
      evidence: { now: now as unknown as Json, ...evidenceOf(service, history) },
    });
  }
}

function readSize(parameters: ActionParameters): Result<Partial<EngineSize>> {
  const read = readParameters<SizeParameters>(parameters, {
    threads: optional(numberIn(1, 256, true)),
    streams: optional(numberIn(1, 256, true)),
    expert_cache_mb: optional(numberIn(1, 1_048_576, true)),
    kv_cache_mb: optional(numberIn(1, 1_048_576, true)),
  });
  return read.ok ? ok(toSize(read.value)) : read;
}

/** How the size was before. Decisions made before there were plans kept `before` alone. */
function oldSizeOf(plan: Json): SizeSetting {
  const { size, before } = plan as unknown as Partial<SizeSetting>;
  return size === undefined ? { size: before ?? {}, before: {} } : { size, before: before ?? {} };
}

function unwrapSize(parameters: ActionParameters): Partial<EngineSize> {
  return toSize(parameters as SizeParameters);
}

function toSize({
  threads,
  streams,
  expert_cache_mb: experts,
  kv_cache_mb: keys,
}: SizeParameters): Partial<EngineSize> {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(streams === undefined ? {} : { streams }),
    ...(experts === undefined ? {} : { expertCacheMb: experts }),
    ...(keys === undefined ? {} : { kvCacheMb: keys }),
  };
}

function moreBytes(now: EngineSize, wanted: Partial<EngineSize>): number {
  const more = (field: 'expertCacheMb' | 'kvCacheMb') =>
    Math.max(0, (wanted[field] ?? now[field]) - now[field]);
  return (more('expertCacheMb') + more('kvCacheMb')) * 2 ** 20;
}

function refuse(why: string): Result<never> {
  return err(new CodedError('SCALING_IMPOSSIBLE', `The engine cannot be resized: ${why}.`, {}, 409));
}
