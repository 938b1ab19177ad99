import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { ReplicaAdapter } from '../replicas/replica-adapter.js';
import { ActionRegistry } from './action-registry.js';
import type { ActionParameters, DecisionAction, Proposal, Verification } from './decision-action.js';
import { numberIn, readParameters } from './parameter-rules.js';
import { scalingFeatures, touchedServers } from './scaling-features.js';
import { evidenceOf, ServiceEvidence } from './service-evidence.js';

interface Wanted extends Readonly<Record<string, unknown>> {
  readonly replicas: number;
}

const TIMEOUT_MS = 90_000;
/** How long replicas may take until they are counted, and how often they are. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 500;

/** Starts and stops further servers, through whatever the operator configured. */
@Injectable()
export class ReplicaScaling implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly registry: ActionRegistry,
    private readonly adapter: ReplicaAdapter,
    private readonly evidence: ServiceEvidence,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.action('add_replicas', 'starts further servers beside this one'));
    this.registry.register(this.action('remove_replicas', 'stops some of the further servers'));
  }

  private action(name: 'add_replicas' | 'remove_replicas', summary: string): DecisionAction {
    const read = (parameters: ActionParameters) =>
      readParameters<Wanted>(parameters, { replicas: numberIn(0, this.config.replicaMost, true) });
    return {
      ...{ type: 'scaling', name, summary, timeoutMs: TIMEOUT_MS },
      parameters: {
        replicas: `how many further servers there are to be, at most ${this.config.replicaMost}`,
      },
      propose: async (parameters) => {
        const wanted = read(parameters);
        if (!wanted.ok) return wanted;
        const now = await this.adapter.count();
        return now.ok ? this.proposal(name, now.value, wanted.value.replicas) : now;
      },
      prepare: async () => {
        const before = await this.adapter.count();
        return before.ok ? ok({ before: before.value }) : before;
      },
      execute: async (parameters, _plan, { begin }) => {
        const wanted = read(parameters);
        if (!wanted.ok) return wanted;
        begin();
        return this.adapter.scale(wanted.value.replicas);
      },
      verify: (parameters, _plan, signal) => this.verify(Number(parameters.replicas), signal),
      undo: (_parameters, plan) => this.adapter.scale((plan as unknown as { before: number }).before),
    };
  }

  private async proposal(name: string, now: number, wanted: number): Promise<Result<Proposal>> {
    if (wanted === now) return refuse(`there are ${now} already`);
    const up = name === 'add_replicas';
    if (up !== wanted > now) return refuse(`there are ${now} now: ${name} cannot make it ${wanted}`);
    const [service, history] = await Promise.all([this.evidence.service(), this.evidence.history(name)]);
    return ok({
      ...{ subject: 'replicas', release: null, why: 'asked for' },
      // This server is one of them.
      blastRadius: touchedServers(now + 1, wanted + 1, service.load),
      features: scalingFeatures(up, service, history),
      what: `replicas ${now} → ${wanted}, through ${this.adapter.name}`,
      touches: up
        ? 'the database and the machines get more to do'
        : 'answers of the stopped servers end early',
      expectedEffect: up ? 'more answers at once' : 'memory and processors become free',
      undo: `there are ${now} again`,
      evidence: {
        ...{ now, most: this.config.replicaMost, adapter: this.adapter.name },
        ...evidenceOf(service, history),
      },
    });
  }

  private async verify(wanted: number, signal: AbortSignal): Promise<Verification> {
    for (const end = performance.now() + PATIENCE_MS; ; await delay(LOOK_MS)) {
      const now = await this.adapter.count();
      if (now.ok && now.value === wanted) return { helped: true, detail: `${wanted} replicas run` };
      if (performance.now() < end && !signal.aborted) continue;
      const found = now.ok ? `${now.value} run` : `${now.error.code}: ${now.error.message}`;
      return { helped: false, detail: `${wanted} replicas should run, but ${found}` };
    }
  }
}

function refuse(why: string): Result<never> {
  return err(new CodedError('SCALING_IMPOSSIBLE', `The number of replicas stays: ${why}.`, {}, 409));
}
