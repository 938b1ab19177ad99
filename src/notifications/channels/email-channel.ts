import type { Transporter } from 'nodemailer';
import { err, ok, systemCodeOf, type Result } from '../../common/index.js';
import { isLoopback } from '../../config/index.js';
import { failed, rejected, type NotificationChannel } from './channel.js';
import { headline } from './wording.js';
import type { OutgoingNotice } from '../notice.js';

/** What e-mail needs. */
export interface EmailSettings {
  /** `smtp://user:password@host:port`, or `smtps://` for TLS from the first byte. */
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: readonly string[];
}

const CONNECT_MS = 10_000;

/** Sends notices as plain-text mail by SMTP. A password is sent over TLS only, except on this machine. */
export function emailChannel(settings: EmailSettings): NotificationChannel {
  return {
    name: 'email',
    target: settings.to.join(', '),
    tellsSettled: true,
    send: async (notice, signal) => {
      const transport = await openTransport(settings.smtpUrl);
      // Closing is what ends a conversation that hangs.
      const onAbort = () => transport.close();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await raceWith(signal, transport.sendMail(mailOf(notice, settings)));
        return ok();
      } catch (thrown) {
        return refusalOf(thrown, signal);
      } finally {
        signal.removeEventListener('abort', onAbort);
        transport.close();
      }
    },
  };
}

/** The library is loaded when the first mail is sent: most servers never need it. */
async function openTransport(smtpUrl: string): Promise<Transporter> {
  const { default: nodemailer } = await import('nodemailer');
  const url = new URL(smtpUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const auth = user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } };
  return nodemailer.createTransport({
    ...{ host, port: url.port === '' ? (secure ? 465 : 587) : Number(url.port), secure, ...auth },
    requireTLS: !secure && user !== '' && !isLoopback(host),
    ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: CONNECT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

function mailOf(notice: OutgoingNotice, { from, to }: EmailSettings) {
  return {
    ...{ from, to: [...to], subject: headline(notice) },
    text: `${notice.text}\n\n${notice.link}\n`,
    // One thread per notice, and one message per attempt to send it.
    messageId: `<${notice.id}.${notice.event}@${messageHost(from)}>`,
    ...(notice.event === 'settled'
      ? {
          inReplyTo: `<${notice.id}.raised@${messageHost(from)}>`,
          references: [`<${notice.id}.raised@${messageHost(from)}>`],
        }
      : {}),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function messageHost(from: string): string {
  return from.slice(from.lastIndexOf('@') + 1);
}

async function raceWith(signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const onAbort = () => late.reject(new Error('no answer in time'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  // Whichever comes second must not become an unhandled rejection.
  work.catch(() => undefined);
  late.promise.catch(() => undefined);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** SMTP's 5xx is final (RFC 5321 §4.2.1), but for a refused sign-in, which people repair. */
function refusalOf(thrown: unknown, signal: AbortSignal): Result<never> {
  if (signal.aborted) return err(failed('mail server: no answer in time'));
  const { responseCode } = thrown as { responseCode?: unknown };
  const code = systemCodeOf(thrown) ?? 'the connection failed';
  if (typeof responseCode !== 'number') return err(failed(`mail server: ${code}`));
  const detail = `mail server: ${code}, answer ${responseCode}`;
  return err(responseCode >= 500 && code !== 'EAUTH' ? rejected(detail) : failed(detail));
}
