import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../../config/index.js';
import { TruthMirror } from '../../evaluation/index.js';
import { Importer } from '../../experts/index.js';
import { Snapshots } from '../../snapshots/index.js';
import { PolicyBook } from '../policy/policy-book.js';
import { httpProbe } from './http-probe.js';
import { genericAction, importModel, policyCheck } from './plain-steps.js';
import { runEvaluation } from './run-evaluation.js';
import { snapshot } from './snapshot-step.js';
import { StepRegistry } from './step-registry.js';

/** Registers the steps that need no other module. */
@Injectable()
export class OwnSteps implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly registry: StepRegistry,
    private readonly book: PolicyBook,
    private readonly importer: Importer,
    private readonly mirror: TruthMirror,
    private readonly snapshots: Snapshots,
  ) {}

  onModuleInit(): void {
    const { registry } = this;
    registry.register(httpProbe(this.config.probePrivateAddresses));
    registry.register(policyCheck(this.book));
    registry.register(importModel(this.importer));
    registry.register(runEvaluation(this.mirror));
    registry.register(snapshot(this.snapshots));
    registry.register(
      genericAction((action) => {
        const found = registry.startable(action);
        return found.ok ? found.value : null;
      }),
    );
  }
}
