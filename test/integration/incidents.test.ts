import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import type { IncidentSummary } from '../../src/shared/model/guard.ts'
import type { HeadlessCore } from '../support/headless-core.ts'
import {
  eatUntil,
  guardOf,
  loosen,
  startRunner,
  stateOf,
  tighten,
  untilArmed,
  useGuardedHomes
} from '../support/guarded-home.ts'
import { isAlive, until } from '../support/until.ts'

// What the guard's real acts leave behind.

const newHome = useGuardedHomes()

async function listOf({ client }: HeadlessCore): Promise<readonly IncidentSummary[]> {
  const list = await client.call('incidents.list', {})
  if (!list.ok) throw new Error(list.error.message)
  return list.value
}

async function cli(runtimeDir: string, ...args: readonly string[]): Promise<string> {
  let stdout = ''
  const exit = await runCli(args, {
    env: {},
    workingDir: runtimeDir,
    runtimeDir,
    version: '',
    signal: new AbortController().signal,
    stdout: (text) => (stdout += text),
    stderr: () => undefined
  })
  expect(exit).toBe(0)
  return stdout
}

describe('an act of the guard', () => {
  it('is kept as one incident: what, why, what came back, with the curve', async () => {
    const one = newHome()
    one.runner('eater')
    const core = await one.start()
    await core.client.call('settings.set', { guard: { mode: 'strict' } })
    const [pid = 0] = (await startRunner(core, 'eater')).pids
    await untilArmed(core, 'eater')
    await tighten(core)
    process.kill(pid, 'SIGUSR2')
    await until('its end', () => !isAlive(pid))
    await loosen(core)
    const summary = await until('the proof', async () =>
      (await listOf(core)).find(({ text }) => / came back in /.test(text))
    )
    expect(summary).toMatchObject({ kind: 'acted', title: 'Stopped eater', runnerId: 'eater' })
    expect(summary.text).toMatch(
      /^Stopped eater\. (Only )?[\d.]+ ([KMG]iB|of [\d.]+ [MG]iB) came back in [\d.]+ s\. (The Overview .* )?Why: .*(memory|reserve)/i
    )
    expect(await listOf(core)).toHaveLength(1)

    const whole = await core.client.call('incidents.get', { id: summary.id })
    if (!whole.ok) throw new Error(whole.error.message)
    const { events, curve } = whole.value
    const kinds = events.map(({ kind }) => kind)
    expect(kinds.some((kind) => kind === 'terminate' || kind === 'kill')).toBe(true)
    expect(kinds).toContain('gone')
    expect(events.every(({ watchId, victimId }) => watchId === 'main' && victimId === 'eater')).toBe(true)
    expect(curve.length).toBeGreaterThan(0)
    expect(curve.some(({ holders }) => holders.some(({ label }) => label === 'eater'))).toBe(true)

    const folder = join(one.home.dir, 'data', 'incidents')
    await until('the file', () => readdirSync(folder).join() === `${summary.id}.json`)
    expect(statSync(join(folder, `${summary.id}.json`)).mode & 0o777).toBe(0o600)
    const runtimeDir = join(one.home.dir, 'run')
    expect(await cli(runtimeDir, 'incidents')).toContain(`${summary.id}  Stopped eater`)
    expect(await cli(runtimeDir, 'incidents', summary.id)).toContain(summary.text)
  })

  it('in observe mode is one that would have been, and touches nobody', async () => {
    const one = newHome()
    one.runner('eater')
    const core = await one.start()
    await core.client.call('settings.set', { guard: { mode: 'observe' } })
    const [pid = 0] = (await startRunner(core, 'eater')).pids
    await untilArmed(core, 'eater')
    await eatUntil(core, pid, 'what would have been done', async () => (await listOf(core))[0] !== undefined)
    const summary = await until('what would have been done', async () => (await listOf(core))[0])
    expect(summary).toMatchObject({
      kind: 'would-have-acted',
      title: expect.stringMatching(/^Would have (paused|stopped) eater$/),
      runnerId: null
    })
    expect(summary.text).toMatch(
      /^The guard only observes: it would have (paused|stopped) eater, which holds /
    )
    await until('the fall to be over', async () => (await guardOf(core)).ask === null)
    expect(stateOf(pid)).not.toBe('T')
    expect(isAlive(pid)).toBe(true)
    const notices = await core.client.call('app.notices', {})
    const told = notices.ok ? notices.value.filter(({ text }) => text.startsWith('Would have')) : []
    expect(told).toMatchObject([
      { text: expect.stringMatching(/^Would have (paused|stopped) eater\./), incidentId: summary.id }
    ])
    expect(await listOf(core)).toHaveLength(1)
  })
})
