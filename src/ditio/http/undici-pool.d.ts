/**
 * undici's pool alone. Its index also loads fetch, WebSocket, caches and mocks, which the pool does not need: bundled,
 * that is 245 kB and some 60 ms of every cold start. The path is no documented entry, so the version is pinned exactly
 * and `test/ditio/http/transport.test.ts` runs against the real thing.
 */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}
