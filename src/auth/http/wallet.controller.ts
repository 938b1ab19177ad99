import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unwrap } from '../../common/index.js';
import type { IdentifiedRequest } from '../access.guard.js';
import { Roles } from '../roles.js';
import { NeedsScope } from '../scopes.js';
import { WalletAccounts } from '../wallet/wallet-accounts.js';
import { WalletProof } from '../wallet/wallet-proof.js';
import { SessionAnswers, type SessionAnswer } from './answers.js';
import { Door } from './door.js';
import { WalletNonceDto, WalletProofDto } from './wallet.dto.js';

/** Sign-in with an Ethereum wallet (EIP-4361). */
@ApiTags('accounts')
@Controller('auth/wallet')
export class WalletController {
  constructor(
    private readonly door: Door,
    private readonly proof: WalletProof,
    private readonly wallets: WalletAccounts,
    private readonly answers: SessionAnswers,
  ) {}

  @ApiOperation({ summary: 'The message a wallet signs to sign in: good once, for five minutes' })
  @Post('nonce')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Roles('public')
  async nonce(@Body() { address }: WalletNonceDto, @Req() { headers }: FastifyRequest): Promise<object> {
    unwrap(this.door.isOpen());
    return unwrap(await this.proof.challenge(address, headers.host ?? ''));
  }

  @ApiOperation({ summary: 'Signs in with a signed message; the first time makes the account' })
  @Post('verify')
  @HttpCode(200)
  @Roles('public')
  async verify(
    @Body() { message, signature, cookie }: WalletProofDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    unwrap(this.door.isOpen());
    const address = unwrap(await this.proof.verify(message, signature, request.headers.host ?? ''));
    const account = unwrap(await this.wallets.enter(address, () => this.door.newcomer(request.ip)));
    return this.answers.open(account, request, reply, cookie === true);
  }

  @ApiOperation({ summary: 'Lets another wallet open the account of the caller' })
  @Post('link')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('session')
  async link(
    @Body() { message, signature }: WalletProofDto,
    @Req() request: FastifyRequest & IdentifiedRequest,
  ): Promise<{ items: string[] }> {
    const account = request.identity?.subject ?? '';
    const address = unwrap(await this.proof.verify(message, signature, request.headers.host ?? ''));
    unwrap(await this.wallets.link(address, account));
    return { items: await this.wallets.list(account) };
  }

  @ApiOperation({ summary: 'Stops a wallet from opening the account of the caller' })
  @Delete(':address')
  @HttpCode(204)
  @Roles('user')
  @NeedsScope('session')
  async unlink(@Param() { address }: WalletNonceDto, @Req() { identity }: IdentifiedRequest): Promise<void> {
    unwrap(await this.wallets.unlink(address.toLowerCase(), identity?.subject ?? ''));
  }

  @ApiOperation({ summary: 'The wallets that open the account of the caller' })
  @Get()
  @Roles('user')
  @NeedsScope('session')
  async list(@Req() { identity }: IdentifiedRequest): Promise<{ items: string[] }> {
    return { items: await this.wallets.list(identity?.subject ?? '') };
  }
}
