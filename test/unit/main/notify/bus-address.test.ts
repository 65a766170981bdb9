import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sessionBusAddressFrom, socketPathsOf } from '../../../../src/main/notify/bus-address.ts'

const folder = mkdtempSync(join(tmpdir(), 'firebreak run-ü-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A user who has no folder in /run/user. */
const NOBODY_UID = 4_000_000_001

describe('where the session bus is', () => {
  it('is said by the environment, else found in the runtime folder, else nowhere', () => {
    expect(sessionBusAddressFrom({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' }, NOBODY_UID)).toBe(
      'unix:path=/x'
    )
    expect(sessionBusAddressFrom({ XDG_RUNTIME_DIR: folder }, NOBODY_UID)).toBeNull()
    expect(sessionBusAddressFrom({}, NOBODY_UID)).toBeNull()
    writeFileSync(join(folder, 'bus'), '')
    const found = sessionBusAddressFrom({ XDG_RUNTIME_DIR: folder }, NOBODY_UID)
    expect(socketPathsOf(found ?? '')).toEqual([join(folder, 'bus')])
  })

  it.each([
    ['unix:path=/run/user/1000/bus', ['/run/user/1000/bus']],
    ['unix:path=/run/user/1000/bus,guid=00ff', ['/run/user/1000/bus']],
    ['unix:abstract=/tmp/dbus-x,guid=00ff', ['\0/tmp/dbus-x']],
    ['unix:path=/a%20b%2cc', ['/a b,c']],
    ['tcp:host=localhost,port=1;unix:path=/second', ['/second']],
    ['unixexec:path=/bin/sh', []],
    ['autolaunch:', []],
    ['unix:path=/a%00b', []],
    ['unix:path=%zz', []],
    [`unix:path=/${'x'.repeat(200)}`, []],
    ['unix:tmpdir=/tmp', []],
    ['', []]
  ])('%s', (address, paths) => {
    expect(socketPathsOf(address)).toEqual(paths)
  })
})
