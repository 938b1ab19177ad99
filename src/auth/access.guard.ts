import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { ProblemException } from '../common/problem.js';
import { AppConfig } from '../config/index.js';
import { ANONYMOUS, LOCAL_ADMIN, mayAct, type Identity } from './identity.js';
import { ROLES_METADATA, type RoleName } from './roles.js';

/** What the guard needs of a request, and what it leaves there. */
export interface IdentifiedRequest {
  readonly method: string;
  readonly headers: { readonly authorization?: string };
  identity?: Identity;
  user?: Identity;
}

const PassportGuard = AuthGuard('jwt');

/** Lets a call pass when whoever makes it has a role that may: the one global guard. */
@Injectable()
export class AccessGuard extends PassportGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly config: AppConfig,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    request.identity = await this.identify(context, request);
    const allowed = this.allowedRoles(context, request.method);
    if (mayAct(request.identity, allowed)) return true;
    if (request.identity === ANONYMOUS) {
      throw new ProblemException(
        401,
        'UNAUTHENTICATED',
        'This needs a token: Authorization: Bearer …',
        {},
        {
          'www-authenticate': 'Bearer realm="stemma"',
        },
      );
    }
    throw new ProblemException(403, 'FORBIDDEN', `This needs the role ${allowed.join(' or ')}.`);
  }

  private async identify(context: ExecutionContext, request: IdentifiedRequest): Promise<Identity> {
    if (this.config.singleUser) return LOCAL_ADMIN;
    if (!/^bearer /i.test(request.headers.authorization ?? '')) return ANONYMOUS;
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

  private allowedRoles(context: ExecutionContext, method: string): readonly RoleName[] {
    const declared = this.reflector.getAllAndOverride<readonly RoleName[] | undefined>(ROLES_METADATA, [
      context.getHandler(),
      context.getClass(),
    ]);
    return declared ?? (method === 'GET' || method === 'HEAD' ? ['public'] : ['user']);
  }
}
