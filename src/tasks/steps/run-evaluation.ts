import { CodedError, err, ok, type Json } from '../../common/index.js';
import type { TruthMirror } from '../../evaluation/index.js';
import { readFields, textField } from './fields.js';
import type { StepHandler } from './step-handler.js';
import { worthAnotherAttempt } from './worth-another-attempt.js';

const FIELDS = {
  model: textField(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'the name of a model'),
  version: textField(/^\d{1,9}\.\d{1,9}\.\d{1,9}$/, 'a version such as 1.0.0'),
};
const DEADLINE_MS = 2 * 60 * 60_000;

/** `run_evaluation`: measures a release with the truth mirror. A repeated attempt finds what the one before has measured. */
export function runEvaluation(mirror: TruthMirror): StepHandler {
  return {
    type: 'run_evaluation',
    summary: 'Measures bias, fairness, toxicity and transparency of a release.',
    startable: true,
    ...{ risk: 'low', effect: 'idempotent', timeoutMs: DEADLINE_MS },
    parse: (raw) => readFields(FIELDS, raw),
    run: async ({ model, version }, { signal, owner, key }) => {
      const begun = await mirror.start(String(model), String(version), owner, key);
      if (!begun.ok)
        return begun.error.code === 'MIRROR_BUSY' ? err(worthAnotherAttempt(begun.error)) : begun;
      const { id, done, cancel } = begun.value;
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      await done.finally(() => signal.removeEventListener('abort', cancel));
      const run = await mirror.run(id);
      if (!run.ok) return run;
      const { report, state, code, detail } = run.value;
      if (report === null)
        return err(new CodedError(code ?? 'MIRROR_FAILED', detail ?? `The measurement ended as ${state}.`));
      return ok({ run: id, figures_hash: report.figures_hash, figures: summary(report.figures) });
    },
  };
}

function summary(figures: Json): Json {
  const { bias, fairness, toxicity, transparency } = figures as Readonly<Record<string, Json>>;
  return { bias, fairness, toxicity, transparency };
}
