import { CodedError, err, ok, type Result } from '../../common/index.js';

/** The fields of an EIP-4361 message that matter here; times are ms since the epoch. */
export interface SignInMessage {
  /** Scheme before the domain, without `://`; null when absent. */
  readonly scheme: string | null;
  /** RFC 3986 authority that asks for the signature. */
  readonly domain: string;
  /** Address as written, `0x` and 40 hex digits. */
  readonly address: string;
  readonly statement: string | null;
  readonly uri: string;
  readonly version: string;
  readonly chainId: number;
  readonly nonce: string;
  readonly issuedAt: number;
  readonly expirationTime: number | null;
  readonly notBefore: number | null;
}

/** Characters one message may have; a usual one has about 300. */
export const LONGEST_MESSAGE = 4096;

const HEAD = ' wants you to sign in with your Ethereum account:';
const DOMAIN = /^(?:([a-z][a-z0-9+.-]{0,31}):\/\/)?([^\s/?#@]{1,255})$/i;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Fields after the statement in their only order; the second member says whether they may be absent. */
const FIELDS = [
  ['URI', false],
  ['Version', false],
  ['Chain ID', false],
  ['Nonce', false],
  ['Issued At', false],
  ['Expiration Time', true],
  ['Not Before', true],
  ['Request ID', true],
] as const;

type FieldName = (typeof FIELDS)[number][0];

/**
 * Reads a message by the grammar of EIP-4361 (https://eips.ethereum.org/EIPS/eip-4361). Refusal: WALLET_MESSAGE_INVALID,
 * naming what is wrong.
 */
export function parseSignInMessage(text: string): Result<SignInMessage> {
  if (text.length > LONGEST_MESSAGE) return refuse('it is too long');
  const lines = text.split('\n');
  const [, scheme, domain] =
    DOMAIN.exec(lines[0].endsWith(HEAD) ? lines[0].slice(0, -HEAD.length) : '') ?? [];
  if (domain === undefined) return refuse('its first line names no domain');
  const address = lines[1] ?? '';
  if (!ADDRESS.test(address)) return refuse('its second line is no address');
  const statement = statementIn(lines);
  if (statement === undefined) return refuse('the statement does not stand between empty lines');
  const fields = fieldsIn(lines.slice(statement === null ? 4 : 5));
  if (!fields.ok) return fields;
  return messageOf({ scheme: scheme ?? null, domain, address, statement }, fields.value);
}

/** The message a wallet is asked to sign. */
export function formatSignInMessage(message: SignInMessage): string {
  const { domain, address, statement, uri, version, chainId, nonce, issuedAt, expirationTime } = message;
  return [
    `${domain}${HEAD}`,
    address,
    '',
    ...(statement === null ? [] : [statement]),
    '',
    `URI: ${uri}`,
    `Version: ${version}`,
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${new Date(issuedAt).toISOString()}`,
    ...(expirationTime === null ? [] : [`Expiration Time: ${new Date(expirationTime).toISOString()}`]),
  ].join('\n');
}

/** The line between the two empty ones; null when there is none, undefined when the lines are not empty. */
function statementIn(lines: readonly string[]): string | null | undefined {
  if (lines[2] !== '') return undefined;
  if (lines[3] === '') return null;
  return lines[4] === '' ? lines[3] : undefined;
}

function fieldsIn(lines: readonly string[]): Result<Partial<Record<FieldName, string>>> {
  const fields: Partial<Record<FieldName, string>> = {};
  let at = 0;
  for (const [name, optional] of FIELDS) {
    const line = lines[at];
    if (line?.startsWith(`${name}: `)) {
      fields[name] = line.slice(name.length + 2);
      at++;
    } else if (!optional) return refuse(`${name} is missing or not in its place`);
  }
  if (lines[at] === 'Resources:') {
    at++;
    while (at < lines.length && /^- \S+$/.test(lines[at])) at++;
  }
  return at === lines.length ? ok(fields) : refuse(`line "${lines[at].slice(0, 40)}" does not belong there`);
}

function messageOf(
  head: Pick<SignInMessage, 'scheme' | 'domain' | 'address' | 'statement'>,
  fields: Partial<Record<FieldName, string>>,
): Result<SignInMessage> {
  const { URI: uri = '', Version: version = '', Nonce: nonce = '' } = fields;
  const chainId = Number(fields['Chain ID']);
  if (!URL.canParse(uri)) return refuse('its URI is none');
  if (version !== '1') return refuse('its version is not 1');
  if (!/^\d{1,15}$/.test(fields['Chain ID'] ?? '')) return refuse('its chain id is no number');
  if (!/^[A-Za-z0-9]{8,128}$/.test(nonce)) return refuse('its nonce is not of 8 letters and digits or more');
  const [issuedAt, expirationTime, notBefore] = [
    timeOf(fields['Issued At']),
    timeOf(fields['Expiration Time']),
    timeOf(fields['Not Before']),
  ];
  if (issuedAt === null || [issuedAt, expirationTime, notBefore].includes(NaN))
    return refuse('one of its times is none');
  return ok({ ...head, uri, version, chainId, nonce, issuedAt, expirationTime, notBefore });
}

/** RFC 3339 as ms since the epoch; null when absent, NaN when it is no time. */
function timeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  return TIME.test(text) ? Date.parse(text) : NaN;
}

function refuse(why: string): Result<never> {
  const detail = `This is not a sign-in message of EIP-4361: ${why}.`;
  return err(new CodedError('WALLET_MESSAGE_INVALID', detail, {}, 400));
}
