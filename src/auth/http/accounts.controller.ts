import { Body, Controller, Get, Header, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { unwrap } from '../../common/index.js';
import type { IdentifiedRequest } from '../access.guard.js';
import { AccountAdministration } from '../account-administration.js';
import { Accounts, accountView, type AccountChange } from '../accounts/index.js';
import { Roles } from '../roles.js';
import { NeedsScope } from '../scopes.js';
import { AccountChangeDto, AccountParameters, AccountsQuery, NewAccountDto } from './accounts.dto.js';

const USUAL_PAGE = 50;

/** What admins do with accounts. */
@ApiTags('accounts')
@Controller('api/accounts')
@Roles('admin')
@NeedsScope('admin')
export class AccountsController {
  constructor(
    private readonly accounts: Accounts,
    private readonly administration: AccountAdministration,
  ) {}

  @ApiOperation({ summary: 'All accounts by name' })
  @Get()
  async list(
    @Query() { limit = USUAL_PAGE, cursor, name }: AccountsQuery,
  ): Promise<{ items: object[]; next_cursor: string | null }> {
    if (name !== undefined) {
      const account = await this.administration.byName(name);
      return { items: account === null ? [] : [accountView(account)], next_cursor: null };
    }
    const found = await this.accounts.list(limit + 1, cursor ?? null);
    const items = found.slice(0, limit);
    const next = found.length > limit ? (items.at(-1)?.name ?? null) : null;
    return { items: items.map(accountView), next_cursor: next };
  }

  @ApiOperation({ summary: 'Makes an account for somebody' })
  @Post()
  async create(
    @Body() { name, email, password, roles }: NewAccountDto,
    @Req() { identity }: IdentifiedRequest,
  ): Promise<object> {
    const wanted = { name, email: email ?? null, password, roles: roles ?? [] };
    return accountView(unwrap(await this.administration.create(wanted, identity?.subject ?? 'anonymous')));
  }

  @ApiOperation({
    summary: 'A link with which somebody sets a new password for the account, once, within 24 hours',
  })
  @Post(':id/password-link')
  @Header('cache-control', 'no-store')
  async passwordLink(
    @Param() { id }: AccountParameters,
    @Req() { identity }: IdentifiedRequest,
  ): Promise<{ token: string; path: string; expires_at: number }> {
    const { token, expiresAt } = unwrap(
      await this.administration.passwordLink(id, identity?.subject ?? 'anonymous'),
    );
    return { token, path: `/new-password#token=${token}`, expires_at: expiresAt };
  }

  @ApiOperation({ summary: 'Changes roles, tier, or whether the account may be used' })
  @Patch(':id')
  async change(
    @Param() { id }: AccountParameters,
    @Body() { roles, tier, disabled }: AccountChangeDto,
    @Req() { identity }: IdentifiedRequest,
  ): Promise<object> {
    const change: AccountChange = {
      ...(Array.isArray(roles) && { roles }),
      ...(typeof tier === 'string' && { tier }),
      ...(typeof disabled === 'boolean' && { disabled }),
    };
    return accountView(
      unwrap(await this.administration.change(id, change, identity?.subject ?? 'anonymous')),
    );
  }
}
