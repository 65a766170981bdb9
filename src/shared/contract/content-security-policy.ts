/**
 * The one policy of every page, in Electron and over HTTP.
 *
 * Nothing is loaded from anywhere but the app itself, no inline script or style, no frames, no forms; DOM sinks
 * that take script are closed by Trusted Types without any policy. `connect-src 'self'` covers the page's own
 * WebSocket. `data:` images are for the charts' small inline icons.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join('; ')
