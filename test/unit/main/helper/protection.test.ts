import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installProtection, removeProtection } from '../../../../src/main/helper/protection.ts'
import { tempRoots, UID, type TempRoots } from './temp-roots.ts'

const MIB = 1024 ** 2
const AMOUNTS = { lowBytes: 512 * MIB, minBytes: 256 * MIB }
const SLICE = `user-${UID}.slice`
const MANAGER = `user@${UID}.service`
const CGROUPS = [
  'user.slice',
  `user.slice/${SLICE}`,
  `user.slice/${SLICE}/${MANAGER}`,
  `user.slice/${SLICE}/${MANAGER}/session.slice`,
  `user.slice/${SLICE}/${MANAGER}/app.slice`
]
const RUNNERS = `user.slice/${SLICE}/${MANAGER}/firebreak.slice`

let machine: TempRoots
beforeEach(() => {
  machine = tempRoots()
  for (const cgroup of [...CGROUPS, RUNNERS]) {
    machine.write(`sys/fs/cgroup/${cgroup}/memory.min`, '0\n')
    machine.write(`sys/fs/cgroup/${cgroup}/memory.low`, '0\n')
  }
})
afterEach(() => machine.remove())

const values = (cgroup: string): readonly string[] =>
  ['memory.min', 'memory.low'].map((name) => machine.read(`sys/fs/cgroup/${cgroup}/${name}`).trim())
const everything = (): readonly string[] =>
  readdirSync(machine.roots.etc, { recursive: true, encoding: 'utf8' }).toSorted()

describe('install-protection', () => {
  it('writes the five drop-ins, to the letter', () => {
    expect(installProtection(machine.roots, UID, AMOUNTS)).toEqual({
      ok: true,
      value: `The desktop's memory is protected (user.slice, ${SLICE}, ${MANAGER}, session.slice, app.slice).`
    })
    const head =
      "# Firebreak: memory of the desktop that the kernel keeps. Removed by Firebreak's remove-protection.\n"
    const slice = `${head}[Slice]\nMemoryMin=268435456\nMemoryLow=536870912\n`
    for (const unit of ['system/user.slice', `system/${SLICE}`, 'user/session.slice', 'user/app.slice']) {
      expect(machine.read(`etc/systemd/${unit}.d/50-firebreak.conf`)).toBe(slice)
    }
    const path = `etc/systemd/system/${MANAGER}.d/50-firebreak.conf`
    expect(machine.read(path)).toBe(slice.replace('[Slice]', '[Service]'))
    expect(statSync(join(machine.folder, path)).mode & 0o777).toBe(0o644)
    expect(everything().filter((name) => name.endsWith('.conf'))).toHaveLength(5)
  })

  it('is in force at once for the desktop and what contains it, and not for the runners', () => {
    expect(installProtection(machine.roots, UID, AMOUNTS).ok).toBe(true)
    for (const cgroup of CGROUPS) expect(values(cgroup)).toEqual(['268435456', '536870912'])
    expect(values(RUNNERS)).toEqual(['0', '0'])
  })

  it("calls systemctl with a clean environment, and a user's manager as that user", () => {
    expect(installProtection(machine.roots, UID, AMOUNTS).ok).toBe(true)
    const own = process.getuid?.() ?? 0
    const runtimeDir = join(machine.roots.run, 'user', String(UID))
    const show = 'show --property=Id,MemoryMin,MemoryLow --'
    expect(machine.calls()).toEqual([
      `${own} daemon-reload [LC_ALL=C]`,
      `${UID} --user daemon-reload [LC_ALL=C,XDG_RUNTIME_DIR=${runtimeDir}]`,
      `${own} ${show} user.slice ${SLICE} ${MANAGER} [LC_ALL=C]`,
      `${UID} --user ${show} session.slice app.slice [LC_ALL=C,XDG_RUNTIME_DIR=${runtimeDir}]`
    ])
  })

  it('may be done again, with the same and with other amounts', () => {
    installProtection(machine.roots, UID, AMOUNTS)
    const inode = statSync(join(machine.roots.etc, 'systemd/user/app.slice.d/50-firebreak.conf')).ino
    expect(installProtection(machine.roots, UID, AMOUNTS).ok).toBe(true)
    expect(statSync(join(machine.roots.etc, 'systemd/user/app.slice.d/50-firebreak.conf')).ino).toBe(inode)
    expect(installProtection(machine.roots, UID, { lowBytes: 99.9 * MIB, minBytes: MIB }).ok).toBe(true)
    for (const cgroup of CGROUPS) expect(values(cgroup)).toEqual([String(MIB), String(99 * MIB)])
  })

  it('says what follows later when the user is not logged in', () => {
    rmSync(join(machine.roots.sys, 'fs/cgroup/user.slice', SLICE), { recursive: true })
    rmSync(join(machine.roots.run, 'user'), { recursive: true })
    expect(installProtection(machine.roots, UID, AMOUNTS)).toEqual({
      ok: true,
      value: "The desktop's memory is protected (user.slice); the rest follows when its units run."
    })
  })

  it('tells when a drop-in of somebody else wins', () => {
    machine.write('etc/systemd/user/app.slice.d/90-mine.conf', '[Slice]\nMemoryLow=1048576\n')
    expect(installProtection(machine.roots, UID, AMOUNTS)).toMatchObject({
      ok: false,
      error: { exitCode: 4, message: 'another drop-in sets other values for app.slice' }
    })
  })

  it.each([
    [{ lowBytes: 2049 * MIB, minBytes: MIB }, '--low must be at most half of memory'],
    [{ lowBytes: 512 * MIB, minBytes: 513 * MIB }, '--min must be from 1 MiB to --low'],
    [{ lowBytes: MIB, minBytes: 1000 }, '--min must be from 1 MiB to --low']
  ])('refuses %o', (amounts, message) => {
    expect(installProtection(machine.roots, UID, amounts)).toMatchObject({ error: { exitCode: 3, message } })
    expect(everything().filter((name) => name.endsWith('.conf'))).toEqual([])
  })

  it.each([
    ['run/systemd/system', 'systemd does not run this machine'],
    ['sys/fs/cgroup/cgroup.controllers', 'the kernel does not use cgroup version 2 alone'],
    ['systemctl', 'systemctl is missing']
  ])('refuses without %s and writes nothing', (path, words) => {
    rmSync(join(machine.folder, path), { recursive: true })
    const outcome = installProtection(machine.roots, UID, AMOUNTS)
    expect(outcome).toMatchObject({ ok: false, error: { exitCode: 3 } })
    expect(outcome.ok ? '' : outcome.error.message).toContain(words)
    expect(everything().filter((name) => name.endsWith('.conf'))).toEqual([])
  })

  it('tells what systemctl said when it fails', () => {
    const failing = `#!/bin/sh\necho 'Failed to reload daemon:' >&2\necho 'Access denied' >&2\nexit 1\n`
    writeFileSync(machine.roots.systemctl, failing)
    expect(installProtection(machine.roots, UID, AMOUNTS)).toMatchObject({
      error: {
        exitCode: 4,
        message:
          'the files are written, but are not in force: systemctl daemon-reload: Failed to reload daemon: Access denied'
      }
    })
  })

  it('tells when it may not write, and leaves no half file', () => {
    const inTheWay = join(machine.roots.etc, 'systemd/user/app.slice.d')
    writeFileSync(inTheWay, '')
    expect(installProtection(machine.roots, UID, AMOUNTS)).toMatchObject({ error: { exitCode: 4 } })
    expect(everything().filter((name) => name.endsWith('.new'))).toEqual([])
  })
})

