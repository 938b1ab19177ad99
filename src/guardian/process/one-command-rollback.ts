import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ReleaseCatalog } from '../../experts/index.js';
import { PreviousSettings } from '../actions/previous-settings.js';
import { RollbackActions } from '../actions/rollback.js';
import type { DecisionRow } from '../store/rows.js';
import { OverrideService } from './override-service.js';

/** Goes back to the release and to the settings of before, whichever there are, by order of a guardian. */
@Injectable()
export class OneCommandRollback {
  constructor(
    private readonly rollback: RollbackActions,
    private readonly settings: PreviousSettings,
    private readonly overrides: OverrideService,
    private readonly releases: ReleaseCatalog,
  ) {}

  /** @param model null: the only one. `MODEL_NEEDED` (400), `NOTHING_TO_ROLL_BACK` (409), and refusals of the actions */
  async run(model: string | null, by: string, reason: string): Promise<Result<readonly DecisionRow[]>> {
    const chosen = model === null ? await this.onlyModel() : ok(model);
    if (!chosen.ok) return chosen;
    const done: DecisionRow[] = [];
    if (chosen.value !== null && (await this.rollback.hasPrevious(chosen.value))) {
      const release = await this.overrides.order('previous_release', { model: chosen.value }, { by, reason });
      if (!release.ok) return release;
      done.push(release.value);
    }
    if (this.settings.changed) {
      const settings = await this.overrides.order('previous_settings', {}, { by, reason });
      if (!settings.ok) return settings;
      done.push(settings.value);
    }
    return done.length === 0 ? err(nothing()) : ok(done);
  }

  private async onlyModel(): Promise<Result<string | null>> {
    const models = await this.releases.models();
    if (models.length <= 1) return ok(models[0]?.name ?? null);
    const names = models.map(({ name }) => name).join(', ');
    return err(new CodedError('MODEL_NEEDED', `Say which model: ${names}.`, {}, 400));
  }
}

function nothing(): CodedError {
  const detail = 'Neither a release nor a setting of before is known.';
  return new CodedError('NOTHING_TO_ROLL_BACK', detail, {}, 409);
}
