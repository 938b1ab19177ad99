import { lookup } from 'node:dns';
import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { isIP } from 'node:net';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { isPublicAddress } from '../../common/network/address-rules.js';
import { publicLookup } from '../../common/network/public-lookup.js';

/** What a request may do. */
export interface GuardedGet {
  readonly url: string;
  /** Whether private and link-local addresses may be asked. */
  readonly allowPrivate: boolean;
  readonly mostBytes: number;
  readonly mostRedirects: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An answer of another server. */
export interface GotAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/**
 * GETs a page without being led into private nets: every address is looked at after its name was resolved, the connection
 * goes to exactly that address, and every redirect begins anew. Refusals: PROBE_URL, PROBE_ADDRESS (final), PROBE_TOO_LARGE,
 * PROBE_REDIRECTS, PROBE_FAILED (502, worth another attempt).
 */
export async function guardedGet(request: GuardedGet): Promise<Result<GotAnswer>> {
  let url = request.url;
  for (let redirects = 0; redirects <= request.mostRedirects; redirects++) {
    const target = checkUrl(url, request.allowPrivate);
    if (!target.ok) return target;
    const answer = await getOnce(target.value, request);
    if (!answer.ok || !isRedirect(answer.value)) return answer;
    const next = String(answer.value.headers.location);
    if (!URL.canParse(next, url)) return err(refused('PROBE_URL', 'A redirect leads to no address.'));
    url = new URL(next, url).href;
  }
  return err(refused('PROBE_REDIRECTS', `There are more than ${request.mostRedirects} redirects.`));
}

function checkUrl(text: string, allowPrivate: boolean): Result<URL> {
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    return err(refused('PROBE_URL', 'Only http and https addresses without credentials are probed.'));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) return err(privateAddress(host));
  return ok(url);
}

function isRedirect({ status, headers }: GotAnswer): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.location !== undefined;
}

function getOnce(url: URL, request: GuardedGet): Promise<Result<GotAnswer>> {
  return new Promise((resolve) => {
    const options: RequestOptions = {
      ...{ headers: request.headers, signal: request.signal, agent: false, maxHeaderSize: 16_384 },
      lookup: request.allowPrivate ? lookup : publicLookup(privateAddress),
    };
    const get = url.protocol === 'https:' ? getHttps : getHttp;
    get(url, options, (response) => {
      readBody(response, request.mostBytes).then(
        (body) => resolve(body.ok ? ok(answerOf(url, response, body.value)) : body),
        (thrown: unknown) => resolve(err(failed(thrown))),
      );
    }).on('error', (thrown) => resolve(err(thrown instanceof CodedError ? thrown : failed(thrown))));
  });
}

async function readBody(response: IncomingMessage, most: number): Promise<Result<Uint8Array>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) {
      response.destroy();
      return err(refused('PROBE_TOO_LARGE', `The answer has more than ${most} bytes.`));
    }
    parts.push(part);
  }
  return ok(Buffer.concat(parts));
}

function answerOf(url: URL, { statusCode = 0, headers }: IncomingMessage, body: Uint8Array): GotAnswer {
  return { url: url.href, status: statusCode, headers, body };
}

function privateAddress(address: string): CodedError {
  return refused('PROBE_ADDRESS', `${address} is not a public address; PROBE_PRIVATE_ADDRESSES allows it.`);
}

function refused(code: string, detail: string): CodedError {
  return new CodedError(code, detail);
}

function failed(thrown: unknown): CodedError {
  return new CodedError('PROBE_FAILED', `The address could not be asked: ${messageOf(thrown)}`, {}, 502);
}
