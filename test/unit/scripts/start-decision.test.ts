import { describe, expect, it } from 'vitest'
import {
  decideStart,
  INSTALL_PROFILE,
  profileCovers,
  readStartFlags,
  withoutElectron
} from '../../../scripts/start-decision.mjs'

const DESKTOP = {
  root: false,
  display: true,
  electron: 'installed',
  namespacesRestricted: false,
  profileInstalled: false,
  browserWanted: false
} as const

describe('decideStart', () => {
  it.each([
    ['a desktop', {}, 'window'],
    ['Ubuntu 24.04 with the profile', { namespacesRestricted: true, profileInstalled: true }, 'window'],
    ['a fresh checkout', { electron: 'missing' }, 'install-electron'],
    [
      'a fresh checkout on Ubuntu 24.04',
      { electron: 'missing', namespacesRestricted: true },
      'install-electron'
    ],
    ['Ubuntu 24.04 without the profile', { namespacesRestricted: true }, 'browser'],
    ['root', { root: true }, 'browser'],
    ['root without anything', { root: true, display: false, electron: 'missing' }, 'browser'],
    ['no display', { display: false }, 'browser'],
    ['no display and no binary: nothing is downloaded', { display: false, electron: 'missing' }, 'browser'],
    ['--browser', { browserWanted: true, electron: 'missing' }, 'browser']
  ] as const)('%s', (_name, change, expected) => {
    expect(decideStart({ ...DESKTOP, ...change }).show).toBe(expected)
  })

  it('says why in one line, and the one command where one helps', () => {
    const reasons = [
      decideStart({ ...DESKTOP, root: true }),
      decideStart({ ...DESKTOP, display: false }),
      decideStart({ ...DESKTOP, namespacesRestricted: true }),
      decideStart({ ...DESKTOP, browserWanted: true }),
      withoutElectron()
    ].map((decision) => (decision.show === 'browser' ? decision.why : ''))
    for (const why of reasons) expect(why).toMatch(/^[^\n]*browser[^\n]*$/)
    expect(reasons[2]).toContain(INSTALL_PROFILE)
    expect(reasons.join('')).not.toContain('no-sandbox')
  })
})

describe('profileCovers', () => {
  const program = '/home/me/firebreak/node_modules/electron/dist/electron'
  const profile = (line: string): string => `abi <abi/4.0>,\n${line}\n  userns,\n}\n`

  it('knows the profile of this very program', () => {
    expect(profileCovers(profile(`profile x "${program}" flags=(unconfined) {`), program)).toBe(true)
    expect(profileCovers(profile(`profile x ${program} flags=(unconfined) {`), program)).toBe(true)
  })

  it('is not taken in by another checkout, a comment, or a profile without user namespaces', () => {
    expect(profileCovers(profile(`profile x "${program}-old" flags=(unconfined) {`), program)).toBe(false)
    expect(profileCovers(profile(`profile x "/srv${program}" flags=(unconfined) {`), program)).toBe(false)
    expect(profileCovers(profile(`# profile x "${program}" {`), program)).toBe(false)
    expect(profileCovers(`profile x "${program}" {\n}\n`, program)).toBe(false)
    expect(profileCovers('', program)).toBe(false)
  })
})

describe('readStartFlags', () => {
  it('reads what npm start takes', () => {
    expect(readStartFlags(['--hidden'])).toMatchObject({ ok: true, flags: { hidden: true, browser: false } })
    expect(readStartFlags(['--browser', '--port', '8123', '--no-open'])).toMatchObject({
      ok: true,
      flags: { browser: true, port: '8123', open: false }
    })
  })

  it.each([
    ['--nonsense'],
    ['--port', 'x'],
    ['--port'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['model.gguf']
  ])('refuses %s %s', (...args) => {
    expect(readStartFlags(args).ok).toBe(false)
  })
})
