export { addressGroup } from './address-group.js';
export { RedisProbe } from './redis-probe.js';
export { Limiters, type Limiter, type Taken } from './limiters.js';
export { LoginThrottle } from './login-throttle.js';
export {
  OWN_LIMIT_METADATA,
  OwnLimit,
  RateLimits,
  Unlimited,
  UNLIMITED_METADATA,
  type Allowance,
} from './rate-limits.js';
