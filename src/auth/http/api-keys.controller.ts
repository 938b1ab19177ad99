import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError, systemClock, unwrap } from '../../common/index.js';
import type { IdentifiedRequest } from '../access.guard.js';
import { ApiKeys, type ApiKeyView } from '../api-keys/index.js';
import { mayAct, type Identity } from '../identity.js';
import { Roles, type RoleName } from '../roles.js';
import { NeedsScope, type Scope } from '../scopes.js';
import { ApiKeyDto, ApiKeyParameters } from './api-keys.dto.js';

/** Scopes that are worth something only to holders of a role. */
const ROLES_OF: Partial<Record<Scope, readonly RoleName[]>> = {
  'chain:write': ['contributor', 'node'],
  'models:write': ['contributor', 'node', 'guardian'],
  guardian: ['guardian'],
  admin: ['admin'],
};

/** Keys for programs. */
@ApiTags('accounts')
@Controller('auth')
@Roles('user')
@NeedsScope('session')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  @ApiOperation({ summary: 'Makes an API key; the answer is the only one that shows it' })
  @Post('register')
  @Header('cache-control', 'no-store')
  async issue(
    @Body() { name, scopes, expires_at: expiresAt }: ApiKeyDto,
    @Req() { identity }: IdentifiedRequest,
  ): Promise<object> {
    const owner = identity as Identity;
    const beyond = scopes.find((scope) => !mayAct(owner, ROLES_OF[scope] ?? ['user']));
    if (beyond !== undefined)
      throw new CodedError('SCOPE_BEYOND_ROLE', `Your account has no role that uses ${beyond}.`, {}, 403);
    if (expiresAt !== undefined && expiresAt !== null && expiresAt <= systemClock.now())
      throw new CodedError('API_KEY_EXPIRED', 'expires_at lies in the past.', {}, 400);
    const wanted = { name, scopes: [...new Set(scopes)], expiresAt: expiresAt ?? null };
    const { key, view } = unwrap(await this.keys.issue(owner.subject, wanted));
    return { ...view, key };
  }

  @ApiOperation({ summary: 'The keys of the account, newest first; never the secrets' })
  @Get('keys')
  async list(@Req() { identity }: IdentifiedRequest): Promise<{ items: ApiKeyView[] }> {
    return { items: await this.keys.list(identity?.subject ?? '') };
  }

  @ApiOperation({ summary: 'Revokes a key at once' })
  @Delete('keys/:id')
  @HttpCode(204)
  async revoke(@Param() { id }: ApiKeyParameters, @Req() { identity }: IdentifiedRequest): Promise<void> {
    if (!(await this.keys.revoke(identity?.subject ?? '', id)))
      throw new CodedError('API_KEY_UNKNOWN', 'The account has no such key.', {}, 404);
  }
}
