import { lookup } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { CodedError, err, ok, systemCodeOf, type Result } from '../../common/index.js';
import { isPublicAddress } from '../../common/network/address-rules.js';
import { publicLookup } from '../../common/network/public-lookup.js';
import { failed, rejected } from './channel.js';

/** Bytes of an answer that are read, to tell people why a receiver refused. */
const MOST_ANSWER_BYTES = 2_048;

/** A body for a receiver of JSON. */
export interface JsonPost {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the receiver may be in a private or link-local net. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/**
 * POSTs JSON. Redirects are not followed and count as refusals; private nets are reached only where that is allowed. An answer
 * of 2xx is success; 408, 429 and from 500 on `NOTIFY_FAILED`; any other `NOTIFY_REJECTED`.
 */
export async function postJson(post: JsonPost): Promise<Result<void>> {
  const url = new URL(post.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!post.allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) return err(privateAddress());
  const answer = await exchange(url, post);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  if (status >= 200 && status < 300) return ok();
  const said = body === '' ? '' : `: ${body.replace(/\s+/g, ' ').slice(0, 200)}`;
  const detail = `${url.host} answered ${status}${said}`;
  return err(status === 408 || status === 429 || status >= 500 ? failed(detail) : rejected(detail));
}

function exchange(url: URL, post: JsonPost): Promise<Result<{ status: number; body: string }>> {
  return new Promise((resolve) => {
    const options: RequestOptions = {
      ...{ method: 'POST', signal: post.signal, agent: false, maxHeaderSize: 16_384 },
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(post.body)),
        'user-agent': 'stemma',
        ...post.headers,
      },
      lookup: post.allowPrivate ? lookup : publicLookup(privateAddress),
    };
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const refuse = (thrown: unknown) =>
      resolve(err(thrown instanceof CodedError ? thrown : failed(`${url.host}: ${reasonOf(thrown)}`)));
    request(url, options, (response) => {
      readStart(response).then(
        (body) => resolve(ok({ status: response.statusCode ?? 0, body })),
        (thrown: unknown) => refuse(thrown),
      );
    })
      .on('error', refuse)
      .end(post.body);
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, MOST_ANSWER_BYTES);
}

/** A reason that names no address: paths of webhooks are secrets. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'AbortError') return 'no answer in time';
  return systemCodeOf(thrown) ?? 'the connection failed';
}

function privateAddress(): CodedError {
  return rejected('The address is not a public one; NOTIFY_PRIVATE_ADDRESSES allows it.');
}
