import { describe, expect, it } from 'vitest'
import { isLoopbackHost, isSameOrigin } from '../../../../src/main/web/loopback.ts'
import { sameToken } from '../../../../src/main/web/token.ts'
import { MAX_CLIENTS, refuseUpgrade } from '../../../../src/main/web/upgrade.ts'

describe('who may open the WebSocket', () => {
  const token = 'T'.repeat(43)
  const headers = {
    host: 'localhost:8000',
    origin: 'http://localhost:8000',
    'sec-websocket-protocol': `firebreak.v1, token.${token}`
  }

  it('is a page of ours with the token', () => {
    expect(refuseUpgrade({ url: '/ws', headers }, token, 0)).toBeNull()
    expect(refuseUpgrade({ url: '/ws', headers }, token, MAX_CLIENTS)?.status).toBe(503)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.0.0.1:9747', true],
    ['[::1]:80', true],
    ['LocalHost:1', true],
    ['127.0.0.2', false],
    ['localhost.', false],
    ['localhost:123456', false],
    ['localhost:80:80', false],
    ['user@localhost', false],
    ['localhost/evil', false],
    ['0.0.0.0', false],
    ['', false],
    [undefined, false]
  ])('under the Host %s: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected)
  })

  it('compares origin and token as a whole', () => {
    expect(isSameOrigin('http://localhost:8000.evil.example', 'localhost:8000')).toBe(false)
    expect(isSameOrigin('https://localhost:8000', 'localhost:8000')).toBe(false)
    expect(sameToken(token, token)).toBe(true)
    expect(sameToken(`${token}x`, token)).toBe(false)
    expect(sameToken('', token)).toBe(false)
  })
})
