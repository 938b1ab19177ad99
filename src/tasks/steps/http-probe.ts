import { sha256Hex, ok, err, CodedError } from '../../common/index.js';
import { integerField, readFields, textField, withDefault, type ValuesOf } from './fields.js';
import { guardedGet } from './guarded-get.js';
import type { StepHandler } from './step-handler.js';

const FIELDS = {
  url: textField(/^https?:\/\/[^\s]{1,2000}$/, 'an http or https address'),
  expect_status: withDefault(integerField(100, 599), 200),
  timeout_ms: withDefault(integerField(100, 30_000), 10_000),
  max_bytes: withDefault(integerField(1, 1_048_576), 262_144),
};
const MOST_REDIRECTS = 3;

/** `http_probe`: asks an address whether it answers as it should. GET only. */
export function httpProbe(allowPrivate: boolean): StepHandler {
  return {
    type: 'http_probe',
    summary: 'Asks an http or https address and compares the status of its answer.',
    startable: true,
    risk: 'low',
    effect: 'idempotent',
    timeoutMs: 31_000,
    parse: (raw) => {
      const values = readFields(FIELDS, raw);
      if (!values.ok || URL.canParse(values.value.url)) return values;
      return err(
        new CodedError('PARAMETERS_INVALID', 'url must be an http or https address.', { param: 'url' }),
      );
    },
    run: async (parameters, { key, signal }) => {
      const { url, expect_status: expected, timeout_ms, max_bytes } = parameters as ValuesOf<typeof FIELDS>;
      const began = performance.now();
      const answer = await guardedGet({
        ...{ url, allowPrivate, mostBytes: max_bytes, mostRedirects: MOST_REDIRECTS },
        headers: { 'user-agent': 'stemma-probe', 'idempotency-key': key, accept: '*/*' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)]),
      });
      if (!answer.ok) return answer;
      const { status, body, url: last } = answer.value;
      if (status !== expected) return err(unexpected(status, expected));
      const tookMs = Math.round(performance.now() - began);
      return ok({ url: last, status, bytes: body.length, sha256: sha256Hex(body), took_ms: tookMs });
    },
  };
}

function unexpected(status: number, expected: number): CodedError {
  const detail = `The address answered ${status}, not ${expected}.`;
  return new CodedError('PROBE_STATUS', detail, { status }, status >= 500 ? 502 : 422);
}
