import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installProtection, removeProtection } from '../../../../src/main/helper/protection.ts'
import { protectionAmounts } from '../../../../src/main/protection/amounts.ts'
import { findHelper, INSTALLED_HELPER } from '../../../../src/main/protection/helper-command.ts'
import { createProtection, type Protection } from '../../../../src/main/protection/protection.ts'
import { tempRoots, UID, type TempRoots } from '../helper/temp-roots.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const AMOUNTS = { lowBytes: 512 * MIB, minBytes: 256 * MIB }
const UNITS = ['user.slice', `user-${UID}.slice`, `user@${UID}.service`, 'session.slice', 'app.slice']
const APP = `sys/fs/cgroup/user.slice/user-${UID}.slice/user@${UID}.service/app.slice`

let machine: TempRoots
let pkexec: string
let reserveBytes: number
beforeEach(() => {
  machine = tempRoots()
  pkexec = join(machine.folder, 'pkexec')
  reserveBytes = 512 * MIB
})
afterEach(() => machine.remove())

/** pkexec as a script, which runs `body` in its place. */
const pkexecDoes = (body: string): void => writeFileSync(pkexec, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
const protection = (over: { userId?: number; deadlineMs?: number } = {}): Protection =>
  createProtection({
    userId: UID,
    sysRoot: machine.roots.sys,
    etcRoot: machine.roots.etc,
    runRoot: machine.roots.run,
    helper: { command: [pkexec, '/lib/helper'], installed: true },
    machine: () => ({ memTotalBytes: 4 * GIB, reserveBytes }),
    ...over
  })
const cgroup = (low: number): void => {
  mkdirSync(join(machine.folder, APP), { recursive: true })
  for (const name of ['memory.low', 'memory.min']) writeFileSync(join(machine.folder, APP, name), `${low}\n`)
}

describe('the amounts', () => {
  it.each([
    [6 * GIB, 121.7 * GIB, 6 * GIB, 2 * GIB],
    [512 * MIB, 4 * GIB, 512 * MIB, 256 * MIB],
    [60 * GIB, 121 * GIB, 30.25 * GIB, 2 * GIB],
    [700.5 * MIB, 16 * GIB, 700 * MIB, 350 * MIB],
    [1, 4 * GIB, MIB, MIB]
  ])('of a reserve of %d in %d', (reserve, total, lowBytes, minBytes) => {
    expect(protectionAmounts(reserve, total)).toEqual({ lowBytes, minBytes })
  })
})

describe('the status', () => {
  it('shows before anything is done which units would get what, and by which command', () => {
    expect(protection().status()).toEqual({
      state: 'off',
      note: null,
      units: UNITS.map((unit) => ({ unit, ...AMOUNTS })),
      installCommand: [
        pkexec,
        '/lib/helper',
        'install-protection',
        '--uid',
        String(UID),
        '--low',
        '536870912',
        '--min',
        '268435456'
      ],
      removeCommand: [pkexec, '/lib/helper', 'remove-protection', '--uid', String(UID)]
    })
  })

  it('agrees with what the helper does', () => {
    cgroup(0)
    expect(installProtection(machine.roots, UID, AMOUNTS).ok).toBe(true)
    expect(protection().status()).toMatchObject({
      state: 'on',
      note: null,
      units: UNITS.map((unit) => ({ unit, ...AMOUNTS }))
    })
    expect(removeProtection(machine.roots, UID).ok).toBe(true)
    expect(protection().status()).toMatchObject({ state: 'off', note: null })
  })

  it('tells when the reserve has changed since', () => {
    installProtection(machine.roots, UID, AMOUNTS)
    reserveBytes = 600 * MIB
    const { state, note, units } = protection().status()
    expect(state).toBe('on')
    expect(note).toBe('It keeps 512 MiB; the reserve is 600 MiB by now. Install it again to follow.')
    expect(units[0]).toEqual({ unit: 'user.slice', ...AMOUNTS })
  })

  it('tells when a part is missing, or not in force', () => {
    cgroup(0)
    installProtection(machine.roots, UID, AMOUNTS)
    cgroup(0)
    expect(protection().status().note).toBe('Installed, but not in force for app.slice; install it again.')
    rmSync(join(machine.roots.etc, 'systemd/user/app.slice.d'), { recursive: true })
    expect(protection().status()).toMatchObject({
      state: 'off',
      note: 'Only partly installed: nothing is set for app.slice.'
    })
  })

  it('says what is missing where it cannot be had', async () => {
    expect(protection({ userId: 0 }).status().state).toBe('unsupported')
    rmSync(join(machine.roots.sys, 'fs/cgroup/cgroup.controllers'))
    expect(protection().status()).toMatchObject({
      state: 'unsupported',
      note: 'Needs cgroup version 2, which this machine does not use alone.'
    })
    rmSync(join(machine.roots.run, 'systemd'), { recursive: true })
    expect(protection().status().note).toBe('Needs systemd, which does not run this machine.')
    expect(await protection().set(true)).toMatchObject({ ok: false, error: { code: 'refused' } })
  })
})

describe('switching it', () => {
  it('runs the command that is shown, and tells how it is then', async () => {
    pkexecDoes(`echo "$@" > ${machine.folder}/said`)
    const on = await protection().set(true)
    expect(machine.read('said')).toBe(
      `/lib/helper install-protection --uid ${UID} --low 536870912 --min 268435456\n`
    )
    expect(on).toMatchObject({ ok: true, value: { state: 'off' } })
    expect((await protection().set(false)).ok).toBe(true)
    expect(machine.read('said')).toBe(`/lib/helper remove-protection --uid ${UID}\n`)
  })

  it.each([
    ['echo "Request dismissed" >&2; exit 126', 'refused', 'Not authorized'],
    ['exit 127', 'refused', 'Not authorized'],
    ['echo "firebreak-helper: --low must be at most half of memory" >&2; exit 3', 'refused', '--low must be'],
    ['echo "firebreak-helper: usage" >&2; exit 2', 'internal', 'usage'],
    ['echo "noise" >&2; echo "firebreak-helper: no" >&2; exit 4', 'internal', 'firebreak-helper: no'],
    ['kill -9 $$', 'internal', 'ended with 128']
  ])('%s', async (body, code, words) => {
    pkexecDoes(body)
    const result = await protection().set(true)
    expect(result).toMatchObject({ ok: false, error: { code } })
    expect(result.ok ? '' : result.error.message).toContain(words)
    expect(result.ok ? '' : result.error.detail).toContain('As root: /lib/helper install-protection')
  })

  it('says what to do without pkexec', async () => {
    expect(await protection().set(false)).toMatchObject({
      ok: false,
      error: { code: 'not-found', detail: `As root: /lib/helper remove-protection --uid ${UID}` }
    })
  })

  it('does not wait for ever for the dialog, and opens one at a time', async () => {
    pkexecDoes('exec sleep 600')
    const one = protection({ deadlineMs: 300 })
    const first = one.set(true)
    expect(await one.set(true)).toMatchObject({ ok: false, error: { code: 'already-running' } })
    expect(await first).toMatchObject({ ok: false, error: { code: 'timeout' } })
    pkexecDoes('exit 0')
    expect((await one.set(true)).ok).toBe(true)
  })
})

describe('the helper program', () => {
  it('is the installed one, else the built one of the checkout', () => {
    const places = { entryDir: '/checkout/out/main', nodePath: '/checkout/node' }
    expect(findHelper(places, join(machine.folder, 'none'), '/usr/bin/pkexec')).toEqual({
      command: ['/usr/bin/pkexec', '/checkout/node', '/checkout/out/main/helper.js'],
      installed: false
    })
    expect(findHelper(places, machine.roots.systemctl, '/usr/bin/pkexec')).toEqual({
      command: ['/usr/bin/pkexec', machine.roots.systemctl],
      installed: true
    })
  })

  it('is known to polkit by its path and each of its verbs', () => {
    const name = 'io.github.firebreak_panel.Firebreak'
    const path = join(resolve(import.meta.dirname, '../../../../resources/polkit'), `${name}.policy`)
    const text = readFileSync(path, 'utf8')
    const actions = [...text.matchAll(/<action id="([^"]+)">(.*?)<\/action>/gs)].map(
      ([, id = '', body = '']) => ({
        verb: id.replace(`${name}.`, ''),
        path: /exec\.path">([^<]+)</.exec(body)?.[1],
        firstArgument: /exec\.argv1">([^<]+)</.exec(body)?.[1],
        allow: [...body.matchAll(/<allow_(?:any|inactive|active)>([^<]+)</g)].map(([, who]) => who)
      })
    )
    const rule = (verb: string, who: string): (typeof actions)[number] => ({
      verb,
      path: INSTALLED_HELPER,
      firstArgument: verb,
      allow: [who, who, who]
    })
    expect(dirname(INSTALLED_HELPER)).toBe('/usr/lib/firebreak')
    expect(actions).toEqual([
      rule('install-protection', 'auth_admin_keep'),
      rule('remove-protection', 'auth_admin_keep'),
      rule('drop-caches', 'auth_admin_keep'),
      rule('compact-memory', 'auth_admin_keep'),
      rule('set-oom-score-adj', 'yes')
    ])
  })
})
