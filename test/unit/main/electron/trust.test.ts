import { describe, expect, it } from 'vitest'
import {
  APP_URL,
  isOwnPage,
  isOwnRequest,
  isTrustedSender,
  mayHavePermission,
  mayOpenExternally
} from '../../../../src/main/electron/trust.ts'

const DEV = 'http://localhost:5173'

describe('isOwnPage', () => {
  it.each([APP_URL, 'app://firebreak/', 'app://firebreak/index.html#models'])('trusts %s', (url) => {
    expect(isOwnPage(url, null)).toBe(true)
  })

  it.each([
    'https://firebreak/index.html',
    'app://firebreak.example/index.html',
    'app://firebreak:1/index.html',
    'app://user@firebreak/index.html',
    'apps://firebreak/',
    'file:///index.html',
    'about:blank',
    'data:text/html,app://firebreak/',
    `${DEV}/`,
    '',
    'app:'
  ])('does not trust %s', (url) => {
    expect(isOwnPage(url, null)).toBe(false)
  })

  it('trusts the dev server only where there is one, and only its origin', () => {
    expect(isOwnPage(`${DEV}/index.html`, DEV)).toBe(true)
    expect(isOwnPage('http://localhost:51730/', DEV)).toBe(false)
    expect(isOwnPage('https://localhost:5173/', DEV)).toBe(false)
    expect(isOwnPage('http://localhost:5173/', 'not a url')).toBe(false)
  })
})

describe('isOwnRequest', () => {
  it('lets a packaged window fetch nothing but the app', () => {
    expect(isOwnRequest('app://firebreak/assets/index.js', null)).toBe(true)
    for (const url of [
      `${DEV}/`,
      'ws://localhost:5173/',
      'https://example.com/',
      'devtools://x',
      'file:///etc/passwd'
    ]) {
      expect(isOwnRequest(url, null), url).toBe(false)
    }
  })

  it('adds the reload socket of the dev server, not other sockets', () => {
    expect(isOwnRequest('ws://localhost:5173/?token=1', DEV)).toBe(true)
    expect(isOwnRequest('ws://localhost:9000/', DEV)).toBe(false)
    expect(isOwnRequest('https://example.com/', DEV)).toBe(false)
  })
})

describe('mayOpenExternally', () => {
  const ports = new Set([8080])

  it.each(['http://127.0.0.1:8080/', 'http://localhost:8080/docs'])('opens %s', (url) => {
    expect(mayOpenExternally(url, ports)).toBe(true)
  })

  it.each([
    'http://127.0.0.1:8081/', // a local service that is no model of ours
    'http://127.0.0.1/',
    'http://localhost.example.com:8080/',
    'http://127.0.0.1.nip.io:8080/',
    'http://10.0.0.1:8080/',
    'http://me:secret@127.0.0.1:8080/',
    'https://me:secret@example.com/',
    'https://example.com/a?b#c',
    'https://127.0.0.1:8080/',
    'http://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://host/share',
    'app://firebreak/',
    'x-scheme-that-starts-a-program:now',
    'not a url'
  ])('does not open %s', (url) => {
    expect(mayOpenExternally(url, ports)).toBe(false)
  })

  it('knows port 80 without it being written', () => {
    expect(mayOpenExternally('http://localhost/', new Set([80]))).toBe(true)
  })
})

describe('mayHavePermission', () => {
  it('lets our page write to the clipboard, and nobody do anything else', () => {
    expect(mayHavePermission('clipboard-sanitized-write', APP_URL, null)).toBe(true)
    expect(mayHavePermission('clipboard-sanitized-write', 'https://example.com/', null)).toBe(false)
    expect(mayHavePermission('clipboard-read', APP_URL, null)).toBe(false)
    expect(mayHavePermission('media', APP_URL, null)).toBe(false)
  })
})

describe('isTrustedSender', () => {
  const top = { url: APP_URL, parent: null }

  it('is the top frame of our window showing our page, and nobody else', () => {
    expect(isTrustedSender({ frame: top, isOwnWindow: true }, null)).toBe(true)
    expect(isTrustedSender({ frame: top, isOwnWindow: false }, null)).toBe(false)
    expect(isTrustedSender({ frame: null, isOwnWindow: true }, null)).toBe(false)
    expect(isTrustedSender({ frame: { ...top, parent: {} }, isOwnWindow: true }, null)).toBe(false)
    expect(isTrustedSender({ frame: { ...top, url: 'https://example.com/' }, isOwnWindow: true }, null)).toBe(
      false
    )
  })
})
