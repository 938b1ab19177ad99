import type { AppConfig } from '../config/index.js';

/**
 * Sent with every answer. COOP and COEP give the dashboard shared memory for the kernel; the policy allows WebAssembly
 * but no foreign code. Styles may be inline because the component library writes them at run time.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

const OVER_TLS = { ...SECURITY_HEADERS, 'strict-transport-security': 'max-age=63072000' };

/** The headers of every answer (OWASP Secure Headers); a server that people reach by https tells browsers to stay there. */
export function securityHeaders({ publicUrl }: AppConfig): Readonly<Record<string, string>> {
  return publicUrl?.startsWith('https:') === true ? OVER_TLS : SECURITY_HEADERS;
}
