import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { startEater, type Eater } from '../../src/main/drill/eater-process.ts'
import type { GuardView } from '../../src/shared/model/guard.ts'
import { makeHome, startHeadless, type HeadlessCore } from '../support/headless-core.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1024 ** 2
const EATER = resolve(import.meta.dirname, '../../src/main/drill/eater.ts')

const undo: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one()
})

function homeOf(settings?: Readonly<Record<string, unknown>>): ReturnType<typeof makeHome> {
  const home = makeHome(settings)
  undo.push(() => home.remove())
  return home
}

async function guardOf({ client }: HeadlessCore): Promise<GuardView> {
  const view = await client.call('guard.get', {})
  if (!view.ok) throw new Error(view.error.message)
  return view.value as GuardView
}

const guardingPid = (core: HeadlessCore): Promise<number> =>
  until('a sentinel that guards', async () => {
    const { sentinel } = await guardOf(core)
    return sentinel.state === 'guarding' ? sentinel.pid : null
  })

/** Somebody who takes memory; the test's own, so that a bound holds whatever happens. */
async function startFall(): Promise<Eater> {
  const entryDir = mkdtempSync(join(tmpdir(), 'firebreak-fall-'))
  symlinkSync(EATER, join(entryDir, 'drill-eater.js'))
  const eater = startEater(
    { nodePath: process.execPath, entryDir, procRoot: '/proc' },
    { boundBytes: 1280 * MIB, stepBytes: 8 * MIB, stepMs: 25 }
  )
  undo.push(async () => {
    eater.kill()
    await until('the end of the fall', () => eater.ended)
    rmSync(entryDir, { recursive: true })
  })
  await until('somebody who takes memory', () => eater.ready)
  return eater
}

it('core and sentinel killed in a fall: the next start shows the curve to within a second', async () => {
  const home = homeOf()
  const core = await startHeadless(home)
  const sentinelPid = await guardingPid(core)
  const eater = await startFall()
  // The box is made ready in the background.
  const before = (await core.client.call('status.get', {})) as { value: { memAvailableBytes: number } }
  eater.go()
  await until('the fall', () => eater.takenBytes > 800 * MIB)
  process.kill(sentinelPid, 'SIGKILL')
  const killedAtMs = Date.now()
  await core.end('SIGKILL')

  const next = await startHeadless(home)
  undo.push(() => void next.end())
  const [found] = await until('the incident', async () => {
    const list = await next.client.call('incidents.list', {})
    return list.ok && list.value.length > 0 ? list.value : null
  })
  expect(found).toMatchObject({ kind: 'guard-died', title: 'The guard was ended' })
  expect(found?.text).toMatch(
    /^Firebreak's core and its sentinel ended at \d\d:\d\d without an orderly end\./
  )
  const whole = await next.client.call('incidents.get', { id: found?.id ?? '' })
  if (!whole.ok) throw new Error(whole.error.message)
  const { curve } = whole.value
  const last = curve.at(-1)
  expect(killedAtMs - (last?.atMs ?? 0)).toBeLessThanOrEqual(1_000)
  expect(killedAtMs - (last?.atMs ?? 0)).toBeGreaterThanOrEqual(0)
  // The fall itself is in it, at most 350 MiB (a second) short of what had been taken.
  const most = Math.max(...curve.map(({ availableBytes }) => availableBytes))
  expect(most - (last?.availableBytes ?? 0)).toBeGreaterThan(400 * MIB)
  expect(most).toBeGreaterThan(before.value.memAvailableBytes - 1024 * MIB)
  expect(curve.some(({ holders }) => holders.length > 0)).toBe(true)

  // The same box is told once.
  const pid = await guardingPid(next)
  await next.end()
  await until('the sentinel to end', () => !isAlive(pid))
  const third = await startHeadless(home)
  undo.push(() => void third.end())
  await guardingPid(third)
  const list = await third.client.call('incidents.list', {})
  expect(list.ok && list.value).toHaveLength(1)
})

it('an orderly end, or the core alone killed while its sentinel guards on, is no incident', async () => {
  const home = homeOf()
  const first = await startHeadless(home)
  const sentinelPid = await guardingPid(first)
  const eater = await startFall()
  eater.go()
  await until('the fall', () => eater.takenBytes > 600 * MIB)
  await first.end('SIGKILL')
  await until('the sentinel to end without its core', () => !isAlive(sentinelPid), 30_000)
  const second = await startHeadless(home)
  const pid = await guardingPid(second)
  await second.end()
  await until('the sentinel to end with its core', () => !isAlive(pid), 30_000)
  const third = await startHeadless(home)
  undo.push(() => void third.end())
  await guardingPid(third)
  expect(await third.client.call('incidents.list', {})).toEqual({ ok: true, value: [] })
})