describe('remove-protection', () => {
  it('leaves no trace', () => {
    const before = everything()
    installProtection(machine.roots, UID, AMOUNTS)
    expect(everything()).not.toEqual(before)
    expect(removeProtection(machine.roots, UID)).toEqual({
      ok: true,
      value: "The protection of the desktop's memory is removed."
    })
    expect(everything()).toEqual(before)
    for (const cgroup of CGROUPS) expect(values(cgroup)).toEqual(['0', '0'])
    expect(removeProtection(machine.roots, UID).ok).toBe(true)
    expect(everything()).toEqual(before)
  })

  it('keeps what others have put there, and gives back what they had set', () => {
    machine.write('etc/systemd/system/user.slice.d/40-mine.conf', '[Slice]\nMemoryLow=80740352\n')
    const before = everything()
    installProtection(machine.roots, UID, AMOUNTS)
    expect(values('user.slice')).toEqual(['268435456', '536870912'])
    expect(removeProtection(machine.roots, UID).ok).toBe(true)
    expect(everything()).toEqual(before)
    expect(values('user.slice')).toEqual(['0', '80740352'])
  })

  it('keeps the shared part while another user is protected', () => {
    const other = UID + 1
    installProtection(machine.roots, UID, AMOUNTS)
    installProtection(machine.roots, other, AMOUNTS)
    expect(removeProtection(machine.roots, UID)).toMatchObject({
      value: expect.stringContaining('another user keeps the part that is shared') as string
    })
    const left = everything().filter((name) => name.endsWith('.conf'))
    expect(left).toEqual([
      `systemd/system/user-${other}.slice.d/50-firebreak.conf`,
      'systemd/system/user.slice.d/50-firebreak.conf',
      `systemd/system/user@${other}.service.d/50-firebreak.conf`,
      'systemd/user/app.slice.d/50-firebreak.conf',
      'systemd/user/session.slice.d/50-firebreak.conf'
    ])
    expect(removeProtection(machine.roots, other).ok).toBe(true)
    expect(everything().filter((name) => name.endsWith('.conf'))).toEqual([])
  })

  it('removes the files where systemd is gone', () => {
    installProtection(machine.roots, UID, AMOUNTS)
    rmSync(join(machine.roots.run, 'systemd'), { recursive: true })
    expect(removeProtection(machine.roots, UID).ok).toBe(true)
    expect(existsSync(join(machine.roots.etc, 'systemd/user/app.slice.d'))).toBe(false)
  })

  it("does not ask another user's manager in a folder that is not that user's", () => {
    const folder = join(machine.roots.run, 'user', String(UID + 7), 'systemd')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'private'), '')
    chmodSync(folder, 0o755)
    expect(installProtection(machine.roots, UID, AMOUNTS).ok).toBe(true)
    expect(machine.calls().filter((call) => call.includes('--user daemon-reload'))).toHaveLength(1)
  })
})
