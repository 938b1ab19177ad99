import { CodedError, err, ok, systemClock, type Json } from '../../common/index.js';
import { parseData, type Importer } from '../../experts/index.js';
import { isLicence } from '../../common/licence/judge-licence.js';
import type { PolicyBook } from '../policy/policy-book.js';
import { askPolicies } from '../policy/policy-verdict.js';
import {
  amountField,
  optionalField,
  readFields,
  textField,
  wordField,
  type Field,
  type JsonObject,
} from './fields.js';
import type { StepHandler } from './step-handler.js';
import { worthAnotherAttempt } from './worth-another-attempt.js';

const ACTION = textField(/^[a-z][a-z0-9_.-]{0,99}$/, 'an action such as onchain_action.transfer');
const IMPORT_DEADLINE_MS = 6 * 60 * 60_000;

/** `policy_check`: ends a task whose action the policies deny, before anything is done. */
export function policyCheck(book: PolicyBook): StepHandler {
  const fields = { action_type: ACTION, amount: optionalField(amountField) };
  return {
    type: 'policy_check',
    summary: 'Asks the policies about an action; a denied one ends the task.',
    startable: true,
    ...{ risk: 'low', effect: 'none', timeoutMs: 5_000 },
    parse: (raw) => readFields(fields, raw),
    run: async (parameters) => {
      const { policies, hash } = book.current;
      const verdict = askPolicies(policies, {
        ...{ actionType: String(parameters.action_type), risk: 'low', alwaysApproval: false },
        ...{ movesValue: parameters.amount !== undefined, at: systemClock.now(), roles: ['admin'] },
        amount: parameters.amount === undefined ? null : String(parameters.amount),
      });
      if (verdict.allowed) return ok({ ...verdict, policy: hash });
      return err(new CodedError('POLICY_DENIED', `The policies forbid it: ${verdict.reason}.`, {}, 403));
    },
  };
}

const licenceField: Field<string> = (raw) =>
  typeof raw === 'string' && isLicence(raw) ? ok(raw) : err('an SPDX expression such as Apache-2.0');
const dataField: Field<Json> = (raw) => {
  const data = parseData(raw);
  return data.ok ? ok(data.value as unknown as Json) : err('a list of {name, url, license}');
};

/** `import_model`: imports a checkpoint that lies on the server's machine. Blocks are named by content, so twice is once. */
export function importModel(importer: Importer): StepHandler {
  const fields = {
    folder: textField(/^[^\0]{1,4096}$/, "a folder on the server's machine"),
    name: optionalField(textField(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'the name of a model')),
    version: optionalField(textField(/^\d{1,9}\.\d{1,9}\.\d{1,9}$/, 'a version such as 1.0.0')),
    dtype: optionalField(wordField('q8', 'q4', 'f16', 'f32')),
    license: optionalField(licenceField),
    author: optionalField(textField(/^[^\p{Cc}]{1,200}$/u, 'who made the model, at most 200 characters')),
    data: optionalField(dataField),
  };
  return {
    type: 'import_model',
    summary: 'Imports a checkpoint into the chain.',
    startable: true,
    ...{ risk: 'high', effect: 'idempotent', timeoutMs: IMPORT_DEADLINE_MS },
    parse: (raw) => readFields(fields, raw),
    run: async (parameters, { signal }) => {
      const { folder, ...options } = parameters as JsonObject & { folder: string };
      const imported = await importer.import(folder, { ...options, signal });
      if (imported.ok) return ok(imported.value as unknown as Json);
      return err(
        imported.error.code === 'IMPORT_BUSY' ? worthAnotherAttempt(imported.error) : imported.error,
      );
    },
  };
}

/** `generic_action`: an action by name. It does what a handler of that name does and refuses what nobody knows. */
export function genericAction(known: (action: string) => StepHandler | null): StepHandler {
  const parse: StepHandler['parse'] = (raw) => {
    const { action, parameters = {}, ...rest } = (raw ?? {}) as Record<string, unknown>;
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined)
      return err(new CodedError('PARAMETERS_INVALID', `${unknown} must be one of action, parameters.`));
    const name = ACTION(action);
    const handler = name.ok ? known(name.value) : null;
    if (!name.ok || handler === null || handler.type === 'generic_action') return err(unknownAction(action));
    const refusal = handler.unavailable?.() ?? null;
    if (refusal !== null) return err(refusal);
    const parsed = handler.parse(parameters);
    return parsed.ok ? ok({ action: name.value, parameters: parsed.value as Json }) : parsed;
  };
  return {
    type: 'generic_action',
    summary: 'Does a known action by its name, and refuses all others.',
    startable: true,
    ...{ risk: 'low', effect: 'none', timeoutMs: 1_000 },
    parse,
    plan: ({ action, parameters }) => {
      const handler = known(String(action)) as StepHandler;
      const own = parameters as JsonObject;
      return handler.plan?.(own) ?? [{ type: handler.type, parameters: own }];
    },
    run: () => Promise.resolve(err(unknownAction('generic_action'))),
  };
}

function unknownAction(action: unknown): CodedError {
  const shown = JSON.stringify(action ?? null).slice(0, 100);
  return new CodedError('ACTION_UNKNOWN', `Nobody here knows the action ${shown}.`);
}
