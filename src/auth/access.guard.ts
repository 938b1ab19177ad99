import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessPatterns } from '../common/observation/access-patterns.js';
import { ProblemException } from '../common/problem.js';
import { AppConfig } from '../config/index.js';
import { ApiKeys } from './api-keys/index.js';
import { ANONYMOUS, LOCAL_ADMIN, mayAct, type Identity } from './identity.js';
import { JwtStrategy } from './jwt.strategy.js';
import {
  addressGroup,
  OWN_LIMIT_METADATA,
  OwnLimit,
  RateLimits,
  UNLIMITED_METADATA,
  type Allowance,
} from './limits/index.js';
import { ROLES_METADATA, type RoleName } from './roles.js';
import { SCOPE_METADATA, type NeededScope } from './scopes.js';

/** What the guard needs of a request, and what it leaves there. */
export interface IdentifiedRequest {
  readonly method: string;
  readonly headers: { readonly authorization?: string };
  identity?: Identity;
  /** The account whose credential came with the request, whether or not it may do what it asks for. */
  account?: { readonly account: string; readonly name: string };
  user?: Identity;
}

/** The same with the caller's network address. */
export interface AddressedRequest extends IdentifiedRequest {
  readonly ip: string;
}

interface Reply {
  headers(values: Record<string, string>): unknown;
}

/** What an endpoint asks of its callers. */
interface Demands {
  readonly controller: unknown;
  readonly reading: boolean;
  readonly allowed: readonly RoleName[];
  readonly scope: NeededScope;
  readonly unlimited: boolean;
  /** The endpoint's own limit, which counts instead of the caller's for those who may call it. */
  readonly own: OwnLimit | undefined;
}

const PassportGuard = AuthGuard('jwt');

/** Lets a call pass when whoever makes it has a role that may: the one global guard. */
@Injectable()
export class AccessGuard extends PassportGuard implements CanActivate {
  private readonly demands = new WeakMap<object, Demands>();

  constructor(
    private readonly reflector: Reflector,
    private readonly config: AppConfig,
    private readonly keys: ApiKeys,
    private readonly limits: RateLimits,
    private readonly tokens: JwtStrategy,
    private readonly patterns: AccessPatterns,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<AddressedRequest>();
    const caller = await this.identifyWithinLimits(context, request);
    const { allowed, scope } = this.demandsOf(context, request.method);
    const refusal = refusalOf(caller, allowed, scope);
    if (refusal !== null) throw refusal;
    // Open to everybody, but a key without the scope sees no more than everybody.
    request.identity = hasScope(caller, scope) ? caller : ANONYMOUS;
    return true;
  }

  /** Whoever sends worthless tokens counts by address, like somebody without one. */
  private async identifyWithinLimits(
    context: ExecutionContext,
    request: AddressedRequest,
  ): Promise<Identity> {
    if (this.config.singleUser) return LOCAL_ADMIN;
    const { unlimited, own, allowed, scope } = this.demandsOf(context, request.method);
    const caller = await this.identify(context, request).catch(async (thrown: unknown) => {
      if (thrown instanceof ProblemException && !unlimited)
        admit(await this.limits.takeAddress(request.ip), context);
      throw thrown;
    });
    if (caller !== ANONYMOUS) this.watch(caller, request);
    if (own !== undefined && refusalOf(caller, allowed, scope) === null)
      admit(await this.limits.takeOwn(own, caller), context);
    else if (!unlimited) admit(await this.limits.take(caller, request.ip), context);
    return caller;
  }

  private watch({ subject, name = subject, session, key }: Identity, request: AddressedRequest): void {
    const credential = key !== undefined ? `key.${key}` : session === undefined ? null : `session.${session}`;
    request.account = { account: subject, name };
    this.patterns.called({ ...request.account, credential, address: addressGroup(request.ip) });
  }

  private async identify(context: ExecutionContext, request: IdentifiedRequest): Promise<Identity> {
    const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined && ApiKeys.looksLikeOne(token)) {
      const owner = await this.keys.identify(token);
      if (owner === null)
        throw new ProblemException(401, 'API_KEY_INVALID', 'The API key is not valid, expired or revoked.');
      return owner;
    }
    if (!/^bearer /i.test(request.headers.authorization ?? '')) return ANONYMOUS;
    const known = token === undefined ? null : await this.tokens.recognise(token);
    if (known !== null) return known;
    await super.canActivate(context);
    return request.user ?? ANONYMOUS;
  }

  /** Passport's verdict on a token that was sent. */
  override handleRequest<T>(error: unknown, identity: T | false): T {
    if (error instanceof Error) throw error;
    if (identity === false)
      throw new ProblemException(401, 'TOKEN_INVALID', 'The token is not valid or has expired.');
    return identity;
  }

  /** What is declared never changes: it is looked up once per handler, class and kind of method. */
  private demandsOf(context: ExecutionContext, method: string): Demands {
    const known = this.demands.get(context.getHandler());
    const controller = context.getClass();
    const reading = isReading(method);
    if (known?.controller === controller && known.reading === reading) return known;
    const allowed = this.declared<readonly RoleName[]>(ROLES_METADATA, context);
    const scope = this.declared<NeededScope>(SCOPE_METADATA, context);
    const found: Demands = {
      controller,
      reading,
      allowed: allowed ?? (reading ? ['public'] : ['user']),
      scope: scope ?? (reading ? 'read' : 'admin'),
      unlimited: this.declared<true>(UNLIMITED_METADATA, context) === true,
      own: this.declared<OwnLimit>(OWN_LIMIT_METADATA, context),
    };
    this.demands.set(context.getHandler(), found);
    return found;
  }

  private declared<T>(key: string, context: ExecutionContext): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function hasScope({ scopes }: Identity, needed: NeededScope): boolean {
  return scopes === undefined || (needed !== 'session' && scopes.includes(needed));
}

/** Why a caller may not; null when he may. */
function refusalOf(
  caller: Identity,
  allowed: readonly RoleName[],
  scope: NeededScope,
): ProblemException | null {
  if (allowed.includes('public')) return null;
  if (caller === ANONYMOUS)
    return new ProblemException(
      401,
      'UNAUTHENTICATED',
      'This needs a token: Authorization: Bearer …',
      {},
      { 'www-authenticate': 'Bearer realm="stemma"' },
    );
  if (!mayAct(caller, allowed))
    return new ProblemException(403, 'FORBIDDEN', `This needs the role ${allowed.join(' or ')}.`);
  if (scope === 'session' && caller === LOCAL_ADMIN)
    return new ProblemException(409, 'SINGLE_USER', 'This server has one user, who needs no account.');
  if (scope === 'session' && caller.session === undefined)
    return new ProblemException(403, 'SESSION_NEEDED', 'This needs somebody who signed in.');
  if (!hasScope(caller, scope))
    return new ProblemException(403, 'SCOPE_MISSING', `This needs a key with the scope ${scope}.`);
  return null;
}

/** Tells the caller what is left. Throws RATE_LIMITED. */
function admit(allowance: Allowance | null, context: ExecutionContext): void {
  if (allowance === null) return;
  const { allowed, limit, remaining, resetSeconds } = allowance;
  const headers = {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetSeconds),
  };
  context.switchToHttp().getResponse<Reply>().headers(headers);
  if (!allowed)
    throw new ProblemException(
      429,
      'RATE_LIMITED',
      `There were more than ${limit} requests in a minute; wait ${resetSeconds} s.`,
      { retryAfter: resetSeconds },
      { ...headers, 'retry-after': String(resetSeconds) },
    );
}
