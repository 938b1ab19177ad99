import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { KeysModule } from '../keys/index.js';
import { AccessTokens } from './access-tokens.js';
import { AccessGuard } from './access.guard.js';
import { AccountAdministration } from './account-administration.js';
import { AccountChanges, AccountCleaning, Accounts, AccountStanding, SetupTokens } from './accounts/index.js';
import { ApiKeys } from './api-keys/index.js';
import { BearerTokens } from './bearer-tokens.js';
import { AccountsController } from './http/accounts.controller.js';
import { SessionAnswers } from './http/answers.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { Door } from './http/door.js';
import { MeController } from './http/me.controller.js';
import { SessionController } from './http/session.controller.js';
import { WalletController } from './http/wallet.controller.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Limiters, LoginThrottle, RateLimits, RedisProbe } from './limits/index.js';
import { PasswordController } from './http/password.controller.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordLinks } from './passwords/password-links.js';
import { Refreshing, SessionCheck, Sessions } from './sessions/index.js';
import { SignIn } from './sign-in.js';
import { WalletAccounts } from './wallet/wallet-accounts.js';
import { WalletNonces } from './wallet/wallet-nonces.js';
import { WalletProof } from './wallet/wallet-proof.js';

/** Who somebody is, and who may do what. Needs the global config, keys, database and `AccountJournal`. */
@Global()
@Module({
  imports: [KeysModule, PassportModule.register({ session: false })],
  controllers: [
    SessionController,
    MeController,
    PasswordController,
    ApiKeysController,
    WalletController,
    AccountsController,
  ],
  providers: [
    AccessTokens,
    JwtStrategy,
    BearerTokens,
    Accounts,
    AccountChanges,
    AccountCleaning,
    AccountStanding,
    AccountAdministration,
    SetupTokens,
    PasswordHasher,
    PasswordLinks,
    SignIn,
    SessionCheck,
    Sessions,
    Refreshing,
    ApiKeys,
    WalletNonces,
    WalletProof,
    WalletAccounts,
    Limiters,
    RedisProbe,
    LoginThrottle,
    RateLimits,
    Door,
    SessionAnswers,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [
    AccessTokens,
    AccountStanding,
    BearerTokens,
    SetupTokens,
    AccountAdministration,
    PasswordLinks,
    RateLimits,
  ],
})
export class AuthModule {}
