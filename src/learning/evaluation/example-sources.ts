import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { leftOf } from '../sealed/sealed-draw.js';
import { SealedExamples, setExhausted, setMissing, type MeasuredSubject } from '../sealed/sealed-examples.js';
import { SealedStore } from '../sealed/sealed-store.js';
import { evaluationDraws, generatedDomains, isGenerated } from './example-source.js';
import { generatedSupply, type ExampleSupply } from './example-supply.js';

/** What models are judged by: the genesis domains by what their generators hold out, every other model by its sealed sets. */
@Injectable()
export class ExampleSources {
  constructor(
    private readonly sealed: SealedExamples,
    private readonly store: SealedStore,
    private readonly config: AppConfig,
  ) {}

  /**
   * Whether there is something to measure a model by, in these domains. `SEALED_SET_MISSING` (409), `SEALED_SET_EXHAUSTED` (409),
   * `SUBMISSION_NOT_JUDGED` for a domain that it is not judged in.
   */
  async check(model: string, domains: readonly string[] = []): Promise<Result<void>> {
    if (isGenerated(model)) return checkDomains(model, generatedDomains(), domains);
    const [newest] = await this.store.sets(model, 1);
    if (newest === undefined) return err(setMissing(model));
    const { commitment } = newest;
    const left = leftOf(commitment, await this.store.unusable(commitment.root));
    if (Object.values(left).some((count) => count < commitment.draws)) return err(setExhausted(model));
    return checkDomains(model, Object.keys(commitment.domains), domains);
  }

  /** The examples of a measurement. */
  of(subject: MeasuredSubject): ExampleSupply {
    if (!isGenerated(subject.model)) return this.sealed.supply(subject);
    return generatedSupply(subject.beacon.root, evaluationDraws(this.config.learningDraws));
  }
}

function checkDomains(model: string, names: readonly string[], claimed: readonly string[]): Result<void> {
  const unknown = claimed.find((domain) => !names.includes(domain));
  if (unknown === undefined) return ok();
  const message = `${model} is not judged in ${unknown}; its domains are ${names.join(', ')}`;
  return err(new CodedError('SUBMISSION_NOT_JUDGED', message, { domain: unknown }));
}
