import type { IncomingHttpHeaders } from 'node:http';
import { CodedError, err, ok, type Result } from '../common/index.js';
import { isLoopback, type AppConfig } from '../config/index.js';

/**
 * Keeps foreign web pages out of a server that trusts its own machine: the `Host` must be a name of this machine (or
 * PUBLIC_URL), so that no name rebound to 127.0.0.1 gets in, and a browser's `Origin` must be that same host or one of
 * CORS_ORIGINS.
 * Refusals: HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED.
 */
export function checkOrigin(config: AppConfig, headers: IncomingHttpHeaders): Result<void> {
  const host = headers.host ?? '';
  const publicHost = config.publicUrl === null ? null : new URL(config.publicUrl).host;
  if (isLoopback(config.host) && host !== publicHost && !isLoopback(hostNameOf(host))) {
    const detail = `This server answers to names of its own machine only, not to "${host}"; set PUBLIC_URL to allow it.`;
    return err(new CodedError('HOST_NOT_ALLOWED', detail, {}, 421));
  }
  const { origin } = headers;
  if (origin === undefined) return ok();
  const originHost = URL.canParse(origin) ? new URL(origin).host : null;
  if (originHost === host || (originHost !== null && originHost === publicHost)) return ok();
  if (config.corsOrigins.includes(origin)) return ok();
  return err(
    new CodedError('ORIGIN_NOT_ALLOWED', `Requests from pages of ${origin} are not allowed.`, {}, 403),
  );
}

function hostNameOf(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}
