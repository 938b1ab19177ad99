import type { IncomingHttpHeaders } from 'node:http';
import { CodedError, err, ok, type Result } from '../common/index.js';
import { isLoopback, type AppConfig } from '../config/index.js';

/** Names of hosts that were read from `Host` before: reading one takes longer than the rest of the check. */
const hostNames = new Map<string, string>();
const MOST_HOSTS = 64;
const LONGEST_HOST = 300;
const publicHosts = new WeakMap<AppConfig, string | null>();

/**
 * Keeps foreign web pages out of a server that trusts its own machine: the `Host` must be a name of this machine (or
 * PUBLIC_URL), so that no name rebound to 127.0.0.1 gets in, and a browser's `Origin` must be that same host or one of
 * CORS_ORIGINS.
 * Refusals: HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED.
 */
export function checkOrigin(config: AppConfig, headers: IncomingHttpHeaders): Result<void> {
  const host = headers.host ?? '';
  const publicHost = publicHostOf(config);
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

function publicHostOf(config: AppConfig): string | null {
  const known = publicHosts.get(config);
  if (known !== undefined) return known;
  const host = config.publicUrl === null ? null : new URL(config.publicUrl).host;
  publicHosts.set(config, host);
  return host;
}

function hostNameOf(host: string): string {
  const known = hostNames.get(host);
  if (known !== undefined) return known;
  const url = `http://${host}`;
  const name = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  if (host.length > LONGEST_HOST) return name;
  if (hostNames.size >= MOST_HOSTS) hostNames.clear();
  hostNames.set(host, name);
  return name;
}
